"""Values are bound as terms: whatever a caller sends, only the data of a VALUES block changes."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from clustergraph.engine.tokens import tokenise
from clustergraph.errors import UnusableInput
from clustergraph.library.bind import bind
from clustergraph.library.model import NamedQuery
from clustergraph.library.query import read_query
from clustergraph.library.values import values_blocks

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.fixture(scope="module")
def query(sound: str, tmp_path_factory: pytest.TempPathFactory) -> NamedQuery:
    path = tmp_path_factory.mktemp("queries") / "cq15-calls.rq"
    path.write_text(sound, encoding="utf-8")
    found, faults = read_query(path, "queries/cq15-calls.rq")
    assert found is not None, faults
    return found


def bound_terms(text: str, variable: str) -> list[ox.NamedNode | ox.Literal]:
    """The data of a variable's VALUES block, as the engine reads it."""
    (block,) = [each for each in values_blocks(text) if each.variable == variable]
    data = text[block.start : block.end]
    answer = ox.Store().query(f"PREFIX xsd: <{XSD}> SELECT ?x WHERE {{ VALUES ?x {{ {data} }} }}")
    assert isinstance(answer, ox.QuerySolutions)
    return [row["x"] for row in answer]


def skeleton(text: str) -> list[str]:
    """The tokens of a query with the data of its VALUES blocks left out."""
    data = {token for block in values_blocks(text) for token in block.data}
    return [token.text for token in tokenise(text, max_depth=50) if token not in data]


def algebra(text: str) -> str:
    """The algebra of a query with the data of its VALUES blocks left out (rdflib's translation)."""

    def masked(node: object) -> object:
        if isinstance(node, CompValue):
            kept = {key: masked(value) for key, value in node.items() if node.name != "values"}
            return (node.name, sorted(kept.items(), key=lambda item: item[0]))
        if isinstance(node, list):
            return [masked(each) for each in node]
        if isinstance(node, set | frozenset):
            return sorted(map(str, node))
        return str(node)

    return repr(masked(translateQuery(parseQuery(text)).algebra))


def test_without_values_the_required_ones_are_asked_for(query: NamedQuery) -> None:
    with pytest.raises(UnusableInput, match="needs the parameter 'word'"):
        bind(query, {})


def test_defaults_stand_where_no_value_is_given(query: NamedQuery) -> None:
    text = bind(query, {"word": "budget"})
    assert bound_terms(text, "from") == [ox.Literal("2019-01-01", datatype=ox.NamedNode(f"{XSD}date"))]
    assert bound_terms(text, "word") == [ox.Literal("budget")]


