"""Answers as values that compare equal where SPARQL calls them the same."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox


def answer(store: ox.Store, query: str, *, base_iri: str | None = None) -> object:
    """The rows of a query in their order, the truth of an ASK, or the triples of a graph, canonical.

    An error becomes its kind: a query that fails must fail in both forms.
    """
    try:
        result = store.query(query, base_iri=base_iri)
        if isinstance(result, ox.QueryBoolean):
            return bool(result)
        if isinstance(result, ox.QuerySolutions):
            names = [variable.value for variable in result.variables]
            return names, [tuple(str(row[name]) for name in names) for row in result]
        graph = ox.Dataset(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in result)
        graph.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        return frozenset(map(str, graph))
    except (SyntaxError, RuntimeError, OSError) as error:
        return type(error).__name__


def multiset(found: object) -> object:
    """The same answer with the order of its rows forgotten."""
    if isinstance(found, tuple):
        names, rows = found
        return tuple(names), frozenset(Counter(rows).items())
    return found
