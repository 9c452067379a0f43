"""Asking the endpoint one test of the suite, in every format, by every way the protocol has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Final

import httpx

from w3c.deviations import known_verdict
from w3c.formats import read
from w3c.suite import SuiteTest, expected
from w3c.terms import Table
from w3c.verdicts import Verdict, formats_for, verdict, worst

MEDIA_TYPES: Final = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
#: The three ways to send a query (SPARQL 1.1 Protocol section 2.1).
WAYS: Final = ("GET", "POST form", "POST query")

_RELATIVE: Final = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^<>\"{}|^`\\\s]*>")
_BASE: Final = re.compile(r"\bBASE\b", re.IGNORECASE)


def ask(
    client: httpx.Client, query: str, accept: str, *, way: str = "POST form", **graphs: Sequence[str]
) -> httpx.Response:
    """Ask a query; `graphs` are `default` and `named`, the protocol's parameters of the dataset."""
    parameters = {f"{name}-graph-uri": list(iris) for name, iris in graphs.items()}
    headers = {"Accept": accept}
    if way == "GET":
        return client.get("/sparql", params={"query": [query], **parameters}, headers=headers)
    if way == "POST form":
        return client.post("/sparql", data={"query": [query], **parameters}, headers=headers)
    return client.post(
        "/sparql",
        params=parameters,
        content=query.encode(),
        headers={**headers, "Content-Type": "application/sparql-query"},
    )


def with_base(test: SuiteTest) -> str:
    """The query of a test as it stands; one with relative IRIs after a BASE line with the IRI of its file."""
    query = test.query
    if _RELATIVE.search(query) and not _BASE.search(query):
        return f"BASE <{test.base}>\n{query}"
    return query


def assert_as_known(test: SuiteTest, verdicts: Mapping[str, Verdict]) -> None:
    """Hold what the answers are worth against the tables of deviations, in both directions."""
    found, known = worst(list(verdicts.values())), known_verdict(test)
    worse = [f"{name}: {each}" for name, each in verdicts.items() if each is not Verdict.EXACT]
    assert found is known, (
        f"{test.iri} is {found} ({', '.join(worse) or 'in every format'}); the tables say {known}"
    )


def answers(client: httpx.Client, test: SuiteTest) -> dict[str, Verdict]:
    """What the endpoint's answers to a test are worth, by format."""
    found = {}
    orders = set()
    for name, way in zip(formats_for(expected(test)), cycle(WAYS)):
        response = ask(client, with_base(test), MEDIA_TYPES[name], way=way)
        assert response.status_code == 200, f"{name} by {way}: {response.status_code} {response.text}"
        assert response.headers["Content-Type"].partition(";")[0] == MEDIA_TYPES[name]
        found[name] = verdict(test, name, response.content)
        answered = read(name, response.content)
        if isinstance(answered, Table):
            orders.add(answered.variables)
    assert len(orders) < 2, f"the columns have another order in another format: {orders}"
    return found
