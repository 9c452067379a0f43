"""The quick look held against the full reading: where it speaks, both say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clustergraph.engine import guard
from clustergraph.engine.quick_look import LONGEST, quick_look
from clustergraph.errors import QueryError

from .test_guard import W3C

OWN = Path(__file__).resolve().parents[2] / "queries"


def texts(directory: Path) -> list[str]:
    found = []
    for path in sorted(directory.rglob("*.rq")):
        try:
            found.append(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            continue
    return found


def agree(text: str) -> bool:
    """Whether the quick look speaks; the full reading must then see the same."""
    if quick_look(text) is None:
        return False
    quick = guard._inspected(text, guard.MAX_DEPTH, guard.MAX_OPERATORS, frozenset())
    full = guard._read_in_full(text, guard.MAX_DEPTH, guard.MAX_OPERATORS, frozenset())
    assert quick == full, text
    return True


SEEDS = texts(OWN) + texts(W3C)
PIECES = [
    *"<>{}()[]'\"\\#?$:.,;-+*/|^&!=@%_ \t\r\n\x00 1a5é\u00b7",
    "<=",
    "&&",
    "||",
    "<<",
    "'''",
    '"""',
    "\\u0041",
    "\\'",
    "ex:",
    "ex:a",
    "_:b.c",
    "1.5e3",
    ".5",
    "true",
    "<http://e/x>",
    "<x:y&&?z>",
    "'x'@en-",
    "SELECT",
    "EXISTS {",
    "SERVICE",
    "service",
    "FROM <http://g/>",
    "NOW()",
    "now",
    "RAND #\n(",
    "BNODE ()",
    "FILTERuuid()",
    "PREFIX ex: <http://e/>",
    "PREFIX ex: <http://f/>",
    "prefix : <>",
    "BASE <http://b/>",
    "( ?a <?b && ?c> ?d )",
    "(?a <b>)",
    "[ ex:p (1 2) ]",
    "# c\n",
    "CONSTRUCT",
    "a.b",
    "ex:a..b",
    "ex:a:b",
    "ex:%41",
    "ex:\\-",
    "SELECT:a",
    "?é",
]
SMALL = [
    "PREFIX ex: <http://e/> SELECT * { ?s ex:p ?o . FILTER(?o < 3 && ?o > 1) }",
    "PREFIX : <http://e/> ASK { :a :p.q [ :r 'it' ] , (1 2) ; a :b }",
    "CONSTRUCT { ?s ?p ?o } { { ?s ?p ?o } UNION { ?o ?p ?s } }",
    'DESCRIBE <http://e/> ?x { VALUES ?x { <http://e/1> 1.5 "é"@en-GB } }',
]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A query of the suites or a small one with pieces put in, taken out or doubled."""
    text = draw(st.one_of(st.sampled_from(SMALL), st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 0, 1, 2, 5]))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.just(text[place : place + 7])))
        text = text[:place] + piece + text[place + length :]
    return text


@given(mutations())
@settings(max_examples=1500, deadline=None)
@example("PREFIX ex: <http://e/> ASK { FILTER(?a <ex:b&&?c> ?d) }")
@example("PREFIX ex: <http://e/> ASK { FILTER(ex:f(?a <ex:b, ex:c> ?d)) }")
@example("ASK { ?a & ?b }")
@example("SELECT ?x { FILTER(?x=1<http://e/>) }")
def test_what_the_quick_look_sees_the_full_reading_sees(text: str) -> None:
    agree(text)


@given(
    st.lists(st.sampled_from([*PIECES, "SELECT ", "* ", "{ ", " }", "?s ", "ex:p ", "(", ")"]), max_size=25)
)
@settings(max_examples=1500, deadline=None)
def test_they_agree_on_any_row_of_tokens(pieces: list[str]) -> None:
    agree("PREFIX ex: <http://e/> SELECT * {" + "".join(pieces) + "}")


def test_they_agree_on_every_query_of_the_project_and_most_are_seen_at_a_glance() -> None:
    own = [agree(text) for text in texts(OWN)]
    assert sum(own) > len(own) / 2


def test_they_agree_on_every_query_of_the_w3c_suite() -> None:
    if not W3C.is_dir():
        pytest.skip("the W3C SPARQL 1.1 suite is not at hand")
    seen = [agree(text) for text in texts(W3C)]
    assert sum(seen) > 100


def test_a_usual_look_up_is_seen_at_a_glance() -> None:
    seen = quick_look(
        "# who\nPREFIX skos: <http://www.w3.org/2004/02/skos/core#>\nprefix cg:<http://e/o#>\n"
        "select ?label (COUNT(*) AS ?n) where {\n  <http://e/1> skos:prefLabel ?label ; cg:in ?place .\n"
        '  OPTIONAL { ?place a cg:Place }\n  FILTER(CONTAINS(LCASE(STR(?label)), "è") && ?n < 3)\n}\n'
        "GROUP BY ?label ORDER BY DESC(?n) LIMIT 20"
    )
    assert seen is not None
    assert (seen.form, seen.prefixes["cg"]) == ("SELECT", "http://e/o#")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ex:p ?o }",
        "SELECT * { SERVICE <http://e/> {} }",
        "SELECT (NOW() AS ?x) {}",
        "SELECT * FROM <http://g/> {}",
        "SELECT * { ?s ?p ?o",
        "CONSTRUCT { [] ?p ?o } { ?s ?p ?o }",
        "ASK {} #" + "x" * LONGEST,
    ],
)
def test_what_takes_thought_is_left_to_the_full_reading(text: str) -> None:
    assert quick_look(text) is None


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        "{",
        "[",
        "((",
        "({",
        "a",
        "a.",
        "a-",
        "ex:",
        "ex:.",
        "\\",
        "'",
        '"',
        "<",
        "#",
        "?",
        "@en-",
        "1.",
        "(?a ",
        "[ ",
        "{ ",
        "[(",
        "ex:a-.",
    ],
)
@pytest.mark.timeout(20)
def test_the_quick_look_reads_hostile_text_in_linear_time(piece: str) -> None:
    for prologue in ("SELECT * {", "PREFIX ex: <http://e/> SELECT * {", ""):
        text = (prologue + piece * LONGEST)[:LONGEST]
        for _ in range(5):
            assert quick_look(text) is None


@given(mutations())
@settings(max_examples=200, deadline=None)
def test_a_remembered_shape_is_the_shape(text: str) -> None:
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(guard.inspect(text))
        except QueryError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
