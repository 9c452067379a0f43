"""The report of a run: every target with its verdict, nothing that breaks its tables, figures kept."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.measure import Result, Table
from benchmarks.peers import Peers
from benchmarks.report import Circumstances
from benchmarks.run import LARGE, MEASURES, pages

from benchmarks import chart, measure, report

RUN = Circumstances(
    date="2026-11-21 10:00 UTC",
    minutes=9.5,
    machine={"processor": "one", "cores": "2"},
    versions={"Python": "3.11"},
    settings={"triples": "1,000,000", "rounds": "5", "seconds a load": "2"},
)
RESULTS = [
    Result(
        "lookup",
        "Small look-up",
        [
            measure.at_least("one front, <8> clients", [0.21, 0.30, 0.25], 0.22, of="oxigraph serve"),
            measure.at_least("as many as cores", [0.30, 0.31, 0.32], 0.35, of="oxigraph serve"),
            measure.at_most("gone", [0.1, 0.6, 0.2], 0.5, "s", worst=True),
            measure.at_most("next", [10.0, 20.0, 200.0], 100, "ms"),
            measure.not_measured("beside another", "≥ 5 × another", "not installed"),
            measure.told("besides", "60 MiB"),
        ],
        [Table("Rates", ["", "a|b"], [["ours", "1|2"]])],
        ["A note."],
        {"ours": [1.0, 2.0]},
    )
]


def test_the_median_decides_or_the_worst_where_one_case_is_one_too_many() -> None:
    verdicts = [line.verdict for line in RESULTS[0].lines]
    assert verdicts == ["reached", "missed", "missed", "reached", "not measured", "for information"]
    assert RESULTS[0].lines[0].reached == "0.25 × (0.21–0.3)"


def test_ratios_are_taken_round_by_round() -> None:
    assert measure.ratios([1.0, 4.0], [2.0, 4.0]) == [0.5, 1.0]
    with pytest.raises(ValueError, match="zip"):
        measure.ratios([1.0], [1.0, 2.0])


def test_candidates_take_turns_in_an_order_that_turns_round(tmp_path: Path) -> None:
    turns: list[str] = []

    def turn(name: str):
        return lambda number: turns.append(f"{name}{number}") or float(len(turns))

    bench = measure.Bench(
        directory=tmp_path,
        peers=Peers(None, None),
        triples=10,
        small=10,
        rounds=3,
        seconds=1,
        quick=True,
        say=lambda text: None,
    )
    found = measure.interleaved(bench, {"a": turn("a"), "b": turn("b")})
    assert turns == ["a-1", "b-1", "a0", "b0", "b1", "a1", "a2", "b2"]
    assert found == {"a": [3.0, 6.0, 7.0], "b": [4.0, 5.0, 8.0]}


def test_the_page_shows_every_target_with_its_verdict() -> None:
    page = report.markdown(RESULTS, RUN, picture="benchmarks.svg")
    for line in RESULTS[0].lines:
        row = next(row for row in page.splitlines() if line.what in row)
        assert line.target in row
        assert line.reached in row
    assert page.count("✗ missed") == 2
    assert "2026-11-21 10:00 UTC" in page
    assert "![Ratios beside their goals](benchmarks.svg)" in page


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    page = report.markdown(RESULTS, RUN)
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        cells = {row.replace("\\|", "").count("|") for row in table.splitlines()}
        assert len(cells) == 1


def test_the_picture_is_well_formed_and_has_a_bar_for_each_ratio() -> None:
    picture = ElementTree.fromstring(chart.svg(RESULTS[0].lines))
    namespace = "{http://www.w3.org/2000/svg}"
    words = "".join(picture.itertext())
    assert len(picture.findall(f"{namespace}rect")) == 1 + 2
    assert "one front, <8> clients" in words


def test_the_figures_of_every_round_are_kept_for_machines(tmp_path: Path) -> None:
    page, latest = tmp_path / "benchmarks.md", tmp_path / "results" / "latest.json"
    report.write(RESULTS, RUN, page=page, latest=latest)
    document = json.loads(latest.read_text())
    assert document["results"]["lookup"]["figures"] == {"ours": [1.0, 2.0]}
    assert document["run"]["versions"] == {"Python": "3.11"}
    assert (tmp_path / "benchmarks.svg").exists()
    assert page.read_text().startswith("# Benchmarks")


def test_only_a_run_as_it_is_meant_replaces_what_the_project_publishes(tmp_path: Path) -> None:
    large = [Result(name, name, [], [], [], {}) for name in LARGE]

    def names(results: list[Result], only: list[str], *, as_meant: bool = True) -> list[str]:
        return [page.name for _, page, _ in pages(results, only, tmp_path, as_meant=as_meant)]

    assert names(RESULTS, []) == ["benchmarks.md"]
    assert names(large, [*LARGE]) == [f"benchmarks-{name}.md" for name in LARGE]
    for given, as_meant in ((["lookup"], True), ([], False), ([*LARGE], False)):
        (found,) = pages(large, given, tmp_path, as_meant=as_meant)
        assert found == (large, tmp_path / "benchmarks.md", tmp_path / "latest.json")


def test_every_measure_is_named_in_the_readme_of_the_benchmarks() -> None:
    readme = (Path(__file__).resolve().parents[2] / "benchmarks" / "README.md").read_text()
    for name in (*MEASURES, *LARGE):
        assert f"`{name}`" in readme
