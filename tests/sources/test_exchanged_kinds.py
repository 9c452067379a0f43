"""Instruments and figures that are exported can be imported: nothing is lost on the way there and back."""

from __future__ import annotations

import csv
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.sources.exchange import there_and_back

from clustergraph import iris
from clustergraph.sources.content import Content
from clustergraph.sources.kinds.figures import FIGURES, FigureRow
from clustergraph.sources.kinds.instruments import INSTRUMENTS, InstrumentRow
from clustergraph.sources.kinds.kind import TableKind

#: Any character that UTF-8 can carry, with those that CSV and N-Quads must escape more often than by chance.
CHARACTERS = st.one_of(
    st.sampled_from('",;\n\r\t\\ éßΩ漢🚆'),
    st.characters(exclude_categories=("Cs",), exclude_characters="|\x00"),
)
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
TEXTS = st.lists(TEXT, max_size=3).map("|".join)
SLUG = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3})?", fullmatch=True)
AMOUNT = st.decimals(0, 10**12, places=2).map(lambda number: format(number, "f"))
SHARE = st.decimals(0, 100, places=1).map(lambda number: format(number, "f"))
DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))
YEAR = st.integers(1950, 2100).map(str)
MOMENT = st.one_of(YEAR, DAYS.map(lambda day: day.isoformat()[:7]), DAYS.map(date.isoformat))
AS_OF = st.one_of(MOMENT, st.just("2014-2020"), st.just("2020-11-09/2020-11-11"))
ADDRESSES = st.lists(
    st.builds("https://synthetic.example/{}".format, SLUG), min_size=1, max_size=3, unique=True
).map("|".join)
EVIDENCE: dict[str, st.SearchStrategy[str]] = {
    "as_of": AS_OF,
    "certainty": st.sampled_from(["stated", "secondary", "inferred", "derived", "uncertain"]),
    "readings": st.sampled_from(["first", "wide", "first|second"]),
    "note": TEXT,
}


def several(kind: str) -> st.SearchStrategy[str]:
    return st.lists(st.builds(f"{kind}/{{}}".format, SLUG), min_size=1, max_size=2, unique=True).map("|".join)


def rows(
    required: dict[str, st.SearchStrategy[str]], optional: dict[str, st.SearchStrategy[str]], key: str
) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.fixed_dictionaries(required, optional=optional)
    return st.lists(row, min_size=1, max_size=4, unique_by=lambda cells: cells[key])


