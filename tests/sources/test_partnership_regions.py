"""Territories in partnerships: codes are checked, levels computed, and an export reads back the same."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest
from pydantic import ValidationError
from tests.sources.round_trip import quads_of, read_back, rows_of

from clustergraph import iris
from clustergraph.sources.kinds.partnership_regions import PARTNERSHIP_REGIONS, PartnershipRegionRow

ROOT = Path(__file__).resolve().parents[2]
ROW = {
    "partnership_id": "thematic-partnership/synthetic",
    "nuts_code": "ITI1",
    "role": "lead",
    "source_url": "https://synthetic.example/regions",
}


def row(**cells: str | None) -> PartnershipRegionRow:
    return PartnershipRegionRow.model_validate({**ROW, **cells})


def stated(**cells: str | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for quad in quads_of(PARTNERSHIP_REGIONS, [{**ROW, **cells}]):
        found.setdefault(quad.predicate.value, set()).add(quad.object.value)
    return found


def test_columns_begin_as_the_exchange_format_has_them() -> None:
    header = (
        "partnership_id,partnership_name,platform,nuts_code,nuts_level,nuts2_code,nuts1_code,country_code,"
        "role,start,end,source_url,as_of"
    )
    assert ",".join(PARTNERSHIP_REGIONS.header).startswith(header)
    assert sorted(PARTNERSHIP_REGIONS.header) == sorted(PartnershipRegionRow.model_fields)


def test_the_territory_takes_part_and_the_name_of_the_source_is_kept() -> None:
    found = stated(region_name="Tuscany", derived="nuts_code", certainty="stated")
    assert found[f"{iris.CG}participatingTerritory"] == {f"{iris.CGI}region/iti1"}
    assert found[f"{iris.CG}nameAsStated"] == {"Tuscany"}
    assert found[f"{iris.CG}derivedColumn"] == {"nuts_code"}
    assert f"{iris.CG}participant" not in found


@pytest.mark.parametrize(("code", "country"), [("SI", "si"), ("EL", "gr"), ("GR", "gr"), ("UK", "gb")])
def test_a_country_takes_part_as_a_country(code: str, country: str) -> None:
    assert stated(nuts_code=code)[f"{iris.CG}participatingTerritory"] == {f"{iris.CGI}country/{country}"}


def test_a_place_without_a_code_takes_part_by_its_name_only() -> None:
    found = stated(nuts_code=None, region_name="Eindhoven")
    assert f"{iris.CG}participatingTerritory" not in found
    assert found[f"{iris.CG}nameAsStated"] == {"Eindhoven"}


def test_a_code_of_2016_means_its_territory_of_today() -> None:
    assert row(nuts_code="UKM", nuts_version="2016").territory == f"{iris.CGI}region/ukm"


def test_a_code_that_no_version_has_is_a_mention_of_what_nobody_describes() -> None:
    assert ("nuts_code", f"{iris.CGI}region/iti99") in list(row(nuts_code="ITI99").references())


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("nuts_level", "1", "ITI1 has 2 there"),
        ("nuts1_code", "ITC", "ITI1 has ITI there"),
        ("nuts2_code", "ITC1", "ITI1 has ITI1 there"),
        ("country_code", "ES", "ITI1 has IT there"),
        ("derived", "role", "no column that can be derived"),
        ("nuts_code", "Tuscany", "should match pattern"),
    ],
)
def test_a_cell_that_contradicts_the_code_is_refused(column: str, value: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(**{column: value})


def test_a_row_that_names_no_place_is_refused() -> None:
    with pytest.raises(ValidationError, match="give nuts_code, or region_name"):
        row(nuts_code=None)


def test_a_country_column_is_taken_in_both_spellings() -> None:
    assert row(nuts_code="EL43", country_code="GR") == row(nuts_code="EL43", country_code="GR")
    assert row(nuts_code="EL43", country_code="EL").nuts_code == "EL43"


def test_export_computes_the_levels_above() -> None:
    (cells,) = rows_of(PARTNERSHIP_REGIONS, quads_of(PARTNERSHIP_REGIONS, [{**ROW, "nuts_code": "EL432"}]))
    assert [cells[name] for name in ("nuts_level", "nuts2_code", "nuts1_code", "country_code")] == [
        *("3", "EL43", "EL4", "GR")
    ]


def test_a_lead_that_changed_is_two_participations() -> None:
    cells = [{**ROW, "end": "2018"}, {**ROW, "start": "2019-03"}]
    assert (
        len({PARTNERSHIP_REGIONS.subject(PartnershipRegionRow.model_validate(each)) for each in cells}) == 2
    )
    assert len(rows_of(PARTNERSHIP_REGIONS, quads_of(PARTNERSHIP_REGIONS, cells))) == 2


def test_what_is_shipped_reads_back_the_same() -> None:
    with (ROOT / "data/tables/partnership_regions.csv").open(encoding="utf-8", newline="") as file:
        cells = [{name: cell or None for name, cell in each.items()} for each in csv.DictReader(file)]
    quads = quads_of(PARTNERSHIP_REGIONS, cells)
    assert len(rows_of(PARTNERSHIP_REGIONS, quads)) == len(cells)
    assert read_back(PARTNERSHIP_REGIONS, quads) == {str(quad) for quad in quads}


def test_the_source_of_a_table_without_pages_is_the_table() -> None:
    quads = quads_of(PARTNERSHIP_REGIONS, [{**ROW, "source_url": None}])
    assert any(quad.object == ox.NamedNode(f"{iris.CG}SuppliedTable") for quad in quads)
    assert read_back(PARTNERSHIP_REGIONS, quads) == {str(quad) for quad in quads}
