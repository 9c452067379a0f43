"""Small graphs for the tests of the closure."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.closure import ClosureReport, close, compile_rules

INFERRED = ox.NamedNode(iris.INFERRED_GRAPH)


def quads(turtle: str) -> list[ox.Quad]:
    """The triples of a Turtle text, in the default graph."""
    return list(ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE))


def closed(
    ontology: Iterable[ox.Quad], data: Iterable[ox.Quad], *, triple_budget: int = 100_000
) -> tuple[ox.Store, ClosureReport]:
    """A store with ontology and data, closed."""
    stated = list(ontology)
    store = ox.Store()
    store.extend([*stated, *data])
    report = close(
        store,
        compile_rules(stated),
        inferred_graph=INFERRED.value,
        triple_budget=triple_budget,
        deadline_seconds=60,
    )
    return store, report


def triples(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> set[str]:
    """The triples of a graph in N-Triples syntax."""
    return {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, graph)}
