"""The query operation of the SPARQL 1.1 Protocol, section 2.1, named after its clauses."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from clustergraph.negotiation import FORMATS
from protocol.serving import BASE, BROWSER, Service

SELECT = "SELECT ?size WHERE { <http://example.org/one> <http://example.org/size> ?size }"
DATASET = "ASK { <http://example.org/one> a ?type }"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"


def boolean(body: bytes) -> bool:
    return bool(json.loads(body)["boolean"])


def test_query_get(service: Service) -> None:
    response = service.ask(SELECT)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/sparql-results+json"
    assert response.json()["results"]["bindings"][0]["size"]["value"] == "1"
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_query_get_with_a_trailing_slash(service: Service) -> None:
    assert service.get("/sparql/", query=SELECT).content == service.ask(SELECT).content


def test_query_post_form(service: Service) -> None:
    response = service.request("POST", "/sparql", data={"query": SELECT})
    assert response.content == service.ask(SELECT).content


def test_query_post_direct(service: Service) -> None:
    response = service.request(
        "POST", "/sparql", content=SELECT.encode(), headers={"Content-Type": f"{DIRECT}; charset=UTF-8"}
    )
    assert response.content == service.ask(SELECT).content


def test_query_head_has_the_headers_of_get(service: Service) -> None:
    response = service.request("HEAD", "/sparql", params={"query": SELECT})
    assert (response.status_code, response.content) == (200, b"")
    got = service.ask(SELECT)
    unknown_before = {"content-length", "date"}
    assert {name: it for name, it in response.headers.items() if name not in unknown_before} == {
        name: it for name, it in got.headers.items() if name not in unknown_before
    }
    again = service.request("HEAD", "/sparql", params={"query": SELECT})
    assert again.headers["Content-Length"] == got.headers["Content-Length"]


def test_query_head_of_a_malformed_query_fails_as_get_does(service: Service) -> None:
    assert service.request("HEAD", "/sparql", params={"query": "SELECT ?x { ?x"}).status_code == 400


def test_form_bodies_are_decoded_once(service: Service) -> None:
    query = 'SELECT ("100%25 + 1" AS ?text) {}'
    for response in (service.ask(query), service.request("POST", "/sparql", data={"query": query})):
        assert response.json()["results"]["bindings"][0]["text"]["value"] == "100%25 + 1"


def test_text_beyond_ascii_arrives_whole(service: Service) -> None:
    response = service.ask('SELECT ("Zürich → Łódź 🌍" AS ?text) {}')
    assert response.json()["results"]["bindings"][0]["text"]["value"] == "Zürich → Łódź 🌍"


@pytest.mark.parametrize("method", ["GET", "POST form", "POST direct"])
@pytest.mark.parametrize(("graph", "expected"), [("first", True), ("second", False), ("none", False)])
def test_default_graph_uri_names_the_default_graph(
    service: Service, method: str, graph: str, expected: bool
) -> None:
    parameters = {"default-graph-uri": f"http://example.org/{graph}"}
    if method == "GET":
        response = service.get("/sparql", query=DATASET, **parameters)
    elif method == "POST form":
        response = service.request("POST", "/sparql", data={"query": DATASET} | parameters)
    else:
        response = service.request(
            "POST", "/sparql", params=parameters, content=DATASET.encode(), headers={"Content-Type": DIRECT}
        )
    assert boolean(response.content) is expected


def test_default_graph_uri_may_be_repeated(service: Service) -> None:
    address = (
        "/sparql?query="
        + quote("ASK { <http://example.org/one> a ?a . <http://example.org/two> a ?b }")
        + "&default-graph-uri=http://example.org/first&default-graph-uri=http://example.org/second"
    )
    assert boolean(service.get(address).content)


def test_named_graph_uri_names_the_named_graphs(service: Service) -> None:
    query = "SELECT ?graph { GRAPH ?graph { ?s ?p ?o } }"
    response = service.ask(query, **{"named-graph-uri": "http://example.org/second"})
    graphs = [row["graph"]["value"] for row in response.json()["results"]["bindings"]]
    assert graphs == ["http://example.org/second"]


def test_the_protocols_dataset_prevails_over_from(service: Service) -> None:
    query = "ASK FROM <http://example.org/second> { <http://example.org/one> a ?type }"
    response = service.ask(query, **{"default-graph-uri": "http://example.org/first"})
    assert boolean(response.content)


def test_relative_iris_are_resolved_against_the_configured_address_not_the_host_header(
    service: Service,
) -> None:
    response = service.ask("SELECT (<x> AS ?iri) {}")
    assert response.json()["results"]["bindings"][0]["iri"]["value"] == f"{BASE}/x"


@pytest.mark.parametrize(
    ("query", "formats"),
    [
        (SELECT, {"json", "xml", "csv", "tsv"}),
        ("ASK {}", {"json", "xml", "csv", "tsv"}),
        ("CONSTRUCT WHERE { ?s ?p ?o }", {"turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"}),
        ("DESCRIBE <http://example.org/one>", {"turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"}),
    ],
)
def test_every_format_of_a_result_is_served_under_its_media_type(
    service: Service, query: str, formats: set[str]
) -> None:
    for each in FORMATS:
        response = service.ask(query, format=each.media_type)
        if each.name in formats:
            assert response.status_code == 200, each
            assert response.headers["Content-Type"].partition(";")[0] == each.media_type
            assert service.ask(query, each.media_type).content == response.content
            assert response.headers["Vary"] == "Accept, Accept-Encoding"
        else:
            assert response.status_code == 406, each


def test_datatypes_and_language_tags_survive_every_graph_format(service: Service) -> None:
    body = service.ask("CONSTRUCT WHERE { <http://example.org/one> ?p ?o }", format="ntriples").text
    assert '"Eins"@de' in body
    assert '"1"^^<http://www.w3.org/2001/XMLSchema#integer>' in body


def test_a_caller_may_lower_the_deadline(service: Service) -> None:
    heavy = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{i} ?b{i} ?c{i} ." for i in range(12)) + " }"
    response = service.ask(heavy, timeout="0.3")
    assert response.status_code == 504
    assert response.json()["seconds"] == 0.3


def test_a_caller_may_not_raise_the_deadline(service: Service) -> None:
    assert service.ask(SELECT, timeout="1e9").status_code == 200


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(service: Service, timeout: str) -> None:
    response = service.ask(SELECT, timeout=timeout)
    assert (response.status_code, response.json()["title"]) == (400, "Invalid parameter")


def test_options_allows_any_origin_without_credentials(service: Service) -> None:
    response = service.request(
        "OPTIONS",
        "/sparql",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"},
    )
    assert response.status_code == 204
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_errors_are_readable_from_any_origin_too(service: Service) -> None:
    assert service.ask("nonsense").headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_gets_a_page_and_a_program_data(service: Service) -> None:
    assert service.ask(SELECT, BROWSER).headers["Content-Type"].startswith("text/html")
    assert service.ask(SELECT, "*/*").headers["Content-Type"] == "application/sparql-results+json"
    assert service.ask(SELECT, BROWSER, format="csv").headers["Content-Type"] == "text/csv; charset=utf-8"
