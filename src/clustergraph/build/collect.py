"""Collect: every source read into its named graph, and merged once in the default graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.content import Content
from clustergraph.sources.curated import line_of, read_data_files, read_ontology, read_shapes
from clustergraph.sources.decks import read_decks
from clustergraph.sources.reading import Origin, Reading

_TYPE = ox.NamedNode(f"{iris.RDF}type")
_LABELS = (ox.NamedNode(f"{iris.RDFS}label"), ox.NamedNode(f"{iris.SKOS}prefLabel"))
_AUTHORS = (ox.NamedNode(f"{iris.DCT}creator"), ox.NamedNode(f"{iris.DCT}publisher"))
_SOURCE_DOCUMENT = ox.NamedNode(f"{iris.CG}SourceDocument")


@dataclass(frozen=True, slots=True)
class Collection:
    """All inputs as read.

    `store` holds each triple in the default graph once and in the named graph of every source that states
    it; `ontology` is the quads of the RL core and `shapes` those of the gate; `carried` maps ids of the
    curators' inventory to the IRIs that carry them; `rejected` are things whose description did not pass.
    """

    content: Content
    store: ox.Store
    ontology: tuple[ox.Quad, ...]
    shapes: tuple[ox.Quad, ...]
    origins: dict[str, Origin]
    rejected: frozenset[str]
    faults: tuple[Fault, ...]
    carried: dict[str, list[str]]

    def locate(self, subject: str) -> Origin | None:
        """Where a subject is described."""
        return self.origins.get(subject)

    def line(self, subject: str) -> int | None:
        """The line of a curated RDF file that describes a subject."""
        origin = self.origins.get(subject)
        if origin is None or origin.row is not None:
            return None
        return line_of((self.content.root / origin.file).read_text(encoding="utf-8"), subject)


def collect(content: Content) -> Collection:
    """Read the ontology, the schemes, the data and the shapes; every fault of every file is collected."""
    ontology = read_ontology(content)
    reading = Reading()
    reading.absorb(ontology)
    data = read_data_files(content)
    reading.absorb(data)
    decks = read_decks(content, _labels(reading.quads), _authors(data.quads))
    reading.absorb(decks)
    shapes = read_shapes(content)
    return Collection(
        content=content,
        store=merged(reading.quads),
        ontology=tuple(ontology.quads),
        shapes=tuple(shapes.quads),
        origins=reading.origins,
        rejected=frozenset(reading.rejected),
        faults=(*reading.faults, *shapes.faults),
        carried=decks.carried,
    )


def merged(quads: Iterable[ox.Quad]) -> ox.Store:
    """A store of the quads, with every triple of every graph in the default graph once, too."""
    store = ox.Store()
    store.extend(quads)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def _labels(quads: Iterable[ox.Quad]) -> dict[str, str]:
    """Every declared IRI with its English label, or its last part where it has none."""
    labels: dict[str, str] = {}
    declared: dict[str, None] = {}
    for quad in quads:
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        if quad.predicate == _TYPE:
            declared[quad.subject.value] = None
        elif (
            quad.predicate in _LABELS
            and isinstance(quad.object, ox.Literal)
            and quad.object.language in (None, "en")
        ):
            labels[quad.subject.value] = quad.object.value
    return {subject: labels.get(subject, "") for subject in declared}


def _authors(quads: Iterable[ox.Quad]) -> dict[str, tuple[str, ...]]:
    """Whom the statements of each source document are attributed to: its creators, else its publishers."""
    documents: set[str] = set()
    named: dict[str, dict[ox.NamedNode, list[str]]] = {}
    for quad in quads:
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        if quad.predicate == _TYPE and quad.object == _SOURCE_DOCUMENT:
            documents.add(quad.subject.value)
        if quad.predicate in _AUTHORS and isinstance(quad.object, ox.NamedNode):
            named.setdefault(quad.subject.value, {}).setdefault(quad.predicate, []).append(quad.object.value)
    authors = {}
    for document in sorted(documents):
        by_role = named.get(document, {})
        found = next((by_role[role] for role in _AUTHORS if role in by_role), [])
        authors[document] = tuple(sorted(found))
    return authors
