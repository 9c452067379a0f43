"""The first page of the real release: what it says is true, and every link of it works."""

from __future__ import annotations

import pytest

from clustergraph.library.query import NamedQuery
from clustergraph.snapshot import Release
from pages.documents import Document
from protocol.serving import BROWSER, Service


@pytest.fixture(scope="module")
def page(released: Service) -> Document:
    return Document(released.get("/", BROWSER).text)


def test_every_link_of_the_first_page_answers(released: Service, page: Document) -> None:
    ours = [link.removeprefix("/base") for link in page.links if link.startswith("/base/")]
    assert len(ours) > 30
    for link in ours:
        response = released.get(link, BROWSER)
        assert response.status_code == 200, (link, response.text[:400])


def test_ten_plain_questions_lead_to_answers_with_rows(
    released: Service, page: Document, questions: dict[str, NamedQuery]
) -> None:
    first = [query for query in questions.values() if query.first_page]
    assert len(first) == 10
    for query in first:
        assert query.question in page.text
        response = released.get(f"/queries/{query.name}", BROWSER)
        assert response.status_code == 200
        assert "No rows." not in response.text, query.name


def test_every_question_of_the_library_has_a_page_and_data(
    released: Service, questions: dict[str, NamedQuery]
) -> None:
    for query in questions.values():
        assert released.get(f"/queries/{query.name}", BROWSER).status_code == 200
        if not any(parameter.required for parameter in query.parameters.values()):
            assert released.get(f"/queries/{query.name}", "application/json, text/turtle").status_code == 200


def test_what_the_page_says_of_the_release_is_what_the_release_is(page: Document, release: Release) -> None:
    manifest = release.manifest
    said = page.text.replace("\u202f", "")
    assert str(manifest.triples) in said
    assert manifest.content_hash in said
    assert f"{manifest.built_at:%-d %B %Y}" in said
    assert "0 violations" in said or "no violations" in said
    for source in manifest.sources:
        assert source.title in said
    for kind in manifest.kinds:
        assert f"{kind.count} {kind.label}" in said


def test_the_counts_of_the_page_are_the_counts_of_the_graph(released: Service, release: Release) -> None:
    counted = released.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]
    assert int(counted["value"]) == release.manifest.triples
    for kind in release.manifest.kinds:
        answer = released.ask(f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s a <{kind.iri}> }}").json()
        assert int(answer["results"]["bindings"][0]["n"]["value"]) == kind.count, kind.label


def test_every_source_has_its_date_or_says_that_it_has_none(page: Document, release: Release) -> None:
    assert any(source.date == "undated" for source in release.manifest.sources)
    for source in release.manifest.sources:
        assert f"{source.title}{source.date}" in page.text


def test_the_state_of_the_service(released: Service) -> None:
    assert released.get("/livez").json() == {"status": "alive"}
    assert released.get("/readyz").json() == {"status": "ready"}


def test_assets_are_served_with_their_type(released: Service) -> None:
    assert released.get("/assets/style.css").headers["Content-Type"].startswith("text/css")
    assert released.get("/assets/icon.svg").headers["Content-Type"].startswith("image/svg+xml")
    assert released.get("/assets/../view.py").status_code == 404
