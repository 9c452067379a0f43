"""What is written anew, what stays as written, and that a failing query is explained as written."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from clustergraph.engine.rewriting import (
    CONSTANT_FIRST,
    EXISTS_CHAIN,
    LONGEST,
    Rewriting,
    ask_rewritten,
    rewrite,
)

from .rewriting_answers import answer, multiset

PREFIX = "PREFIX : <http://example.org/> "
DATA = b"""
@prefix : <http://example.org/> .
:a :p :x , :y . :b :p :y , :z . :c :p :z . :d :q :x .
:x :q :k . :y :r :k , :l . :z :q :l ; :r :k .
:a :name "alpha" . :b :name "beta"@en . :c :name "alpha" , 5 . :d :name "5" .
:a a :Big . :b a :Big . :x a :Small . :z a :Small .
"""


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    store.load(DATA, ox.RdfFormat.TURTLE)
    return store


def rules(rewriting: Rewriting) -> list[str]:
    return [applied.partition(" ")[0] for applied in rewriting.applied]


CHAINED = {
    "two patterns": "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?o :q ?k . ?o :r :k } }",
    "EXISTS": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?o :r :k } }",
    "abbreviated": "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?o :q ?k ; :r :k , :l ; . } }",
    "in an expression": "SELECT * { ?s :p ?o FILTER(?o = :y || NOT EXISTS { ?o :q ?k . ?o :r :k }) }",
    "lower case": "select * where { ?s :p ?o filter not exists { ?o :q ?k . ?o :r :k } }",
    "a comment inside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . # } . {\n ?o :r :k } }",
    "a condition inside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?o :r ?l FILTER(?k != ?l) } }",
    "a condition on outside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?o :r ?l FILTER(?s != :a) } }",
    "an unbound variable in a condition": (
        "SELECT * { ?s :p ?o OPTIONAL { ?s :name ?n } "
        "FILTER EXISTS { ?o :q ?k . ?o :r ?l FILTER(!BOUND(?n)) } }"
    ),
    "a variable that may be unbound": (
        "SELECT * { ?s a :Big OPTIONAL { ?s :p ?o . ?o a :Small } FILTER EXISTS { ?o :q ?k . ?t :p ?o } }"
    ),
    "nested": "SELECT * { ?s :p ?o FILTER EXISTS { ?o ?q ?k FILTER NOT EXISTS { ?k :q ?m . ?m :r :k } } }",
    "a path of bounded length": "SELECT * { ?s :p ?o FILTER EXISTS { ?s :p/(:q|^:p) ?k . ?t :p ?k } }",
    "a subselect": "SELECT * { ?s a :Big { SELECT ?s { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } } } }",
    "ASK": "ASK { ?s :p ?o FILTER NOT EXISTS { ?o :q ?k . ?t :p ?o } }",
    "CONSTRUCT": "CONSTRUCT { ?s :not ?o } WHERE { ?s :p ?o FILTER NOT EXISTS { ?o :q ?k . ?t :p ?o } }",
    "LIMIT": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } } LIMIT 2",
    "literals": 'SELECT * { ?s :p ?o FILTER EXISTS { ?t :name "beta"@en , ?n . ?t :p ?o . ?u :name 5 } }',
}


@pytest.mark.parametrize("query", CHAINED.values(), ids=CHAINED)
def test_the_patterns_of_an_exists_are_taken_apart_and_the_rows_stay_in_their_order(
    store: ox.Store, query: str
) -> None:
    rewriting = rewrite(PREFIX + query)
    assert set(rules(rewriting)) == {EXISTS_CHAIN}
    assert rewriting.text != PREFIX + query
    assert answer(store, rewriting.text) == answer(store, PREFIX + query)


BRANCHES = (
    "SELECT * { { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } } "
    "UNION { ?s :q ?o FILTER NOT EXISTS { ?s :r ?k . ?t :p ?s } } }"
)


def test_branches_of_a_union_are_touched_where_nobody_sees_which_comes_first(store: ox.Store) -> None:
    rewriting = rewrite(PREFIX + BRANCHES)
    assert rules(rewriting) == [EXISTS_CHAIN, EXISTS_CHAIN]
    assert multiset(answer(store, rewriting.text)) == multiset(answer(store, PREFIX + BRANCHES))
    assert not rewrite(f"{PREFIX} {BRANCHES} LIMIT 1").applied
    assert not rewrite(f"{PREFIX} {BRANCHES} ORDER BY ?s").applied


COMPARED = {
    "an IRI": "SELECT * { ?s :p ?o FILTER(?o = :y) }",
    "mirrored": "SELECT * { ?s :p ?o FILTER(<http://example.org/y> = ?o) }",
    "a string": 'SELECT * { ?s :name ?n FILTER(?n = "alpha") }',
    "a string that numbers resemble": 'SELECT * { ?s :name ?n FILTER(?n = "5") }',
    "a string that a tagged one resembles": 'SELECT * { ?s :name ?n FILTER(?n = "beta") }',
    "before the pattern": "SELECT * { FILTER(?o = :y) ?s :p ?o . }",
    "before OPTIONAL": "SELECT * { ?s :p ?o OPTIONAL { ?o :q ?k } FILTER(?o = :y) }",
    "before MINUS": "SELECT * { ?s :p ?o MINUS { ?o :r :l } FILTER(?o = :z) }",
    "before BIND": "SELECT * { ?s :p ?o BIND(STR(?o) AS ?name) FILTER(?s = :b) }",
    "two variables": "SELECT * { ?s :p ?o FILTER(?s = :b) FILTER(?o = :z) }",
    "twice the same": "SELECT * { ?s :p ?o FILTER(?o = :y) FILTER(?o = :z) }",
    "a predicate": "SELECT * { ?s ?p ?o FILTER(?p = :q) }",
    "a count": "SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER(?o = :z) }",
    "a subselect": "SELECT * { ?s a :Big { SELECT ?s { ?s :p ?o FILTER(?o = :y) } } }",
    "CONSTRUCT": "CONSTRUCT { ?s :of [ :is ?o ] } WHERE { ?s :p ?o FILTER(?o = :y) }",
    "a blank OPTIONAL": "SELECT * { ?s :p ?o OPTIONAL { [] :q ?o } FILTER(?o = :y) }",
}


@pytest.mark.parametrize("query", COMPARED.values(), ids=COMPARED)
def test_a_variable_compared_with_a_constant_is_looked_up(store: ox.Store, query: str) -> None:
    rewriting = rewrite(PREFIX + query)
    assert set(rules(rewriting)) == {CONSTANT_FIRST}
    assert "VALUES" in rewriting.text
    assert multiset(answer(store, rewriting.text)) == multiset(answer(store, PREFIX + query))


UNTOUCHED = {
    "one pattern": "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?o :q :k } }",
    "no variable shared": "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?u :q ?k . ?u :r :k } }",
    "a blank node": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q _:k . ?t :p _:k } }",
    "an anonymous node": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q [] . ?o :r :k } }",
    "properties in brackets": "SELECT * { ?s :p ?o FILTER EXISTS { [ :p ?o ] :q :k . ?o :r :k } }",
    "a collection": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ( 1 2 ) . ?o :r :k } }",
    "a path that matches at length zero": "SELECT * { ?s ?p ?o FILTER EXISTS { ?o :q* ?k . ?t ?k ?o } }",
    "a path once or more": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q+ ?k . ?t :p ?o } }",
    "a path at most once": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q? ?k . ?t :p ?o } }",
    "a negated path": "SELECT * { ?s :p ?o FILTER EXISTS { ?o !:q ?k . ?t :p ?o } }",
    "a signed number": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q +5 . ?t :p ?o } }",
    "GRAPH inside": "SELECT * { ?s :p ?o FILTER EXISTS { GRAPH ?g { ?o :q ?k . ?t :p ?o } } }",
    "OPTIONAL inside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k OPTIONAL { ?t :p ?o } ?o :r ?k } }",
    "MINUS inside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o MINUS { ?o :r :k } } }",
    "UNION inside": "SELECT * { ?s :p ?o FILTER EXISTS { { ?o :q ?k } UNION { ?o :r ?k } ?t :p ?o } }",
    "VALUES inside": "SELECT * { ?s :p ?o FILTER EXISTS { VALUES ?k { :k } ?o :q ?k . ?t :p ?o } }",
    "BIND inside": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o BIND(1 AS ?i) } }",
    "a subselect inside": "SELECT * { ?s :p ?o FILTER EXISTS { SELECT ?o { ?o :q ?k . ?t :p ?o } } }",
    "within OPTIONAL": "SELECT * { ?s :p ?o OPTIONAL { ?o :q ?k FILTER EXISTS { ?o :r ?l . ?t :p ?k } } }",
    "a group beside others": "SELECT * { ?s :p ?o { ?o :q ?k FILTER EXISTS { ?k :r ?s . ?t :p ?s } } }",
    "within MINUS": "SELECT * { ?s :p ?o MINUS { ?o :q ?k FILTER EXISTS { ?k :r ?l . ?t :p ?l } } }",
    "within GRAPH": "SELECT * { GRAPH ?g { ?o :q ?k FILTER EXISTS { ?k :r ?l . ?t :p ?l } } }",
    "beside VALUES": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } } VALUES ?k { :k }",
    "in BIND": "SELECT * { ?s :p ?o BIND(EXISTS { ?o :q ?k . ?t :p ?o } AS ?is) }",
    "in HAVING": "SELECT ?s { ?s :p ?o } GROUP BY ?s HAVING(EXISTS { ?s :p ?k . ?k :q ?l })",
    "in a projection": "SELECT (EXISTS { ?o :q ?k . ?t :p ?o } AS ?is) { ?s :p ?o }",
    "a number": "SELECT * { ?s :name ?n FILTER(?n = 5) }",
    "a tagged string": 'SELECT * { ?s :name ?n FILTER(?n = "beta"@en) }',
    "a typed string": 'SELECT * { ?s :name ?n FILTER(?n = "5"^^:kind) }',
    "a disjunction": "SELECT * { ?s :p ?o FILTER(?o = :y || ?o = :z) }",
    "inequality": "SELECT * { ?s :p ?o FILTER(?o != :y) }",
    "two variables compared": "SELECT * { ?s :p ?o . ?t :q ?u FILTER(?o = ?u) }",
    "a variable that may be unbound": "SELECT * { ?s :p ?o OPTIONAL { ?o :q ?k } FILTER(?k = :k) }",
    "a variable bound after OPTIONAL": "SELECT * { ?s :p ?o OPTIONAL { ?o :q ?k } ?t :r ?k FILTER(?k = :k) }",
    "a variable bound by BIND": "SELECT * { ?s :p ?o BIND(?o AS ?k) FILTER(?k = :y) }",
    "a variable bound by a path": "SELECT * { ?s :p/:q ?k FILTER(?k = :k) }",
    "a variable of a path of any length": "SELECT * { ?s :p ?o . ?o :q* ?k FILTER(?o = :y) }",
    "UNION beside": "SELECT * { ?s :p ?o { ?o :q ?k } UNION { ?o :r ?k } FILTER(?o = :y) }",
    "GRAPH beside": "SELECT * { ?s :p ?o GRAPH ?g { ?s ?t ?u } FILTER(?o = :y) }",
    "VALUES beside": "SELECT * { ?s :p ?o VALUES ?o { UNDEF :z } FILTER(?o = :y) }",
    "a comparison beside two patterns": "SELECT * { ?s :p ?o FILTER(?o = :y) ?o :r ?k }",
    "a comparison beside two objects": "SELECT * { ?s :p ?o , ?k FILTER(?o = :y) }",
    "a pattern after OPTIONAL": "SELECT * { OPTIONAL { ?o :q ?k } ?s :p ?o FILTER(?o = :y) }",
    "LIMIT": "SELECT * { ?s :p ?o FILTER(?o = :y) } LIMIT 1",
    "ORDER BY": "SELECT * { ?s :p ?o FILTER(?o = :y) } ORDER BY ?o",
    "SAMPLE": "SELECT (SAMPLE(?s) AS ?one) { ?s :p ?o FILTER(?o = :y) }",
    "an outer LIMIT": "SELECT * { { SELECT ?s { ?s :p ?o FILTER(?o = :y) } } } LIMIT 1",
    "a comparison within OPTIONAL": "SELECT * { ?s :p ?o OPTIONAL { ?o :q ?k FILTER(?k = :k) } }",
    "a blank node beside": "SELECT * { ?s :p ?o . [] :q ?o FILTER(?o = :y) }",
    "the word in a string": 'SELECT * { ?s :name "FILTER(?n = :y) EXISTS { ?a ?b ?c . ?d ?e ?f }" }',
    "the word in a comment": "SELECT * { ?s :p ?o } # FILTER(?o = :y) EXISTS { ?a ?b ?c . ?d ?e ?f }",
    "a keyword glued to a name": "SELECT * { ?s :p ?o FILTER:f(EXISTS { ?o :q ?k . ?t :p ?o }) }",
    "an undeclared prefix": "SELECT * { ?s :p ?o FILTER EXISTS { ?o un:q ?k . ?t :p ?o } }",
    "a bracket too few": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o }",
    "a bracket too many": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } } }",
    "a dot too few": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k ?t :p ?o } }",
    "a dot too many": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q ?k . . ?t :p ?o } }",
    "an object too few": "SELECT * { ?s :p ?o FILTER EXISTS { ?o :q . ?t :p ?o } }",
    "a triple term": "SELECT * { ?s :p ?o FILTER EXISTS { << ?o :q ?k >> :p ?t . ?t :p ?o } }",
    "nothing at all": "",
    "an update": "DELETE WHERE { ?s :p ?o FILTER EXISTS { ?o :q ?k . ?t :p ?o } }",
}


@pytest.mark.parametrize("query", UNTOUCHED.values(), ids=UNTOUCHED)
def test_in_any_doubt_a_query_stays_as_written(query: str) -> None:
    assert rewrite(PREFIX + query) == Rewriting(PREFIX + query)


def test_a_name_is_looked_up_first_then_what_the_solution_binds_and_a_class_last() -> None:
    query = "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?t a :Big . ?t :q :k . ?t :p ?o } }"
    named = "SELECT * { ?s :p ?o FILTER NOT EXISTS { ?t :p ?o . ?t :name 'alpha' } }"
    written = rewrite(PREFIX + named).text
    assert written.index("?t :name") < written.index("?t :p ?o")
    written = rewrite(PREFIX + query).text
    assert written.index("?t :p ?o") < written.index("?t :q :k")
    assert written.index("?t :p ?o") < written.index("?t a :Big")


def test_a_name_used_in_two_negations_is_not_taken_for_bound() -> None:
    negations = "FILTER NOT EXISTS { ?t :q :k . ?t :p ?o } FILTER NOT EXISTS { ?t :r :k . ?t :p ?s }"
    query = f"SELECT * {{ ?s :p ?o {negations} }}"
    written = rewrite(PREFIX + query).text
    assert written.index("?t :p ?o") < written.index("?t :q :k")
    assert written.index("?t :p ?s") < written.index("?t :r :k")


def test_parts_that_share_no_unbound_variable_are_asked_one_by_one() -> None:
    query = "SELECT * { ?s :p ?o FILTER EXISTS { ?s :p ?a . ?a :q ?b . ?b :r ?c . ?a :r ?d } }"
    assert rewrite(PREFIX + query).text.endswith(
        "{ ?s :p ?a FILTER EXISTS { ?a :q ?b FILTER EXISTS { ?b :r ?c } } FILTER EXISTS { ?a :r ?d } } }"
    )


def test_patterns_that_share_a_variable_which_may_be_unbound_stay_together(store: ox.Store) -> None:
    # ?k seems to come from outside but never has a value there: taken for bound, the two would part.
    query = "SELECT ?s { ?s :p ?o OPTIONAL { ?s :none ?k } FILTER EXISTS { ?s :p ?o . ?o :q ?k . ?o :r ?k } }"
    rewriting = rewrite(PREFIX + query)
    assert rules(rewriting) == [EXISTS_CHAIN]
    assert answer(store, rewriting.text) == answer(store, PREFIX + query)
    assert answer(store, rewriting.text) == (["s"], [])


def test_each_rewriting_says_its_rule_and_its_place() -> None:
    query = (
        "PREFIX : <http://example.org/>\nASK {\n ?s :p ?o .\n FILTER(?o = :y)\n"
        "FILTER EXISTS { ?o :q ?k . ?t :p ?o }\n}"
    )
    assert rewrite(query).applied == ("constant-first 4:8", "exists-chain 5:15")


def test_a_single_rule_can_be_asked_for() -> None:
    query = f"{PREFIX} ASK {{ ?s :p ?o FILTER(?o = :y) FILTER EXISTS {{ ?o :q ?k . ?t :p ?o }} }}"
    assert rules(rewrite(query, rules=(EXISTS_CHAIN,))) == [EXISTS_CHAIN]
    assert rules(rewrite(query, rules=(CONSTANT_FIRST,))) == [CONSTANT_FIRST]
    assert rewrite(query, rules=()) == Rewriting(query)


def test_very_long_queries_and_very_long_exists_stay_as_written() -> None:
    many = " . ".join(f"?o :q ?k{number}" for number in range(40))
    assert not rewrite(f"{PREFIX} ASK {{ ?s :p ?o FILTER EXISTS {{ {many} }} }}").applied
    padded = f"{PREFIX} ASK {{ ?s :p ?o FILTER EXISTS {{ ?o :q ?k . ?t :p ?o }} }} #{'x' * LONGEST}"
    assert rewrite(padded) == Rewriting(padded)


def test_a_query_that_fails_is_explained_as_written(store: ox.Store) -> None:
    chained = f"{PREFIX}\nASK {{ ?s :p ?o\nFILTER EXISTS {{ ?o :q ?k . ?t :p ?o }} FILTER({{}}) }}"
    for broken in (chained.replace("{}", "STR(?s, ?o)"), chained.replace("{}", ":unknown(?s)")):
        assert rewrite(broken).applied
        with pytest.raises((SyntaxError, RuntimeError)) as written:
            store.query(broken)
        with pytest.raises((SyntaxError, RuntimeError)) as rewritten:
            ask_rewritten(broken, store.query)
        assert str(rewritten.value) == str(written.value)


def test_a_query_that_fails_only_when_rewritten_is_answered_as_written(store: ox.Store) -> None:
    query = PREFIX + CHAINED["two patterns"]
    texts: list[str] = []

    def only_as_written(text: str) -> object:
        texts.append(text)
        return store.query(text if text == query else f"{text} }}")

    assert isinstance(ask_rewritten(query, only_as_written), ox.QuerySolutions)
    assert texts == [rewrite(query).text, query]
