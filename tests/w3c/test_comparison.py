"""The comparison itself: it tells apart what differs, and only that."""

from __future__ import annotations

import random

import pytest

from w3c.comparison import isomorphic, same, same_by_value, same_in_csv, same_in_csv_by_value
from w3c.formats import IllFormed, read
from w3c.terms import XSD, Row, Table, Term, bnode, iri, literal

P = iri("http://example.org/p")


def table(*rows: Row) -> Table:
    return Table(("a", "b")[: len(rows[0])] if rows else (), rows)


def ring(*labels: str) -> list[Row]:
    return [
        (bnode(one), P, bnode(other)) for one, other in zip(labels, [*labels[1:], labels[0]], strict=True)
    ]


def test_a_bag_counts_its_rows() -> None:
    assert not same(table((P,), (P,)), table((P,)))
    assert not same(table((P,), (P,), (bnode("x"),)), table((P,), (bnode("x"),), (bnode("y"),)))


def test_rows_have_no_order_and_columns_are_known_by_name() -> None:
    first = Table(("a", "b"), ((P, None), (literal("1"), P)))
    second = Table(("b", "a"), ((P, literal("1")), (None, P)))
    assert same(first, second)
    assert not same(first, Table(("a", "c"), first.rows))


def test_one_blank_node_is_not_two() -> None:
    assert same(table((bnode("x"), bnode("x"))), table((bnode("y"), bnode("y"))))
    assert not same(table((bnode("x"), bnode("x"))), table((bnode("y"), bnode("z"))))
    assert not same(table((bnode("x"),), (bnode("x"),)), table((bnode("y"),), (bnode("z"),)))


def test_blank_nodes_that_all_look_alike_are_told_apart_by_search() -> None:
    six, threes = ring("a", "b", "c", "d", "e", "f"), [*ring("a", "b", "c"), *ring("d", "e", "f")]
    assert not isomorphic(six, threes)
    assert isomorphic(threes, [*ring("x", "y", "z"), *ring("u", "v", "w")])


@pytest.mark.parametrize("seed", range(20))
def test_a_relabelled_and_shuffled_bag_is_the_same_and_a_changed_one_is_not(seed: int) -> None:
    chance = random.Random(seed)
    labels = [f"b{number}" for number in range(8)]
    rows = [(bnode(chance.choice(labels)), P, bnode(chance.choice(labels))) for _ in range(14)]
    others = dict(zip(labels, chance.sample([f"c{number}" for number in range(8)], 8), strict=True))
    again: list[Row] = [(bnode(others[s.value]), p, bnode(others[o.value])) for s, p, o in rows]
    chance.shuffle(again)
    assert isomorphic(rows, again)
    changed = [*again[1:], (again[0][0], iri("http://example.org/q"), again[0][2])]
    assert not isomorphic(rows, changed)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (literal("2.0", f"{XSD}decimal"), literal("2", f"{XSD}decimal"), True),
        (literal("2.0E3", f"{XSD}double"), literal("2000", f"{XSD}double"), True),
        (literal("1", f"{XSD}boolean"), literal("true", f"{XSD}boolean"), True),
        (literal("x", language="en-US"), literal("x", language="en-us"), True),
        (literal("2", f"{XSD}integer"), literal("2", f"{XSD}decimal"), False),
        (literal("-3", f"{XSD}negativeInteger"), literal("-3", f"{XSD}integer"), False),
        (literal("2.1", f"{XSD}decimal"), literal("2", f"{XSD}decimal"), False),
        (literal("2.0"), literal("2"), False),
        (literal("x", language="en"), literal("x"), False),
        (literal("x", f"{XSD}integer"), literal("y", f"{XSD}integer"), False),
    ],
)
def test_equal_values_are_not_equal_terms(one: Term, other: Term, equal: bool) -> None:
    assert not same(table((one,)), table((other,)))
    assert same_by_value(table((one,)), table((other,))) is equal


def test_csv_keeps_text_and_loses_types() -> None:
    typed, text = table((literal("2.0", f"{XSD}decimal"), None)), table((literal("2.0"), literal("")))
    assert same_in_csv(typed, text)
    assert not same_in_csv(typed, table((literal("2"), literal(""))))
    assert same_in_csv_by_value(typed, table((literal("2"), literal(""))))
    assert not same_in_csv_by_value(typed, table((literal("3"), literal(""))))
    assert not same_in_csv(table((bnode("x"),)), table((literal("x"),)))


def test_a_boolean_is_no_table() -> None:
    assert same(True, True)
    assert not same(True, False)
    assert not same(True, table((P,)))
    assert not same(table((P,)), frozenset({(P,)}))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("json", b'{"head": {}, "boolean": "true"}'),
        ("json", b'{"head": {"vars": []}, "results": {"bindings": [{"x": {"type": "uri", "value": "a"}}]}}'),
        (
            "json",
            b'{"head": {"vars": ["x"]}, "results": {"bindings": '
            b'[{"x": {"type": "typed-literal", "value": "1", "datatype": "d"}}]}}',
        ),
        ("json", b'{"head": {"vars": ["x", "x"]}, "results": {"bindings": []}}'),
        ("json", b'{"head": {"vars": ["x"]}, "results": {"bindings": ['),
        ("xml", b"<sparql><head/><boolean>true</boolean></sparql>"),
        (
            "xml",
            b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><results><result>'
            b'<binding name="x"><uri>a</uri></binding></result></results></sparql>',
        ),
        ("xml", b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/>'),
        ("csv", b"x\n1\n"),
        ("csv", b"x,y\r\n1\r\n"),
        ("csv", b'x\r\n"1\r\n'),
        ("tsv", b"x\n1\n"),
        ("tsv", b"?x\n1"),
        ("tsv", b"?x\nplain\n"),
        ("tsv", b'?x\n"\\q"\n'),
        ("tsv", b"?x\t?y\n1\n"),
        ("turtle", b"<http://e/a> <http://e/b> ."),
        ("ntriples", b"<http://e/a> <http://e/b> c .\n"),
        ("rdfxml", b"<rdf:RDF/>"),
        ("jsonld", b"{"),
    ],
)
def test_an_ill_formed_result_is_read_by_no_reader(name: str, body: bytes) -> None:
    with pytest.raises(IllFormed):
        read(name, body)


def test_readers_keep_lexical_forms() -> None:
    turtle = b'<http://e/a> <http://e/b> "01"^^<%sinteger>, 1.50, "x"@en-GB, "1"^^<%sbyte> .'
    assert read("turtle", turtle % (XSD.encode(), XSD.encode())) == frozenset(
        (iri("http://e/a"), iri("http://e/b"), term)
        for term in (
            literal("01", f"{XSD}integer"),
            literal("1.50", f"{XSD}decimal"),
            literal("x", language="en-GB"),
            literal("1", f"{XSD}byte"),
        )
    )
    assert read("tsv", b'?x\t?y\n"a\\tb"@en\t-1.0e6\n<http://e/>\t\n') == Table(
        ("x", "y"),
        (
            (literal("a\tb", language="en"), literal("-1.0e6", f"{XSD}double")),
            (iri("http://e/"), None),
        ),
    )
