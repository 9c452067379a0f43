"""SPARQL 1.1 Service Description: what the endpoint says of itself is what it serves."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from protocol.serving import BASE, BROWSER, Service

SD = "http://www.w3.org/ns/sparql-service-description#"
PREFIX = f"PREFIX sd: <{SD}> PREFIX void: <http://rdfs.org/ns/void#>"


@pytest.fixture(scope="module")
def described(service: Service) -> ox.Store:
    store = ox.Store()
    store.load(service.get("/sparql", "text/turtle").content, format=ox.RdfFormat.TURTLE)
    return store


def ask(store: ox.Store, pattern: str) -> bool:
    return bool(store.query(f"{PREFIX} ASK {{ {pattern} }}"))


def test_returns_rdf_without_an_accept_header(service: Service) -> None:
    response = service.get("/sparql")
    assert response.headers["Content-Type"] == "text/turtle; charset=utf-8"


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"])
def test_every_graph_format_describes_the_same(service: Service, described: ox.Store, name: str) -> None:
    formats = {
        "turtle": ox.RdfFormat.TURTLE,
        "ntriples": ox.RdfFormat.N_TRIPLES,
        "rdfxml": ox.RdfFormat.RDF_XML,
        "jsonld": ox.RdfFormat.JSON_LD,
        "trig": ox.RdfFormat.TRIG,
        "nquads": ox.RdfFormat.N_QUADS,
    }
    graph = ox.Dataset(ox.parse(service.get("/sparql", format=name).content, format=formats[name]))
    expected = ox.Dataset(described)
    for each in (graph, expected):
        each.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert graph == expected


def test_has_a_matching_endpoint_triple(described: ox.Store) -> None:
    assert ask(described, f"<{BASE}/sparql> a sd:Service ; sd:endpoint <{BASE}/sparql>")


def test_names_query_and_no_update(described: ox.Store) -> None:
    assert ask(described, "?service sd:supportedLanguage sd:SPARQL11Query")
    assert not ask(described, "?service sd:supportedLanguage sd:SPARQL11Update")


def test_names_each_result_format_there_is(described: ox.Store) -> None:
    rows = described.query(f"{PREFIX} SELECT ?format {{ ?service sd:resultFormat ?format }}")
    assert len(list(rows)) == 10


def test_describes_the_graphs_that_are_served_with_their_sizes(described: ox.Store) -> None:
    rows = described.query(
        f"{PREFIX} SELECT ?name ?size {{ ?dataset a sd:Dataset ; sd:namedGraph ?named . "
        "?named a sd:NamedGraph ; sd:name ?name ; sd:graph ?graph . ?graph a sd:Graph ; void:triples ?size }"
    )
    assert {(row["name"].value, row["size"].value) for row in rows} == {
        ("http://example.org/first", "1"),
        ("http://example.org/second", "1"),
    }
    assert ask(described, "?service sd:defaultDataset/sd:defaultGraph/void:triples 7")


def test_a_browser_gets_a_form(service: Service) -> None:
    page = service.get("/sparql", BROWSER)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<textarea id="query" name="query"' in page.text


def test_nothing_acceptable_is_406(service: Service) -> None:
    assert service.get("/sparql", "image/png").status_code == 406
