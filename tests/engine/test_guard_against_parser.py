"""The guard held against the engine's own parser, on queries nobody would write by hand."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pyoxigraph as ox
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clustergraph.engine.guard import inspect
from clustergraph.errors import QueryMalformed, QueryRefused
from clustergraph.negotiation import ResultKind

_KINDS = {
    ox.QuerySolutions: ResultKind.SOLUTIONS,
    ox.QueryBoolean: ResultKind.BOOLEAN,
    ox.QueryTriples: ResultKind.GRAPH,
}
# Port 9 is refused by the engine before it connects, so evaluating SERVICE fails without a network.
_ENDPOINT = "<http://127.0.0.1:9/>"
_STORE = ox.Store()
_STORE.add(ox.Quad(ox.NamedNode("http://e/s"), ox.NamedNode("http://e/p"), ox.Literal("o")))

_PROLOGUE = (
    "PREFIX ex: <http://e/> PREFIX http: <http://e/> PREFIX SERVICEex: <http://e/> PREFIX : <http://e/> "
)
_STATEMENTS = [
    ["?s", "ex:p", "?o", "."],
    ["?s", "<http://e/p>", "?o"],
    ["?s", "ex:p", '"SERVICE"', ","],
    ["ex:s", "a", "SERVICEex:foo", "."],
    ["FILTER", "(", "?o", "<", "?s", "&&", "?o", ">", "?s", ")"],
    ["FILTER", "(", "1", "<", "2", ")"],
    ["FILTER", "(", "'a'", "<", "'>'", ")"],
    ["FILTER", "(", "?o", "<", '"service>"', ")"],
    ["FILTER", "ex:f", "(", "?o", "<", "<http://e/service#x>", ")"],
    ["FILTER", "NOT", "EXISTS", "{", "?s", "<http://e/q>", "<http://e/service>", "}"],
    ["BIND", "(", "true", "<", "false", "AS", "?x", ")"],
    ["VALUES", "(", "?y", "?z", ")", "{", "(", "<http://e/a>", "<http://e/service?x#y>", ")", "}"],
    ["?s", "ex:p", "(", "1", "<http://e/'>", ")", "."],
    ["{", "?s", "?p", "?o", "}", "UNION", "{", "}"],
    ["OPTIONAL", "{", "?s", "?p", "?o", "}"],
    ["GRAPH", "SERVICEex:g", "{", "}"],
    ["FILTERex:f", "(", "1", "<", "2", ")"],
    ["?s", "?p", "trueFILTER", "ex:f", "(", "1", "<", "2", ")"],
    ["FILTERex:f", "(", "1", "<<http://e/x#>", ")"],
    ["SERVICE", "?s", "{", "}"],
    ["SERVICE", _ENDPOINT, "{", "}"],
    ["SERVICE", "ex:endpoint", "{", "}"],
    ["SERVICEex:endpoint", "{", "}"],
    ["{", "SELECT", "?s", "(", "1", "<", "2", "AS", "?w", ")", "{", "?s", "?p", "?o", "}", "}"],
]
_GAPS = ["", " ", "\n", "#>\n", "#'\n", '#"SERVICE\n', "\t"]


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query of known statements with any gaps between its tokens, where some texts are no query."""
    tokens = ["SELECT", "*", "{"]
    for statement in draw(st.lists(st.sampled_from(_STATEMENTS), max_size=5)):
        tokens += statement
    tokens += ["}"]
    gaps = draw(st.lists(st.sampled_from(_GAPS), min_size=len(tokens), max_size=len(tokens)))
    return _PROLOGUE + "".join(token + gap for token, gap in zip(tokens, gaps, strict=True))


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A good query with a few characters taken out, put in or doubled."""
    text = draw(st.sampled_from(_GOOD))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text) - 1))
        length = draw(st.integers(0, 3))
        piece = draw(
            st.sampled_from([*"<>{}()[]'\"\\#?:.,;-+*/|^&! \n1aA_@", "\\u0041", "service", "''", "ex:", "é"])
        )
        text = text[:place] + piece + text[place + length :]
    return text


_GOOD = [
    "PREFIX ex: <http://e/> SELECT ?s (COUNT(?o) AS ?n) { ?s ex:p ?o . FILTER(?o<3&&?o>1) } "
    "GROUP BY ?s HAVING(?n<2)",
    "BASE <http://e/> ASK { <s> <p>/<q>*|^<r> 'x'@en-GB, 1.5e3, true ; a [ <t> (1 2) ] . "
    "OPTIONAL { ?s ?p ?o } }",
    "PREFIX : <http://e/> CONSTRUCT { ?s :p ?o } FROM <http://g/> "
    "WHERE { { ?s :a.b ?o } UNION { GRAPH ?g { :x%20y :\\~ ?o } } }",
    "DESCRIBE ?s { VALUES (?s ?t) { (<http://e/a> UNDEF) (<http://e/b> 'it\\'s') } "
    "BIND(REGEX('''a\n'b''', \"x\") AS ?z) }",
    "SELECT DISTINCT ?x WHERE { SELECT ?x { ?x ?p _:b-1.c MINUS { ?x ?q ?x } } "
    "ORDER BY DESC(?x<1) ?x LIMIT 3 } # end",
]


def _parsed(query: str) -> ResultKind | None:
    try:
        return _KINDS[type(ox.Store().query(query))]
    except SyntaxError:
        return None
    except (OSError, RuntimeError):  # it was parsed and failed in evaluation
        return inspect(query).kind


def _evaluation_reaches_out(query: str) -> bool:
    try:
        for _ in _STORE.query(query):  # type: ignore[union-attr]
            pass
    except OSError:
        return True
    except (SyntaxError, RuntimeError):
        pass
    return False


@given(mutations())
@settings(max_examples=400, deadline=None)
@example("SELECTDISTINCT?x{}")
@example("PREFIXex:<http://e/>ASK{FILTERex:f(1)}")
@example("SELECT*{?a?b'''x'}")
def test_nothing_the_engine_parses_is_refused(query: str) -> None:
    try:
        kind = _parsed(query)
    except QueryRefused as refusal:
        assert "SERVICE" in refusal.what
        return
    if kind is None:
        return
    try:
        assert inspect(query).kind is kind
    except QueryRefused as refusal:
        assert "service" in query.lower(), refusal


@given(queries())
@settings(max_examples=300, deadline=None)
@example(_PROLOGUE + "SELECT*{FILTER(1<2)SERVICE<http://127.0.0.1:9/>#>\n{}}")
@example(_PROLOGUE + "SELECT*{FILTER('a'<'>')SERVICE<http://127.0.0.1:9/>{}#'\n}")
@example(_PROLOGUE + "SELECT*{SERVICE<http://127.0.0.1:9/>{}}")
@example(_PROLOGUE + "ASK{FILTERex:f(1<2)SERVICEex:e#>)\n{}}")
def test_no_query_that_reaches_out_gets_past_the_guard(query: str) -> None:
    reaches_out = _evaluation_reaches_out(query)
    try:
        inspect(query)
    except QueryRefused:
        return
    except QueryMalformed:
        assert not reaches_out
        return
    assert not reaches_out


class _Listener:
    """A port of this machine that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def was_reached(self) -> bool:
        reached = False
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return reached
            reached = True

    def close(self) -> None:
        self._socket.close()


