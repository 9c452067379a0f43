"""The dataset of a query, chosen from the graphs that are served: FROM, FROM NAMED and the protocol's
parameters (SPARQL 1.1 Query section 13.2, SPARQL 1.1 Protocol section 2.1.4).

One server holds every file of the suite as a named graph. Each test is asked over its own dataset twice:
once named by parameters, once by clauses put into the query; and all of it twice again, for a store on disk
may not be changed and is asked in another way than one in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import httpx
import pyoxigraph as ox
import pytest

from w3c.asking import MEDIA_TYPES, WAYS, ask
from w3c.datasets import quads
from w3c.deviations import known_verdict
from w3c.servers import Servers
from w3c.suite import BASE, Data, SuiteTest, evaluation_tests, expected, needs_suite
from w3c.verdicts import formats_for, verdict

pytestmark = needs_suite

ABSENT: Final = f"{BASE}/no-such-graph"
_LEXEME: Final = re.compile(
    r"#[^\n]*|<[^<>\"{}|^`\\\s]*>|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[?$@]?\w+(?::[\w.-]*)?|.",
    re.DOTALL,
)
#: A query with a FROM of its own has chosen already: it is asked with the tests of its folder.
TESTS: Final = tuple(
    test for test in evaluation_tests() if not re.search(r"\bFROM\b", test.query, re.IGNORECASE)
)


def everything() -> Iterator[ox.Quad]:
    for folder in sorted({test.data.folder for test in evaluation_tests()}):
        of_folder = [test.data for test in evaluation_tests(folder)]
        files = {file for data in of_folder for file in (*data.default, *data.named)}
        yield from quads(Data(folder, named=tuple(sorted(files))))


@pytest.fixture(scope="module", params=["memory", "disk"])
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(servers: Servers, store: str) -> httpx.Client:
    settings = {"CLUSTERGRAPH_IN_MEMORY_MIB": "0"} if store == "disk" else {}
    return servers.over(("everything", store), everything, **settings)


def iris(test: SuiteTest) -> tuple[list[str], list[str]]:
    """The IRIs of a test's graphs; an empty default graph is asked for by the name of no graph."""
    default = [test.data.iri(file) for file in test.data.default]
    return default or [ABSENT], [test.data.iri(file) for file in test.data.named]


def assert_right(test: SuiteTest, name: str, response: httpx.Response) -> None:
    assert response.status_code == 200, response.text
    assert verdict(test, name, response.content) is known_verdict(test)


def with_clauses(query: str, clauses: str) -> str:
    """The query with dataset clauses before its WHERE (grammar rules 7 to 11), however that is written."""
    depth, form, template = 0, "", False
    before: list[str] = []
    lexemes = iter(_LEXEME.findall(query))
    for lexeme in lexemes:
        word = lexeme.upper()
        if word in ("(", ")"):
            depth += 1 if word == "(" else -1
        elif depth == 0 and not form and word in ("SELECT", "ASK", "CONSTRUCT"):
            form = word
        elif depth == 0 and form == "CONSTRUCT" and word == "{" and not template:
            template = True
        elif depth == 0 and form and (word == "WHERE" or (word == "{" and form != "CONSTRUCT")):
            return "".join((*before, clauses, " ", lexeme, *lexemes))
        before.append(lexeme)
    raise AssertionError(f"no WHERE in {query}")


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_parameters_name_the_dataset(client: httpx.Client, test: SuiteTest) -> None:
    name = formats_for(expected(test))[0]
    default, named = iris(test)
    query = f"BASE <{test.base}>\n{test.query}"
    way = WAYS[TESTS.index(test) % len(WAYS)]
    assert_right(test, name, ask(client, query, MEDIA_TYPES[name], way=way, default=default, named=named))


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_clauses_name_the_dataset(client: httpx.Client, test: SuiteTest) -> None:
    name = formats_for(expected(test))[0]
    default, named = iris(test)
    clauses = [*(f"FROM <{iri}>" for iri in default), *(f"FROM NAMED <{iri}>" for iri in named)]
    query = with_clauses(f"BASE <{test.base}>\n{test.query}", " ".join(clauses))
    assert_right(test, name, ask(client, query, MEDIA_TYPES[name]))


def test_the_store_is_where_the_setting_puts_it(client: httpx.Client, servers: Servers, store: str) -> None:
    assert client.get("/readyz").status_code == 200
    assert any(servers.directory.rglob("*.sst")) is (store == "disk")


def test_parameters_outrank_the_clauses(client: httpx.Client) -> None:
    query = f"ASK FROM <{BASE}/csv-tsv-res/data.ttl> {{ ?s ?p ?o }}"
    assert ask(client, query, MEDIA_TYPES["json"]).json()["boolean"] is True
    assert ask(client, query, MEDIA_TYPES["json"], default=[ABSENT]).json()["boolean"] is False


def test_without_either_the_default_graph_is_that_of_the_files(client: httpx.Client) -> None:
    assert ask(client, "ASK { ?s ?p ?o }", MEDIA_TYPES["json"]).json()["boolean"] is False
    assert ask(client, "ASK { GRAPH ?g { ?s ?p ?o } }", MEDIA_TYPES["json"]).json()["boolean"] is True
