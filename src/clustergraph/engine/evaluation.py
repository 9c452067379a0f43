"""One query over one store: the dataset it is asked of, its evaluation, and its result as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph.engine import wire
from clustergraph.engine.body import Body
from clustergraph.engine.rewriting import ask_rewritten
from clustergraph.errors import QueryMalformed

_SOLUTIONS: Final[dict[str, ox.QueryResultsFormat]] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS: Final[dict[str, ox.RdfFormat]] = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
_PREFIXED: Final = frozenset({"turtle", "trig"})
_MERGE: Final = ox.NamedNode("urn:x-clustergraph:merged-default-graph")
_DEFAULT: Final = ox.DefaultGraph()


def evaluate(store: ox.Store, task: wire.Task, body: Body, *, read_only: bool) -> bool:
    """Evaluate a query into `body`; returns whether the store of this worker is spoilt by it.

    Raises QueryMalformed, what `body` raises, and what Oxigraph raises.
    """
    spoilt = False
    if not (task.default_graphs or task.named_graphs or task.from_graphs):
        result = ask_rewritten(task.query, lambda text: store.query(text, base_iri=task.base_iri))
    else:
        default, named = _dataset(store, task)
        if len(default) < 2:
            asked = store
        elif read_only:
            asked, default = _copied(store, default, named), [_MERGE]
        else:
            asked, default, spoilt = _merged(store, default), [_MERGE], True
        result = ask_rewritten(
            task.query,
            lambda text: asked.query(
                text, base_iri=task.base_iri, default_graph=[*default], named_graphs=[*named]
            ),
        )
    if isinstance(result, ox.QuerySolutions | ox.QueryBoolean):
        result.serialize(body, _SOLUTIONS[task.format_name])  # type: ignore[arg-type]
    elif task.format_name in _PREFIXED:
        prefixes = {name: iri for name, iri in (task.prefixes or {}).items() if _absolute(iri)}
        ox.serialize(result, body, _GRAPHS[task.format_name], prefixes=prefixes)  # type: ignore[arg-type]
    else:
        result.serialize(body, _GRAPHS[task.format_name])  # type: ignore[arg-type]
    return spoilt


def check(empty: ox.Store, task: wire.Task) -> None:
    """Read a query as `evaluate` does and ask it of a store that holds nothing; raises the same."""
    for iri in (*task.default_graphs, *task.named_graphs):
        _graph(iri)
    empty.query(task.query, base_iri=task.base_iri)


def _dataset(store: ox.Store, task: wire.Task) -> tuple[list[ox.NamedNode], list[ox.NamedNode]]:
    """The default graphs and the named graphs that a query is asked over, each once.

    A dataset of the protocol replaces that of the query (SPARQL 1.1 Protocol section 2.1.4), and a dataset
    given by either has no other named graphs than it lists (SPARQL 1.1 Query section 13.2).
    """
    if task.default_graphs or task.named_graphs:
        default = [_graph(iri) for iri in task.default_graphs]
        named = [_graph(iri) for iri in task.named_graphs]
    else:
        default = _resolve(store, task, task.from_graphs)
        named = _resolve(store, task, task.from_named)
    return list(dict.fromkeys(default)), list(dict.fromkeys(named))


def _merged(store: ox.Store, graphs: list[ox.NamedNode]) -> ox.Store:
    """The store with graphs merged in this worker's own copy of it.

    Oxigraph repeats a triple that stands in two default graphs; a merge holds it once.
    """
    store.update(";".join(f"ADD SILENT GRAPH {graph} TO GRAPH {_MERGE}" for graph in graphs))
    return store


def _copied(store: ox.Store, default: list[ox.NamedNode], named: list[ox.NamedNode]) -> ox.Store:
    """A store in memory with the merge of some graphs of a store that cannot be written, and others."""

    def quads() -> Iterator[ox.Quad]:
        for graph in default:
            for quad in store.quads_for_pattern(None, None, None, graph):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, _MERGE)
        for graph in named:
            yield from store.quads_for_pattern(None, None, None, graph)

    copy = ox.Store()
    copy.bulk_extend(quads())
    return copy


def _graph(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise QueryMalformed(
            f"“{iri}” does not name a graph: {error}.", fix="Give an absolute IRI."
        ) from None


def _resolve(store: ox.Store, task: wire.Task, terms: tuple[str, ...]) -> list[ox.NamedNode]:
    """The IRIs that terms of the query mean under its own BASE and PREFIX lines."""
    graphs: list[ox.NamedNode] = []
    for term in dict.fromkeys(terms):
        solutions = store.query(f"{task.prologue}\nSELECT ({term} AS ?graph) {{}}", base_iri=task.base_iri)
        if isinstance(solutions, ox.QuerySolutions):
            graphs.extend(row["graph"] for row in solutions if isinstance(row["graph"], ox.NamedNode))
    return graphs


def _absolute(iri: str) -> bool:
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return True
