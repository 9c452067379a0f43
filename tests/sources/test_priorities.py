"""Priorities keep what a sheet says, word for word, and lead to concepts only where their list is loaded."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest
from pydantic import ValidationError
from tests.sources.round_trip import quads_of, read_back, rows_of

from clustergraph import iris
from clustergraph.sources.kinds.priorities import PRIORITIES, PriorityRow
from clustergraph.sources.statements import Statements

ROOT = Path(__file__).resolve().parents[2]
PAGE = "https://synthetic.example/strategy"
ROW = {"nuts_code": "SE232", "priority_name": "Gröna kemikalier", "lang": "sv", "source_url": PAGE}
PHOTONICS = f"{iris.CGS}thematic-area/photonics"
PARTNERSHIP = f"{iris.CGI}thematic-partnership/synthetic"


def row(**cells: str | None) -> PriorityRow:
    return PriorityRow.model_validate({**ROW, **cells})


def objects(quads: list[ox.Quad], name: str) -> list[ox.NamedNode | ox.Literal]:
    return [
        quad.object
        for quad in quads
        if quad.predicate.value == f"{iris.CG}{name}" and isinstance(quad.object, ox.NamedNode | ox.Literal)
    ]


def test_the_columns_are_those_of_the_exchange_format() -> None:
    assert PRIORITIES.header[:22] == (
        *("nuts_code", "nuts_version", "region_name", "country_code", "priority_id", "priority_name"),
        *("description", "lang", "economic_domain_codes", "economic_domain_labels"),
        *("scientific_domain_codes", "scientific_domain_labels", "policy_objective_codes"),
        *("policy_objective_labels", "thematic_area_uris", "strategy_title", "strategy_url"),
        *("programming_period", "status", "source_url", "as_of", "licence"),
    )
    assert sorted(PRIORITIES.header) == sorted(PriorityRow.model_fields)


def test_headings_of_the_old_tool_name_columns_that_exist() -> None:
    assert set(PRIORITIES.synonyms.values()) <= set(PRIORITIES.header)
    assert {"capability", "target market", "EU priority"} <= PRIORITIES.synonyms.keys()


def test_a_text_bears_its_own_language() -> None:
    assert objects(quads_of(PRIORITIES, [ROW]), "priorityText") == [
        ox.Literal("Gröna kemikalier", language="sv")
    ]


def test_a_text_of_no_known_language_is_not_called_english() -> None:
    (text,) = objects(quads_of(PRIORITIES, [{**ROW, "lang": None}]), "priorityText")
    assert isinstance(text, ox.Literal)
    assert text.language == "und"


def test_a_region_has_one_strategy_for_each_programming_period() -> None:
    rows = [{**ROW, "priority_name": name, "programming_period": "2014-2020"} for name in ("A", "B")]
    rows.append({**ROW, "programming_period": "2021-2027"})
    assert {term.value for term in objects(quads_of(PRIORITIES, rows), "hasStrategy")} == {
        f"{iris.CGI}strategy/se232-2014-2020",
        f"{iris.CGI}strategy/se232-2021-2027",
    }


def test_identifiers_of_two_tables_do_not_meet_across_regions() -> None:
    numbered = [row(priority_id="1"), row(priority_id="1", nuts_code="SE110")]
    assert len({PRIORITIES.subject(each) for each in numbered}) == 2


def test_an_identifier_that_is_given_stays_whatever_the_text_says() -> None:
    first, second = (
        row(priority_id="se232-2014-2020-1"),
        row(priority_id="se232-2014-2020-1", priority_name="X"),
    )
    assert PRIORITIES.subject(first) == PRIORITIES.subject(second) == f"{iris.CGI}priority/se232-2014-2020-1"


def test_codes_stay_text_while_their_list_is_a_skeleton() -> None:
    quads = quads_of(PRIORITIES, [{**ROW, "economic_domain_codes": "C.26|C.27"}])
    assert [term.value for term in objects(quads, "economicDomainCodes")] == ["C.26|C.27"]
    assert objects(quads, "economicDomain") == []


def test_codes_lead_to_concepts_once_their_list_is_loaded() -> None:
    quads: list[ox.Quad] = []
    known = {f"{iris.CGS}eye-ris3-economic-domain/c-26": "Synthetic domain"}
    PRIORITIES.emit(Statements("priorities", quads, known), row(economic_domain_codes="C.26|C.99"))
    assert {term.value for term in objects(quads, "economicDomain")} == {
        f"{iris.CGS}eye-ris3-economic-domain/c-26",
        f"{iris.CGS}eye-ris3-economic-domain/c-99",
    }


def test_a_theme_that_was_worked_out_is_a_claim_of_its_own_certainty() -> None:
    quads = quads_of(PRIORITIES, [{**ROW, "thematic_area_uris": PHOTONICS, "derived": "thematic_area_uris"}])
    certainties = {
        quad.subject.value.removeprefix(iris.CGI).partition("/")[0]: quad.object.value.rpartition("/")[2]
        for quad in quads
        if quad.predicate.value == f"{iris.CG}certainty" and isinstance(quad.subject, ox.NamedNode)
        if isinstance(quad.object, ox.NamedNode)
    }
    assert certainties == {"priority": "stated", "claim": "derived"}


def test_a_partnership_is_matched_and_not_taken_for_a_theme() -> None:
    quads = quads_of(PRIORITIES, [{**ROW, "thematic_area_uris": f"{PHOTONICS}|{PARTNERSHIP}"}])
    assert [term.value for term in objects(quads, "addressesTheme")] == [PHOTONICS]
    assert [term.value for term in objects(quads, "matchesPartnership")] == [PARTNERSHIP]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("thematic_area_uris", "https://elsewhere.example/theme", "Value error"),
        ("lang", "klingon", "write the tag of a language"),
        ("programming_period", "2014–20", "is not a period"),
        ("country_code", "NO", "SE232 has SE there"),
        ("strategy_url", "strategy.pdf", "is not an address"),
        ("derived", "lang", "no column that can be derived"),
        ("priority_name", None, "give priority_name or description"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_refused(column: str, value: str | None, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(**{column: value})


def test_a_theme_that_nobody_describes_is_a_mention() -> None:
    mentions = list(row(thematic_area_uris="cgs:thematic-area/fotonics").references())
    assert ("thematic_area_uris", f"{iris.CGS}thematic-area/fotonics") in mentions


def test_what_is_shipped_reads_back_the_same() -> None:
    with (ROOT / "data/tables/priorities.csv").open(encoding="utf-8", newline="") as file:
        cells = [{name: cell or None for name, cell in each.items()} for each in csv.DictReader(file)]
    quads = quads_of(PRIORITIES, cells)
    kept = sorted((each["priority_id"], each["priority_name"]) for each in rows_of(PRIORITIES, quads))
    assert kept == sorted((each["priority_id"], each["priority_name"]) for each in cells)
    assert read_back(PRIORITIES, quads) == {str(quad) for quad in quads}
