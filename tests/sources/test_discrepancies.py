"""Statements that differ stand side by side, each with its own page, and nothing is decided."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from pydantic import ValidationError

from clustergraph import iris
from clustergraph.sources.kinds.discrepancies import DISCREPANCIES, DiscrepancyRow
from clustergraph.sources.statements import Statements

ROW = {
    "id": "discrepancy/x01",
    "type": "statement-conflict",
    "label": "Synthetic: this or that",
    "subject": "project/synthetic",
    "attribute": "end",
    "value_a": "2020",
    "source_a": "https://synthetic.example/a",
    "as_of_a": "2019",
    "value_b": "2021",
    "source_b": "https://synthetic.example/b|https://synthetic.example/c",
    "note": "Two pages, two years.",
}
FIGURES = {"type": "value-conflict", "attribute": "partners", "indicator": "projects"}
SIDE = "?d cg:involves ?x . ?x cg:statedIn/cg:stateOf/cg:webAddress ?page FILTER(STR(?page) = '{page}')"


def row(**cells: str | None) -> DiscrepancyRow:
    return DiscrepancyRow.model_validate({**ROW, **cells})


def written(*rows: DiscrepancyRow) -> ox.Store:
    quads: list[ox.Quad] = []
    statements = Statements("synthetic", quads, {})
    for each in rows:
        DISCREPANCIES.emit(statements, each)
    store = ox.Store()
    store.extend(quads)
    return store


def asked(store: ox.Store, pattern: str) -> bool:
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())
    return bool(store.query(f"{prefixes} ASK {{ GRAPH ?g {{ {pattern} }} }}"))


def test_each_side_is_a_claim_with_its_own_page_and_time() -> None:
    store = written(row())
    page = SIDE.format(page="https://synthetic.example/a")
    assert asked(store, f"{page} ?x a cg:Claim ; cg:claimText 'project-synthetic, end: 2020'@en")
    assert asked(store, "?x a cg:Claim ; cg:statedIn ?s . ?s cg:asOfLatest '2019-12-31'^^xsd:date")
    assert not asked(store, f"{page} ?x a cg:Claim ; cg:claimText 'project-synthetic, end: 2021'@en")


def test_the_discrepancy_leads_to_the_pages_of_both_sides() -> None:
    assert row().source_url == tuple(f"https://synthetic.example/{letter}" for letter in "abc")


def test_two_figures_conflict_and_keep_their_pages() -> None:
    store = written(row(**FIGURES))
    assert asked(store, "?x cg:numericValue 2020.0 ; cg:conflictsWith ?y . ?y cg:numericValue 2021.0")
    page = SIDE.format(page="https://synthetic.example/b")
    assert asked(store, f"{page} ?x cg:numericValue 2021.0")
    assert not asked(store, f"{page} ?x cg:numericValue 2020.0")


def test_a_statement_of_the_graph_can_be_a_side() -> None:
    figure = "obs/synthetic--projects--unstated--deck-001-l1"
    cells = {**FIGURES, "value_a": None, "source_a": None, "involves_a": figure}
    store = written(row(**cells))
    assert asked(store, f"<{iris.thing(figure)}> cg:conflictsWith ?y . ?y cg:numericValue 2021.0")


def test_two_rows_that_rest_on_one_statement_share_it() -> None:
    store = written(row(), row(id="discrepancy/x02", value_b="2022"))
    assert asked(store, "?x cg:claimText 'project-synthetic, end: 2020'@en . ?d cg:involves ?x . "
                 "?e cg:involves ?x FILTER(?d != ?e)")  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"value_a": None}, "side a"),
        ({"source_b": None}, "side b"),
        ({"involves_a": "claim/synthetic"}, "side a"),
        ({**FIGURES, "value_b": "more than 7"}, "no plain decimal"),
        ({"type": "value-conflict"}, "between figures"),
    ],
)
def test_a_side_that_does_not_stand_is_refused_in_words(cells: dict[str, str | None], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(**cells)
