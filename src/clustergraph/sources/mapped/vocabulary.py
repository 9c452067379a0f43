"""What a mapping may name: the properties, classes and schemes of the ontology, and what is near a slip."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.settings import Settings
from clustergraph.sources.content import find_content
from clustergraph.sources.curated import read_ontology

#: Declares terms of others, which data of this project do not use.
_ALIGNMENTS: Final = ox.NamedNode(iris.graph("alignments"))
_TYPE: Final = f"{iris.RDF}type"
#: Terms of standards that data may use although the ontology has nothing to say of them.
_LITERAL: Final = (f"{iris.FOAF}name", f"{iris.SKOS}notation", f"{iris.DCT}source")
_LINK: Final = (
    f"{iris.SKOS}exactMatch",
    f"{iris.SKOS}closeMatch",
    f"{iris.FOAF}homepage",
    f"{iris.DCT}source",
)
_KINDS: Final = {
    f"{iris.OWL}ObjectProperty": "links",
    f"{iris.OWL}DatatypeProperty": "literals",
    f"{iris.OWL}AnnotationProperty": "literals",
    f"{iris.OWL}Class": "classes",
    f"{iris.SKOS}ConceptScheme": "schemes",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`links` are properties that lead to things, `literals` those that hold texts, numbers or dates."""

    links: frozenset[str]
    literals: frozenset[str]
    classes: frozenset[str]
    schemes: frozenset[str]

    @classmethod
    def of(cls, ontology: Iterable[ox.Quad]) -> Vocabulary:
        """The vocabulary that quads of the ontology and the schemes declare."""
        found: dict[str, set[str]] = {
            "links": set(_LINK),
            "literals": set(_LITERAL),
            "classes": set(),
            "schemes": set(),
        }
        for quad in ontology:
            if quad.predicate.value != _TYPE or not isinstance(quad.subject, ox.NamedNode):
                continue
            if quad.graph_name == _ALIGNMENTS:
                continue
            kind = _KINDS.get(quad.object.value) if isinstance(quad.object, ox.NamedNode) else None
            if kind is not None:
                found[kind].add(quad.subject.value)
        schemes = frozenset(
            scheme.removeprefix(iris.CGS) for scheme in found["schemes"] if scheme.startswith(iris.CGS)
        )
        return cls(
            frozenset(found["links"]), frozenset(found["literals"]), frozenset(found["classes"]), schemes
        )


@cache
def known_vocabulary() -> Vocabulary:
    """That of the ontology and the schemes that are built from, read once."""
    return Vocabulary.of(read_ontology(find_content(Settings(), Path.cwd())).quads)


def nearest(name: str, known: Collection[str]) -> str:
    """`; did you mean …?` with the name that is most like one that is unknown, or a full stop."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else "."
