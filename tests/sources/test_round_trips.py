"""What is exported can be imported: rows become triples, triples rows, and these the same triples again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.round_trip import (
    CERTAINTIES,
    PAGES,
    PERIODS,
    READINGS,
    TEXTS,
    optional,
    quads_of,
    read_back,
    rows_of,
    through_a_file,
)

from clustergraph.sources.kinds.kind import Cells, TableKind
from clustergraph.sources.kinds.partnership_regions import PARTNERSHIP_REGIONS
from clustergraph.sources.kinds.priorities import PRIORITIES

CODES = st.sampled_from(["ITI1", "FRK", "EL43", "GR43", "UKM", "SI", "GB", "FI193"])
VERSIONS = optional(st.sampled_from(["2016", "2021", "2024"]))
LISTS = st.lists(TEXTS, min_size=1, max_size=3).map("|".join)
EVIDENCE = {
    "source_url": PAGES,
    "as_of": optional(PERIODS),
    "certainty": CERTAINTIES,
    "readings": READINGS,
    "note": optional(TEXTS),
}
REGIONS = st.fixed_dictionaries(
    {
        "partnership_id": st.sampled_from(["thematic-partnership/x", "thematic-partnership/y-2"]),
        "partnership_name": optional(TEXTS),
        "platform": optional(st.sampled_from(["platform/a", "platform/b"])),
        "nuts_code": CODES,
        "region_name": optional(TEXTS),
        "nuts_version": VERSIONS,
        "derived": optional(st.just("nuts_code")),
        "role": optional(st.sampled_from(["lead", "co-lead", "member", "initiator"])),
        "start": optional(PERIODS),
        "end": optional(PERIODS),
        **EVIDENCE,
    }
)
UNPLACED = REGIONS.map(
    lambda cells: {**cells, "nuts_code": None, "derived": None, "region_name": "Somewhere"}
)
DERIVED = st.lists(
    st.sampled_from(["nuts_code", "programming_period", "thematic_area_uris"]), unique=True, max_size=3
)
PRIORITY = st.fixed_dictionaries(
    {
        "nuts_code": CODES,
        "nuts_version": VERSIONS,
        "region_name": optional(TEXTS),
        "priority_id": optional(
            st.one_of(TEXTS, st.sampled_from(["1", "iti1-2014-2020-1", "fr-1", "a.b--c"]))
        ),
        "priority_name": TEXTS,
        "description": optional(TEXTS),
        "lang": optional(st.sampled_from(["en", "sv", "ca", "el", "und"])),
        "economic_domain_codes": optional(LISTS),
        "economic_domain_labels": optional(LISTS),
        "scientific_domain_codes": optional(LISTS),
        "policy_objective_labels": optional(LISTS),
        "thematic_area_uris": optional(
            st.lists(
                st.sampled_from(
                    [
                        "https://w3id.org/clustergraph/def/thematic-area/photonics",
                        "cgs:topic/climate-change",
                        "thematic-partnership/x",
                    ]
                ),
                min_size=1,
                max_size=3,
                unique=True,
            ).map("|".join)
        ),
        "strategy_title": optional(TEXTS),
        "strategy_url": PAGES,
        "programming_period": optional(PERIODS),
        "status": optional(TEXTS),
        "licence": optional(TEXTS),
        "derived": DERIVED.map(lambda columns: "|".join(columns) or None),
        **EVIDENCE,
    }
)
TABLES = st.one_of(
    st.tuples(st.just(PARTNERSHIP_REGIONS), st.lists(st.one_of(REGIONS, UNPLACED), min_size=1, max_size=4)),
    st.tuples(st.just(PRIORITIES), st.lists(PRIORITY, min_size=1, max_size=4)),
)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
BOUNDS = settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
Table = tuple[TableKind[Any], list[Cells]]


def one_row_a_subject(kind: TableKind[Any], rows: list[Cells]) -> list[Cells]:
    """Rows whose subjects differ: a second row with one subject is a duplicate and never gets this far."""
    return list({kind.subject(kind.model.model_validate(cells)): cells for cells in rows}.values())


@BOUNDS
@given(TABLES)
def test_emitted_extracted_and_emitted_again_is_the_same(table: Table) -> None:
    kind, rows = table[0], one_row_a_subject(*table)
    quads = quads_of(kind, rows)
    assert len(rows_of(kind, quads)) == len(rows)
    assert read_back(kind, quads) == {str(quad) for quad in quads}


@settings(BOUNDS, max_examples=40)
@given(TABLES)
def test_an_exported_file_reads_back_the_same(tmp_path: Path, table: Table) -> None:
    kind, rows = table[0], one_row_a_subject(*table)
    quads = quads_of(kind, rows)
    again = through_a_file(kind, tmp_path / f"{kind.name}.csv", quads)
    assert {str(quad) for quad in again} == {str(quad) for quad in quads}


@pytest.mark.parametrize("kind", [PARTNERSHIP_REGIONS, PRIORITIES], ids=lambda kind: kind.name)
def test_the_order_of_rows_and_pages_makes_no_difference(kind: TableKind[Any]) -> None:
    regions = kind is PARTNERSHIP_REGIONS
    cells = {"partnership_id": "thematic-partnership/x"} if regions else {"priority_name": "Synthetic"}
    pages = ("https://synthetic.example/a", "https://synthetic.example/b")
    rows = [{**cells, "nuts_code": code} for code in ("ITI1", "FRK")]
    forwards = quads_of(kind, [{**row, "source_url": "|".join(pages)} for row in rows])
    backwards = quads_of(kind, [{**row, "source_url": "|".join(pages[::-1])} for row in rows[::-1]])
    assert {str(quad) for quad in forwards} == {str(quad) for quad in backwards}
