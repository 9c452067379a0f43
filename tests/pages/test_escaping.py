"""Labels, literals, IRIs and questions that try to be markup stay text."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from pages.documents import Document
from protocol.serving import BROWSER, Service

PAGES = [
    "/",
    "/queries",
    "/problems",
    "/sparql",
    "/queries/statements",
    "/queries/statements?thing=%22%3E%3Cscript%3E",
    "/queries/%3Cscript%3E",
    "/nowhere/%3Cscript%3E",
    f"/sparql?query={quote('SELECT * { ?s ?p ?o }')}",
    f"/sparql?query={quote('CONSTRUCT WHERE { ?s ?p ?o }')}",
    f"/sparql?query={quote('DESCRIBE <http://example.org/quote>')}",
    f"/sparql?query={quote('</textarea><script>alert(5)</script>')}",
    f"/sparql?query={quote('SELECT ?x { BIND(<http://example.org/?a=1&b=2> AS ?x) }')}",
    "/sparql?query=ASK%7B%7D&format=%3Cscript%3E",
]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_holds_anything_that_runs_or_asks_a_third_party(hostile: Service, address: str) -> None:
    response = hostile.get(address, BROWSER)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    document = Document(response.text)
    assert not document.elements & {"script", "iframe", "object", "embed", "img", "style", "b"}
    assert not [name for name in document.attributes if name.startswith("on") or name == "style"]
    assert all(address.startswith("/") for address in document.fetched)
    assert not [link for link in document.links if not link.startswith(("/", "#"))]


@pytest.mark.parametrize("address", PAGES)
def test_every_response_forbids_scripts_sniffing_and_framing(hostile: Service, address: str) -> None:
    headers = hostile.get(address, BROWSER).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_hostile_label_is_shown_as_it_was_written(hostile: Service) -> None:
    page = hostile.ask("SELECT ?thing { ?thing <http://example.org/says> ?words }", BROWSER)
    assert "<script>alert(1)</script>" in Document(page.text).text


def test_the_root_of_a_proxy_is_in_front_of_every_link(hostile: Service) -> None:
    document = Document(hostile.get("/", BROWSER).text)
    assert document.links
    assert all(link.startswith(("/base/", "#")) for link in document.links)