_PROLOGUES = [
    "PREFIX ok: <GOOD/> ",
    "PREFIX ev: <EVIL/> ",
    "PREFIX ok: <EVIL/> ",
    "PREFIX SILENTev: <GOOD/> ",
    "PREFIX silentok: <EVIL/> ",
    "PREFIX SERVICEok: <GOOD/> ",
    "PREFIX okev: <GOOD/> ",
    "PREFIX short: <GOODLESS> ",
    "BASE <EVIL/> ",
    "BASE <GOOD/> ",
]
_KEYWORDS = ["SERVICE", "SERVICE ", "service SILENT ", "SERVICE silent", "SERVICESILENT ", "SERVICE#>\n"]
_ENDPOINTS = ["<GOOD/a>", "<EVIL/a>", "<GOOD@EVILHOST/>", "</a>", "ok:a", "ev:a", "SILENTev:a", "silentok:a"]
_ENDPOINTS += ["okev:a", "short:a", "short:", "?s", "<GOOD\\u0040EVILHOST/>"]


@st.composite
def federated(draw: st.DrawFn) -> str:
    """A query with SERVICE clauses that may be read in more than one way."""
    parts = [*draw(st.lists(st.sampled_from(_PROLOGUES), max_size=5)), "ASK { "]
    for _ in range(draw(st.integers(1, 2))):
        parts += [draw(st.sampled_from(["", "FILTER(1<2)", "?s ?p ?o .", "FILTER('a'<'>')"]))]
        parts += [draw(st.sampled_from(_KEYWORDS)), draw(st.sampled_from(_ENDPOINTS))]
        parts += [draw(st.sampled_from(["", " ", "#'\n"])), "{ } "]
    return "".join([*parts, "}"])


@given(federated())
@settings(max_examples=200, deadline=None)
@example("PREFIX ev: <EVIL/> PREFIX SILENTev: <GOOD/> ASK { SERVICE SILENTev:a { } }")
@example("PREFIX ok: <GOOD/> ASK { SERVICE ok:a { } }")
@example("BASE <EVIL/> ASK { SERVICE </a> { } }")
def test_only_the_origin_that_may_be_asked_is_ever_reached(text: str) -> None:
    good, evil = _Listener(), _Listener()
    try:
        query = (
            text.replace("GOODLESS", good.origin[:-1])
            .replace("GOOD", good.origin)
            .replace("EVILHOST", evil.origin.removeprefix("http://"))
            .replace("EVIL", evil.origin)
        )
        try:
            shape = inspect(query, service_origins=frozenset({good.origin}))
        except (QueryRefused, QueryMalformed):
            return
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(_evaluation_reaches_out, shape.text)
            reached = False
            while not asked.done():
                reached = good.was_reached() or reached
                assert not evil.was_reached()
            assert not evil.was_reached()
        reached = good.was_reached() or reached
        assert shape.services or not reached
        assert reached or not text.startswith("PREFIX ok: <GOOD/> ASK { SERVICE ok:a")
    finally:
        good.close()
        evil.close()
