"""Syntax errors as the writer of a query reads them: the right token, and what would fit there."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from clustergraph.engine.grammar import _COMPILED, misfit
from clustergraph.engine.guard import MAX_DEPTH, inspect
from clustergraph.engine.syntax import explain
from clustergraph.engine.tokens import tokenise
from clustergraph.errors import QueryMalformed, QueryRefused

from .test_guard import W3C


def explained(query: str) -> QueryMalformed:
    with pytest.raises(SyntaxError) as failure:
        ox.Store().query(query)
    error = explain(query, str(failure.value))
    assert isinstance(error, QueryMalformed)
    return error


@pytest.mark.parametrize(
    ("query", "what", "place"),
    [
        ("SELECT * { ?s ?p }", "“}” stands where a term (variable, IRI or literal) is expected.", (1, 18)),
        ("SELECT ?x\n{ ?x a ?y FILTER ?y > 3 }", "“?y” stands where a condition", (2, 18)),
        ("SELECT ?x, ?y { ?x a ?y }", "“,” stands where", (1, 10)),
        ("SELECT COUNT(?x) { ?x a ?y }", "“COUNT” stands where", (1, 8)),
        ("SELECT * { ?x a ?y } LIMIT", "The query ends where a number is expected.", (1, 27)),
        ("SELECT * { ?x a ?y } LIMIT -1", "“-” stands where a number is expected.", (1, 28)),
        ("SELECT * { ?x foo ?y }", "“foo” stands where a predicate is expected.", (1, 15)),
        ("SELECT * { ?x a ?y OPTIONAL ?x }", "“?x” stands where “{” is expected.", (1, 29)),
        ("ASK { ?s ?p ?o } ASK", "“ASK” stands where", (1, 18)),
        ("SELECT * { ?s <relative> ?o }", "<relative> is relative, and the query has no BASE.", (1, 15)),
        ("SELECT * { ?s <http://a:b:c/> ?o }", "<http://a:b:c/> is not an IRI.", (1, 15)),
        ("SELECT ?x { ?s ?p ?o } GROUP BY ?s", "The SELECT contains a variable that is unbound.", None),
        ("SELECT ?x ?x { ?x ?p ?o }", "Duplicated variable name in SELECT.", None),
    ],
)
def test_a_syntax_error_names_the_token_it_is_about(
    query: str, what: str, place: tuple[int, int] | None
) -> None:
    error = explained(query)
    assert error.what.startswith(what)
    assert error.line is not None
    if place is not None:
        assert (error.line, error.column) == place


def test_a_broken_rule_that_the_parser_does_not_name_comes_with_the_usual_causes() -> None:
    error = explained("SELECT * { BIND(1 AS ?x) BIND(2 AS ?x) }")
    assert "breaks a rule" in error.what
    assert "BIND" in (error.fix or "")


def test_the_grammar_needs_one_token_of_lookahead() -> None:
    for name, alternatives in _COMPILED.rules.items():
        seen: set[str] = set()
        for symbols in alternatives:
            begins, _ = _COMPILED.beginnings(symbols)
            assert not begins & seen, name
            seen |= begins


def test_a_long_query_is_explained_quickly() -> None:
    query = "SELECT * { " + "?s <http://e/p> 'o' . " * 10_000 + " ?s ?p }"
    failure = misfit(tokenise(query, max_depth=MAX_DEPTH))
    assert failure is not None
    assert failure.index == 3 + 40_000 + 2


def test_the_grammar_fits_every_query_of_the_w3c_suite_that_the_engine_accepts() -> None:
    if not W3C.is_dir():
        pytest.skip("the W3C SPARQL 1.1 suite is not at hand")
    misfits = []
    for path in sorted(W3C.rglob("*.rq")):
        try:
            query = path.read_bytes().decode("utf-8")
            ox.Store().query(query, base_iri="http://example.org/")
            inspect(query)
        except (SyntaxError, UnicodeDecodeError, QueryRefused, OSError, RuntimeError):
            continue
        failure = misfit(tokenise(query, max_depth=MAX_DEPTH))
        if failure is not None:
            misfits.append(f"{path.name}: {failure.wanted()}")
    assert not misfits
