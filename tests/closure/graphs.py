"""Small graphs for the tests of the closure."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph.build.closure import ClosureReport, close, compile_rules


def quads(turtle: str) -> list[ox.Quad]:
    """The triples of a Turtle text, in the default graph."""
    return list(ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE))


def closed(
    ontology: Iterable[ox.Quad], data: Iterable[ox.Quad], *, triple_budget: int = 100_000
) -> tuple[ox.Store, ClosureReport]:
    """A store with ontology and data, closed; it holds what it held and what was inferred, nothing else."""
    stated = list(ontology)
    store = ox.Store()
    store.extend([*stated, *data])
    before = set(store)
    report = close(
        store,
        compile_rules(stated),
        triple_budget=triple_budget,
        deadline_seconds=60,
    )
    assert set(store) == before | set(report.quads)
    assert len(store) == len(before) + report.inferred
    return store, report


def inferred(report: ClosureReport) -> set[str]:
    """What was inferred, in N-Triples syntax."""
    return {str(quad.triple) for quad in report.quads}


def triples(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> set[str]:
    """The triples of a graph in N-Triples syntax."""
    return {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, graph)}