INSTRUMENT_ROWS = rows(
    {
        "instrument_id": st.builds(
            "{}/{}".format, st.sampled_from(["instrument", "platform", "tool", "body", "event"]), SLUG
        ),
        "label": TEXT,
    },
    {
        "parent_programme": several("programme"),
        "strand": TEXT,
        "budget_eur": AMOUNT,
        "budget_status": st.sampled_from(["planned", "cap", "stock", "indicative", "Awarded"]),
        "period_start": MOMENT,
        "period_end": MOMENT,
        "call_id": st.one_of(SLUG.map("call/{}".format), st.just("COS-CLUSTER-2014-3-03 / É")),
        "deadline": MOMENT,
        "min_partners": AMOUNT,
        "min_countries": AMOUNT,
        "eligible_applicants": TEXTS,
        "max_grant_eur": AMOUNT,
        "funding_rate_pct": SHARE,
        "themes": TEXTS,
        "policy_level": st.sampled_from(["EU", "eu|region", "city"]),
        "predecessor_id": several("instrument"),
        "successor_id": several("platform"),
        "source_url": ADDRESSES,
        "class": st.sampled_from(["FundingInstrument", "PolicyInstrument", "Initiative"]),
        "part_of": several("instrument"),
        "what_it_is": TEXT,
        "operator": st.one_of(several("organisation"), TEXTS),
        **EVIDENCE,
    },
    "instrument_id",
)
FIGURE_ROWS = rows(
    {
        "figure_id": st.one_of(SLUG, st.builds("F {}".format, SLUG)),
        "subject_uri": st.one_of(
            st.just("platform/eccp"), st.just("eccp"), st.just(iris.thing("platform/eccp"))
        ),
        "indicator_uri": st.sampled_from(["jobs", "cgs:indicator/jobs", iris.concept("indicator", "budget")]),
        "value": AMOUNT,
    },
    {
        "value_min": st.sampled_from(["0", "1.5"]),
        "value_max": st.sampled_from(["2", "2000000.25"]),
        "qualifier": st.sampled_from(["exact", "about", "over", "max", "planned", "nearly", "at-least"]),
        "unit_uri": st.sampled_from(["EUR", "PERCENT", "http://qudt.org/vocab/unit/MO"]),
        "ref_period_start": st.sampled_from(["2014", "2015-02", "2015-02-03"]),
        "ref_period_end": st.sampled_from(["2016", "2015-02", "2015-12-31", "2020-02-29"]),
        "geo": st.sampled_from(["IT", "EL", "UK", "ITC4", "EL30"]),
        "scope_note": TEXT,
        "source_uri": ADDRESSES,
        "locator": TEXT,
        "quote": TEXT,
        "conflicts_with": st.lists(st.one_of(SLUG, SLUG.map("obs/a--{}".format)), max_size=2).map("|".join),
        "nature": st.sampled_from(["stock", "target", "achieved"]),
        **EVIDENCE,
    },
    "figure_id",
)
LABELS = {iris.thing("platform/eccp"): "Synthetic platform", iris.thing("call/known"): "Synthetic call"}
PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_nothing_is_lost(kind: TableKind[Any], cells: list[dict[str, str]], labels: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        first, second = there_and_back(kind, cells, labels, Path(directory))
    assert first == second
    assert len(first) > len(cells)


@PROPERTY
@given(INSTRUMENT_ROWS)
def test_instruments_given_back_say_what_was_supplied(cells: list[dict[str, str]]) -> None:
    assert_nothing_is_lost(INSTRUMENTS, cells, LABELS)


@PROPERTY
@given(FIGURE_ROWS)
def test_figures_given_back_say_what_was_supplied(cells: list[dict[str, str]]) -> None:
    assert_nothing_is_lost(FIGURES, cells, LABELS)


@pytest.mark.parametrize("kind", [INSTRUMENTS, FIGURES], ids=lambda kind: kind.name)
def test_the_curated_table_given_back_says_the_same(kind: TableKind[Any], content: Content) -> None:
    with (content.data / "tables" / f"{kind.name}.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    assert_nothing_is_lost(kind, cells, {})


def test_a_figure_without_an_identifier_is_the_same_one_after_the_way_back() -> None:
    cells = [{"subject_uri": "platform/eccp", "indicator_uri": "jobs", "value": "3", "as_of": "2019-03"}]
    assert_nothing_is_lost(FIGURES, cells, {})


def test_two_figures_without_identifiers_that_differ_are_two() -> None:
    names = {
        FigureRow.model_validate(
            {"subject_uri": "platform/eccp", "indicator_uri": "jobs", "value": value}
        ).name
        for value in ("3", "4")
    }
    assert len(names) == 2


def test_a_plan_is_an_exact_number_with_the_standing_of_a_plan() -> None:
    row = FigureRow.model_validate(
        {"subject_uri": "eccp", "indicator_uri": "jobs", "value": "3", "qualifier": "planned", "nature": None}
    )
    assert (row.qualifier, row.nature) == ("exact", "planned")


@pytest.mark.parametrize(
    ("start", "end", "token"),
    [
        (None, None, "unstated"),
        ("2014", "2020", "2014-2020"),
        ("2015", None, "2015"),
        (None, "2024-05", "2024-05"),
        ("2014-01-01", "2014-12-31", "2014"),
        ("2019-04-09", "2019-04-11", "2019-04-09/2019-04-11"),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_day(start: str, end: str, token: str) -> None:
    cells = {"subject_uri": "eccp", "indicator_uri": "jobs", "value": "3"}
    row = FigureRow.model_validate({**cells, "ref_period_start": start, "ref_period_end": end})
    assert row.period.token == token


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"value": None}, "give value, or value_min or value_max"),
        ({"value_min": "5", "value_max": "4"}, "value_min is larger than value_max"),
        ({"ref_period_start": "2020", "ref_period_end": "2014"}, "the period ends before it begins"),
        ({"unit_uri": "MEUR"}, "write one of EUR, NUM"),
        ({"geo": "Lombardy"}, "write a country code such as IT or a NUTS code"),
        ({"value": "1,5"}, "write a plain decimal"),
        ({"value": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(cells: dict[str, str], reason: str) -> None:
    good = {"subject_uri": "platform/eccp", "indicator_uri": "jobs", "value": "3"}
    with pytest.raises(ValidationError, match=reason):
        FigureRow.model_validate({**good, **cells})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"instrument_id": "person/synthetic"}, "begins with one of"),
        ({"call_id": "???"}, "holds no letter or digit"),
        ({"funding_rate_pct": "101"}, "less than or equal to 100"),
        ({"budget_eur": "4.3 MEUR"}, "write a plain decimal"),
    ],
)
def test_an_instrument_that_cannot_be_is_refused(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        InstrumentRow.model_validate({"instrument_id": "synthetic", "label": "Synthetic", **cells})
