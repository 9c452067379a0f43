"""Collect: every source read into its named graph, and merged once in the default graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.imports import statements
from clustergraph.imports.store import StoredImport
from clustergraph.sources.content import Content
from clustergraph.sources.curated import line_of, read_data_files, read_ontology, read_shapes
from clustergraph.sources.curated_tables import read_curated_tables
from clustergraph.sources.decks.knowledge import read_decks
from clustergraph.sources.mentions import unknown_mentions
from clustergraph.sources.nace import NACE
from clustergraph.sources.nuts.reader import NUTS
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.reference import Classification, read_reference
from clustergraph.sources.register import check_register

_TYPE = ox.NamedNode(f"{iris.RDF}type")
_LABELS = (ox.NamedNode(f"{iris.RDFS}label"), ox.NamedNode(f"{iris.SKOS}prefLabel"))
_AUTHORS = (ox.NamedNode(f"{iris.DCT}creator"), ox.NamedNode(f"{iris.DCT}publisher"))
#: Reference data come before the tables, which point at it.
_CLASSIFICATIONS: tuple[Classification, ...] = (NUTS, NACE)
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
    imports: tuple[StoredImport, ...] = ()

    def locate(self, subject: str) -> Origin | None:
        """Where a subject is described; an import is named as manifests name it."""
        return self.origins.get(subject) or self._imported(subject)

    def line(self, subject: str) -> int | None:
        """The line of a curated RDF file that describes a subject."""
        origin = self.origins.get(subject)
        if origin is None or origin.row is not None:
            return None
        return line_of((self.content.root / origin.file).read_text(encoding="utf-8"), subject)

    def _imported(self, subject: str) -> Origin | None:
        if not subject.startswith(("http:", "https:")):
            return None
        node = ox.NamedNode(subject)
        for each in self.imports:
            graph = ox.NamedNode(iris.graph(each.name))
            if next(self.store.quads_for_pattern(node, None, None, graph), None) is not None:
                return Origin(each.input_name)
        return None


def collect(content: Content, imports: Sequence[StoredImport] = ()) -> Collection:
    """Read the ontology, the schemes, the data and the shapes; every fault of every file is collected.

    Imports passed when they were read, so they go into the store as they are.
    """
    ontology = read_ontology(content)
    reading = Reading()
    reading.absorb(ontology)
    data = read_data_files(content)
    reading.absorb(data)
    reading.absorb(read_reference(content, data.quads, _CLASSIFICATIONS))
    decks = read_decks(content, _labels(reading.quads), _authors(data.quads))
    reading.absorb(decks)
    reading.absorb(read_curated_tables(content, _labels(reading.quads)))
    described = _labels(reading.quads).keys() | reading.origins.keys() | reading.rejected
    faults = [
        *check_register(content, reading.registered, reading.rejected),
        *unknown_mentions(reading.mentions, described),
    ]
    shapes = read_shapes(content)
    return Collection(
        content=content,
        store=merged(reading.quads, imports),
        ontology=tuple(ontology.quads),
        shapes=tuple(shapes.quads),
        origins=reading.origins,
        rejected=frozenset(reading.rejected),
        faults=(*reading.faults, *faults, *shapes.faults),
        carried=decks.carried,
        imports=tuple(imports),
    )


def merged(quads: Iterable[ox.Quad], imports: Iterable[StoredImport] = ()) -> ox.Store:
    """A store of the quads, with every triple of every graph in the default graph once, too."""
    store = ox.Store()
    store.extend(quads)
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    for each in imports:
        store.bulk_extend(_in_both_graphs(statements.quads(each)))
    return store


def _in_both_graphs(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    for quad in quads:
        yield quad
        yield ox.Quad(quad.subject, quad.predicate, quad.object)


def known_labels(store: ox.Store) -> dict[str, str]:
    """Every IRI that a graph of sources declares, with its English label or an empty text."""
    return _labels(quad for quad in store if not isinstance(quad.graph_name, ox.DefaultGraph))


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