@pytest.mark.parametrize(
    "written",
    [
        "social-economy",
        "cgs:cluster-role/social-economy",
        "https://w3id.org/clustergraph/def/cluster-role/social-economy",
        "<https://w3id.org/clustergraph/def/cluster-role/social-economy>",
        " social-economy ",
    ],
)
def test_an_iri_may_be_written_as_code_prefixed_name_or_in_full(query: NamedQuery, written: str) -> None:
    text = bind(query, {"word": "x", "role": written})
    assert bound_terms(text, "role") == [
        ox.NamedNode("https://w3id.org/clustergraph/def/cluster-role/social-economy")
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("role", "social economy", "cannot be 'social economy'"),
        ("role", "https://e.eu/a b", "no IRI may hold"),
        ("role", 'https://e.eu/"', "no IRI may hold"),
        ("role", "https://e.eu/x> } SERVICE <https://e.eu/", "no IRI may hold"),
        ("role", "https://e.eu/x", "not in the scheme cluster-role"),
        ("role", "cgs:policy-level/eu", "not in the scheme cluster-role"),
        ("role", "", "is not an identifier"),
        ("role", "nope:thing", "not in the scheme"),
        ("from", "2019-02-30", "cannot be '2019-02-30'"),
        ("from", "01.03.2019", "not written YYYY-MM-DD"),
        ("from", "2019-03-01T00:00:00", "not written YYYY-MM-DD"),
        ("least", "many", "not a whole number"),
        ("least", "1.5", "not a whole number"),
        ("least", "1" * 19, "not a whole number"),
        ("word", "a\x00b", "control character"),
        ("word", "\ud800", "cannot be"),
        ("until", "2020-01-01", "has no parameter 'until'"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(
    query: NamedQuery, name: str, value: str, words: str
) -> None:
    with pytest.raises(UnusableInput) as refusal:
        bind(query, {"word": "x", name: value})
    (fault,) = refusal.value.faults
    assert words in fault.message
    assert repr(name) in fault.message
    assert fault.value == value
    assert fault.fix


def test_every_unusable_value_is_named_at_once(query: NamedQuery) -> None:
    with pytest.raises(UnusableInput) as refusal:
        bind(query, {"from": "soon", "least": "few", "nonsense": "1"})
    assert {fault.column for fault in refusal.value.faults} == {"from", "least", "nonsense", "word"}


INJECTIONS = (
    '"',
    "\\",
    '\\"',
    "'",
    '"""',
    "}",
    "} }",
    '" } SERVICE <http://e.eu/> { ?s ?p ?o } VALUES ?z { "',
    "# comment",
    "\n# comment\n}",
    "> } SERVICE <http://e.eu/",
    "?call",
    "\r\n",
    "\t",
    "\\u0022 } DELETE",
    "\u2028\u2029\u0085\ufeff\U0001f4a5",
    '"@en } #',
    '"^^<http://e.eu/>',
    "\\",
    "",
)


@pytest.mark.parametrize("value", INJECTIONS)
def test_an_injection_stays_a_string(query: NamedQuery, value: str) -> None:
    assert_only_data_changes(query, value)


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
@example(value="{} VALUES ?word { <a> }")
def test_any_text_stays_a_string(query: NamedQuery, value: str) -> None:
    assert_only_data_changes(query, value)


@given(parts=st.lists(st.sampled_from((*INJECTIONS, "{", "<", ">", "VALUES", "?word", ";", "a")), max_size=8))
def test_any_mixture_of_injections_stays_a_string(query: NamedQuery, parts: list[str]) -> None:
    assert_only_data_changes(query, "".join(parts))


def assert_only_data_changes(query: NamedQuery, value: str) -> None:
    text = bind(query, {"word": value})
    ox.Store().query(text)
    assert bound_terms(text, "word") == [ox.Literal(value)]
    assert skeleton(text) == skeleton(query.text)


@pytest.mark.parametrize("value", [value for value in INJECTIONS if value.isascii()])
def test_the_algebra_differs_only_in_its_data(query: NamedQuery, value: str) -> None:
    text = bind(query, {"word": value, "role": "social-economy", "from": "2020-02-29", "least": "-7"})
    assert algebra(text) == algebra(query.text)


@given(value=st.text(max_size=30))
def test_any_text_for_an_iri_is_an_iri_or_refused(query: NamedQuery, value: str) -> None:
    try:
        text = bind(query, {"word": "x", "role": value})
    except UnusableInput:
        return
    (term,) = bound_terms(text, "role")
    assert isinstance(term, ox.NamedNode)
    assert skeleton(text) == skeleton(query.text)


def test_comments_and_strings_hold_no_blocks(query: NamedQuery, tmp_path: Path) -> None:
    text = bind(query, {"word": "y"})
    assert '# VALUES ?word { "a comment is no block" }' in text
    assert [block.variable for block in values_blocks(text)] == ["from", "role", "least", "word"]


def test_every_block_of_a_parameter_is_bound(tmp_path: Path) -> None:
    path = tmp_path / "twice.rq"
    path.write_text(
        "#+ summary: Twice?\n#+ parameters: {n: {type: integer, summary: n, default: 1}}\n"
        "ASK { { values ?n { 1 } } UNION { VALUES $n{1} } }",
        encoding="utf-8",
    )
    query, faults = read_query(path, "twice.rq")
    assert query is not None, faults
    assert bind(query, {"n": "2"}).count('"2"') == 2
