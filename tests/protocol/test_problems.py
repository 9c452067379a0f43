"""What a refused or failed request is told: a problem document (RFC 9457) with the right status."""

from __future__ import annotations

from typing import Any

import pytest

from clustergraph.errors import (
    ClustergraphError,
    EngineBusy,
    EngineUnavailable,
    QueryCrashed,
    QueryOverBudget,
    QueryTimeout,
    StorageUnavailable,
)
from clustergraph.service.problems import KINDS, problem_of
from protocol.serving import BASE, BROWSER, Service

QUERY = "ASK {}"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert response.status_code == document["status"] == status
    assert document["type"] == f"{BASE}/problems#{slug}"
    assert document["title"]
    assert document["detail"].endswith((".", "?", "!"))
    return document


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("?default-graph-uri=http://example.org/first", "missing-query"),
        ("?query=ASK{}&query=ASK{}", "repeated-parameter"),
        ("?query=ASK{}&format=json&format=xml", "repeated-parameter"),
        ("?query=ASK{}&update=CLEAR%20ALL", "query-and-update"),
        ("?query=ASK%7B%7D%", "invalid-encoding"),
        ("?query=ASK%7B%7D%zz", "invalid-encoding"),
        ("?query=ASK%7B%7D%20%23%ff", "invalid-encoding"),
        ("?query=", "query-malformed"),
        ("?query=ASK{}&format=xlsx", "unknown-format"),
        ("?query=ASK{}&default-graph-uri=not%20an%20iri", "invalid-parameter"),
    ],
)
def test_a_bad_get_is_400(service: Service, address: str, slug: str) -> None:
    problem(service.get(f"/sparql{address}"), 400, slug)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "slug"),
    [
        (FORM, b"", 400, "missing-query"),
        (FORM, b"query=ASK{}&query=ASK{}", 400, "repeated-parameter"),
        (FORM, b"query=ASK{}&update=CLEAR+ALL", 400, "query-and-update"),
        (FORM, b"query=ASK{} #\xff", 400, "invalid-encoding"),
        (DIRECT, b"ASK{} #\xff", 400, "invalid-encoding"),
        (DIRECT, b"", 400, "query-malformed"),
        (FORM, b"update=CLEAR+ALL", 403, "read-only"),
        ("application/sparql-update", b"CLEAR ALL", 403, "read-only"),
        ("text/plain", b"ASK{}", 415, "unsupported-media-type"),
        (None, b"ASK{}", 415, "unsupported-media-type"),
        (None, b"query=ASK{}", 415, "unsupported-media-type"),
        (f"{DIRECT}; charset=UTF-16", "ASK{}".encode("utf-16"), 415, "unsupported-media-type"),
    ],
)
def test_a_bad_post_says_what_is_wrong(
    service: Service, content_type: str | None, body: bytes, status: int, slug: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    problem(service.request("POST", "/sparql", content=body, headers=headers), status, slug)


def test_a_query_in_the_address_and_in_the_body_is_refused(service: Service) -> None:
    response = service.request("POST", "/sparql?query=ASK{}", data={"query": QUERY})
    problem(response, 400, "repeated-parameter")


def test_a_syntax_error_has_its_line_and_column(service: Service) -> None:
    query = "SELECT *\nWHERE { ?s ?p\n}"
    document = problem(service.ask(query), 400, "query-malformed")
    assert document["line"] == 3
    assert document["column"] in (1, 2)  # at the brace, or just behind it
    assert document["detail"].startswith(f"Line 3, column {document['column']}: ")


@pytest.mark.parametrize(
    "query", ["CLEAR ALL", "INSERT DATA { <a:a> <a:b> <a:c> }", "LOAD <http://a.example/>"]
)
def test_an_update_sent_as_a_query_is_refused_in_plain_words(service: Service, query: str) -> None:
    response = service.ask(query)
    assert response.status_code in (400, 403)
    assert "read-only" in response.text or "update" in response.text.lower()


def test_service_is_refused_with_its_place(service: Service) -> None:
    document = problem(
        service.ask("ASK {\n  SERVICE <http://a.example/> { ?s ?p ?o }\n}"), 403, "query-refused"
    )
    assert (document["line"], document["column"]) == (2, 3)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POS"])
def test_other_methods_are_405_with_allow(service: Service, method: str) -> None:
    response = service.request(method, "/sparql")
    problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_nothing_acceptable_is_406_with_what_there_is(service: Service) -> None:
    document = problem(service.ask("SELECT * {}", "image/png"), 406, "not-acceptable")
    assert "text/csv" in document["available"]
    assert "text/turtle" not in document["available"]


def test_a_query_that_is_too_long_is_413_by_every_way_in(service: Service) -> None:
    long = "ASK {} #" + "x" * 8 * 1024
    problem(service.ask(long), 413, "query-too-long")
    problem(service.request("POST", "/sparql", data={"query": long}), 413, "query-too-long")
    body = long.encode()
    response = service.request("POST", "/sparql", content=body, headers={"Content-Type": DIRECT})
    problem(response, 413, "query-too-long")


def test_an_endless_body_is_413_before_it_is_read(service: Service) -> None:
    async def endless() -> Any:
        for _ in range(10_000):
            yield b"x" * 4096

    response = service.request("POST", "/sparql", content=endless(), headers={"Content-Type": DIRECT})
    problem(response, 413, "query-too-long")


def test_a_problem_is_plain_text_or_a_page_where_that_is_asked_for(service: Service) -> None:
    text = service.ask("SELECT", "text/csv, text/plain;q=0.5")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.text.startswith("Malformed query.\nLine 1, column ")
    page = service.ask("SELECT", BROWSER)
    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert 'role="alert"' in page.text


def test_a_query_is_never_reflected_as_markup(service: Service) -> None:
    page = service.ask("</textarea><script>alert(1)</script>", BROWSER)
    assert page.status_code == 400
    assert "<script" not in page.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in page.text


def test_an_unknown_address_is_404_as_problem_or_page(service: Service) -> None:
    problem(service.get("/nowhere/<b>"), 404, "not-found")
    page = service.get("/nowhere/<script>", BROWSER)
    assert page.status_code == 404
    assert "<script" not in page.text


def test_the_type_of_every_problem_leads_to_its_explanation(service: Service) -> None:
    page = service.get("/problems", BROWSER).text
    for slug, kind in KINDS.items():
        assert f'id="{slug}"' in page
        assert kind.title in page


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (QueryTimeout(30), 504, "30 seconds"),
        (QueryOverBudget("The result is larger than 512 MiB."), 503, "512 MiB"),
        (QueryCrashed("The worker died."), 500, "worker"),
        (EngineBusy("All 4 workers are taken.", retry_after=3), 503, "4 workers"),
        (EngineUnavailable("The engine has stopped."), 503, "cannot answer"),
    ],
)
def test_every_failure_of_the_engine_is_a_problem_of_its_own(
    error: ClustergraphError, status: int, words: str
) -> None:
    told = problem_of(error)
    assert told.kind.status == status
    assert words in told.detail


def test_a_busy_engine_says_when_to_come_back() -> None:
    assert problem_of(EngineBusy("Busy.", retry_after=3)).headers == {"Retry-After": "3"}


def test_a_failure_of_the_machine_tells_nothing_of_it() -> None:
    for error in (
        StorageUnavailable("secret", where="/home/someone", fix="secret"),
        EngineUnavailable("secret", where="/home/someone", fix="secret"),
        RuntimeError("secret"),
    ):
        told = problem_of(error)
        assert told.kind.status >= 500
        assert "secret" not in told.as_text()
        assert "/home" not in told.as_text()
