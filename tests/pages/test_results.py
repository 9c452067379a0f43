"""Results as people read them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.pages.results import ROWS_ON_A_PAGE, cell, grouped_digits
from pages.documents import Document
from protocol.serving import BROWSER, Service


def text(service: Service, query: str) -> str:
    response = service.ask(query, BROWSER)
    assert response.status_code == 200
    return Document(response.text).text


@pytest.mark.parametrize(
    ("lexical", "shown"),
    [
        ("22850000", "22 850 000"),
        ("10000.00", "10 000"),
        ("2016", "2016"),
        ("7.24", "7.24"),
        ("286666.666666666667", "286 666.67"),
        ("0.000125", "0.000125"),
        ("-12345.5", "−12 345.5"),
        ("1" * 40, "1" * 40),
        ("about 5", ""),
    ],
)
def test_digits_are_grouped_and_long_fractions_rounded(lexical: str, shown: str) -> None:
    assert grouped_digits(lexical).replace("\u202f", " ") == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15), max_value=10**15))
def test_a_grouped_number_is_the_same_number(value: object) -> None:
    shown = grouped_digits(f"{value:f}").replace("\u202f", "").replace("−", "-")
    assert float(shown) == float(str(value))


def test_a_rounded_number_keeps_its_exact_value_at_hand() -> None:
    exact = ox.Literal("286666.666666", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))
    assert cell(exact, {}, "").title == "286666.666666"


def test_an_iri_shows_its_english_label_and_leads_to_its_description(hostile: Service) -> None:
    page = hostile.ask("SELECT ?thing { VALUES ?thing { <http://example.org/many> } }", BROWSER).text
    document = Document(page)
    assert "English" in document.text
    assert "German" not in document.text
    link = next(link for link in document.links if "DESCRIBE" in link)
    followed = hostile.get(link.removeprefix("/base"), BROWSER)
    assert followed.status_code == 200
    assert "German" in followed.text


def test_a_concept_is_shown_by_its_preferred_label(hostile: Service) -> None:
    assert "A concept" in text(hostile, "SELECT ?c { ?c <http://example.org/size> ?size }")


def test_a_column_of_names_is_the_text_of_the_column_it_names(hostile: Service) -> None:
    query = 'SELECT ?thing ?thingName { VALUES (?thing ?thingName) { (ex:many "By its name") } }'
    page = hostile.ask(f"PREFIX ex: <http://example.org/> {query}", BROWSER).text
    assert 'data-column="thing"' in page
    assert 'data-column="thing name"' not in page
    assert "By its name" in Document(page).text
    assert "English" not in Document(page).text


def test_a_boolean_is_a_word(hostile: Service) -> None:
    assert "Yes" in text(hostile, "ASK {}")
    assert "No" in text(hostile, "ASK { <a:a> <a:b> <a:c> }")


def test_an_empty_result_says_so(hostile: Service) -> None:
    assert "No rows." in text(hostile, "SELECT * { <a:a> <a:b> ?c }")
    assert "No statements." in text(hostile, "DESCRIBE <a:a>")


def test_an_unbound_cell_is_a_dash(hostile: Service) -> None:
    assert "–" in text(hostile, "SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) } }")


def test_a_long_table_says_how_much_of_it_is_shown(hostile: Service) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } LIMIT 1500"
    shown = text(hostile, query)
    assert f"The first {ROWS_ON_A_PAGE} of 1500 rows." in shown


def test_a_result_too_long_for_a_page_offers_the_downloads(hostile: Service) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    document = Document(hostile.ask(query, BROWSER).text)
    assert "too long for a page" in document.text
    assert [link for link in document.links if link.endswith("format=csv")]


def test_the_downloads_keep_the_dataset_that_was_asked(hostile: Service) -> None:
    page = hostile.ask("ASK {}", BROWSER, **{"default-graph-uri": "http://example.org/g"})
    links = [link for link in Document(page.text).links if "format=json" in link]
    assert "default-graph-uri=http%3A%2F%2Fexample.org%2Fg" in links[0]


def test_a_syntax_error_keeps_the_query_in_the_form(hostile: Service) -> None:
    page = hostile.ask("SELECT ?typo WHERE {", BROWSER)
    assert page.status_code == 400
    assert "SELECT ?typo WHERE {" in Document(page.text).text


def test_a_question_shows_its_form_its_answer_and_what_is_derived(hostile: Service) -> None:
    page = hostile.get("/queries/statements", BROWSER)
    document = Document(page.text)
    assert page.status_code == 200
    assert (
        'value="http://example.org/script"' in page.text or "&lt;http://example.org/script&gt;" in page.text
    )
    assert "<script>alert(1)</script>" in document.text
    assert "Derived, not stated" in document.text


def test_a_parameter_is_bound_as_a_term(hostile: Service) -> None:
    page = hostile.get("/queries/statements.csv", thing="http://example.org/concept")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "A concept" in page.text
    refused = hostile.get("/queries/statements.csv", thing="x> . ?s ?p ?o } #")
    assert refused.status_code == 400
    assert refused.json()["title"] == "Invalid parameter"


def test_an_unknown_parameter_or_question_is_refused(hostile: Service) -> None:
    assert hostile.get("/queries/statements.json", nothing="1").status_code == 400
    assert hostile.get("/queries/nothing").status_code == 404
    assert hostile.get("/queries/statements.docx").status_code == 404
    assert hostile.request("POST", "/queries/statements").status_code == 405


def test_a_question_is_data_to_those_who_accept_data(hostile: Service) -> None:
    assert hostile.get("/queries/statements", "application/json").json()["head"]["vars"]
    assert hostile.get("/queries/statements", format="csv").text.startswith("property,value")
    assert hostile.get("/queries/statements").headers["Content-Type"].startswith("text/html")


def test_the_text_of_a_question_is_sparql(hostile: Service) -> None:
    response = hostile.get("/queries/statements.rq")
    assert response.headers["Content-Type"] == "application/sparql-query; charset=utf-8"
    assert response.text.startswith("#+ summary:")
    assert hostile.ask(response.text).status_code == 200


def test_files_served_as_they_are_claim_no_release(hostile: Service) -> None:
    shown = Document(hostile.get("/", BROWSER).text).text
    assert "exactly as they are" in shown
    assert "Licence" not in shown
