"""What is exported can be imported again, and the graph is the same to the byte."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from clustergraph.build.pipeline import build, canonical_nquads
from clustergraph.check import table_metadata
from clustergraph.check.outcome import Status
from clustergraph.export import release
from clustergraph.export.tables import exported_rows, write_csv, write_workbook
from clustergraph.service.editions import make_edition
from clustergraph.settings import Settings
from clustergraph.sources import curated_tables, table_notes
from clustergraph.sources.content import Content
from clustergraph.sources.csvw import metadata
from clustergraph.sources.importing import ImportContext, ImportInput, TableImporter, unpacked
from clustergraph.sources.kinds.figures import FIGURES
from clustergraph.sources.kinds.recognitions import RECOGNITIONS
from clustergraph.sources.table.escapes import escaped, unescaped

from .commands import ended
from .kinds import SYNTHETIC

pytestmark = pytest.mark.usefixtures("on_small_content")

COLUMNS = ("id", "name", "country", "budget", "tags")


def imported(path: Path) -> ox.Store:
    store = ox.Store()
    for batch in TableImporter(SYNTHETIC).read(
        ImportInput(path, path.name), ImportContext(graph="synthetic")
    ):
        assert batch.faults == (), batch.faults
        if batch.statements:
            store.extend(ox.parse(unpacked(io.BytesIO(batch.statements)), format=ox.RdfFormat.N_QUADS))
    return store


def as_table(rows: list[Mapping[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows({column: escaped(cell) for column, cell in row.items()} for row in rows)


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\"',;|=+-@"),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() == text and text.strip() != "")
tags = st.lists(words.filter(lambda text: "|" not in text), unique=True, max_size=3).map("|".join)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.from_regex(r"cluster-organisation/[a-z0-9]{1,8}", fullmatch=True),
            "name": words,
            "country": st.sampled_from(["", "it", "gb"]),
            "budget": st.sampled_from(["", "0", "-7.5", "4300000", "0.25"]),
            "tags": tags,
        }
    ),
    max_size=6,
    unique_by=lambda row: row["id"],
)


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows)
def test_an_export_gives_the_same_graph_when_it_is_imported(rows: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as directory:
        first, again, book = (Path(directory) / name for name in ("first.csv", "again.csv", "again.xlsx"))
        as_table(rows, first)
        before = imported(first)
        with again.open("w", encoding="utf-8", newline="") as out:
            count = write_csv(out, exported_rows(SYNTHETIC, before, "synthetic"))
        assert count == len(rows)
        assert canonical_nquads(imported(again)) == canonical_nquads(before)
        write_workbook(book, "synthetic", exported_rows(SYNTHETIC, before, "synthetic"))
        assert canonical_nquads(imported(book)) == canonical_nquads(before)


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", '"', ",", ";"])
def test_a_mark_within_a_cell_ends_neither_cell_nor_row(mark: str) -> None:
    rows = [["name", "note"], [f"a{mark}b", f"{mark}c"], ["d", "e"]]
    out = io.StringIO(newline="")
    assert write_csv(out, iter(rows)) == 2
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == rows


@given(st.text())
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert not escaped(text).startswith(("=", "+", "@", "\t", "\r"))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "'=1", "=cmd|' /C calc'!A0"]
)
def test_an_exported_cell_is_never_a_formula(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "out.xlsx"
    rows = iter([["name"], [escaped(cell)]])
    write_workbook(path, "x", rows)
    sheet = openpyxl.load_workbook(path).active
    assert sheet["A2"].data_type == "s"
    assert escaped(cell)[0] == "'"
    assert escaped("-7.5") == "-7.5"


def test_the_metadata_say_what_the_columns_are() -> None:
    header = ["name", "budget", "source_url", "id", "tags", "certainty", "country"]
    told = metadata(SYNTHETIC, "synthetic.csv", header, title="Synthetic", description="Made up.")
    assert [column["name"] for column in told["tableSchema"]["columns"]] == header
    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    columns: dict[str, Any] = {column["name"]: column for column in told["tableSchema"]["columns"]}
    assert columns["budget"]["datatype"] == "decimal"
    assert columns["source_url"] == {
        "name": "source_url",
        "titles": "source_url",
        "datatype": "anyURI",
        "separator": "|",
    }
    assert columns["id"]["required"] is True
    assert columns["tags"]["separator"] == "|"
    assert columns["certainty"]["datatype"]["format"].startswith("stated|secondary")
    assert columns["country"]["datatype"]["format"] == "^[a-z0-9]+(-[a-z0-9]+)*$"


def test_export_writes_a_table_that_import_takes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    table = tmp_path / "mine.csv"
    as_table([{"id": "cluster-organisation/a", "name": "=Alpha", "budget": "-7.5", "tags": "x|y"}], table)
    assert ended(home, "import", "synthetic", str(table)).returncode == 0
    out = tmp_path / "out.csv"
    told = ended(home, "export", "synthetic", "--graph", "synthetic-mine", "--output", str(out))
    assert told.returncode == 0, told.stderr
    assert "'=Alpha" in out.read_text()
    notes = json.loads((tmp_path / "out.csv-metadata.json").read_text())
    assert notes["url"] == "out.csv"
    same = ended(home, "import", "synthetic", str(out), "--into", "synthetic-mine")
    assert "release 1 has them" in same.stderr, same.stderr
    assert ended(home, "export", "synthetic", "--graph", "none").returncode == 2


def test_each_curated_table_has_metadata_that_fit_its_kind(content: Content) -> None:
    outcome = table_metadata.check_table_metadata(content)
    assert outcome.status is Status.PASSED, outcome.faults


def test_metadata_that_lag_behind_a_kind_are_told_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Content(tmp_path)
    (tmp_path / "data" / "tables").mkdir(parents=True)
    as_table([{"id": "cluster-organisation/a", "name": "A"}], tmp_path / "data" / "tables" / "synthetic.csv")
    monkeypatch.setattr(table_notes, "KINDS", (SYNTHETIC,))
    assert table_metadata.check_table_metadata(content).status is Status.FAILED
    written, together = table_metadata.write_table_metadata(content)
    told = json.loads(written.read_text())
    written.write_text(json.dumps({**told, "dc:title": "By hand", "dc:description": "One made-up row."}))
    assert table_metadata.check_table_metadata(content).status is Status.FAILED
    assert list(table_metadata.write_table_metadata(content)) == [written, together]
    outcome = table_metadata.check_table_metadata(content)
    assert (outcome.status, outcome.faults) == (Status.PASSED, ())
    assert json.loads(written.read_text())["dc:title"] == "By hand"


def test_a_foreign_key_that_leads_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tmp_path / "data" / "tables"
    tables.mkdir(parents=True)
    other = replace(SYNTHETIC, name="others", foreign_keys={"name": ("synthetic", "id")})
    monkeypatch.setattr(table_notes, "KINDS", (SYNTHETIC, other))
    content = Content(tmp_path)
    as_table([{"id": "cluster-organisation/a", "name": "A"}], tables / "synthetic.csv")
    rows = [{"id": f"cluster-organisation/{name}", "name": f"cluster-organisation/{name}"} for name in "ab"]
    as_table(rows, tables / "others.csv")
    assert len(list(table_metadata.write_table_metadata(content))) == 3
    faults = [
        fault
        for fault in table_metadata.check_table_metadata(content).faults
        if fault.rule != "table coverage"
    ]
    assert [(fault.rule, fault.file, fault.row, fault.column) for fault in faults] == [
        ("foreign key", "data/tables/others.csv", 3, "name")
    ]
    alone = json.loads((tables / "others.csv-metadata.json").read_text())
    assert "foreignKeys" not in alone["tableSchema"]
    together = json.loads((tables / "csv-metadata.json").read_text())
    assert [table["url"] for table in together["tables"]] == ["synthetic.csv", "others.csv"]
    assert together["tables"][1]["tableSchema"]["foreignKeys"] == [
        {"columnReference": "name", "reference": {"resource": "synthetic.csv", "columnReference": "id"}}
    ]


def test_a_column_is_required_where_an_empty_cell_is_a_fault() -> None:
    told = metadata(FIGURES, "figures.csv", FIGURES.header, title="Synthetic", description="")
    required = {column["name"] for column in told["tableSchema"]["columns"] if column.get("required")}
    assert required == {"subject_uri", "indicator_uri"}
    # A table of this kind must have both columns; a scheme may be named by a text in another one.
    told = metadata(RECOGNITIONS, "x.csv", ["scheme", "title"], title="Synthetic", description="")
    assert [column.get("required", False) for column in told["tableSchema"]["columns"]] == [False, True]


def test_a_release_carries_its_tables_as_they_can_be_imported(
    small: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Content(Path(shutil.copytree(small.root, tmp_path / "content")))
    (content.data / "tables").mkdir()
    rows = [{"id": "cluster-organisation/a", "name": "=Alpha", "source_url": "https://synthetic.example/a"}]
    with (content.data / "tables" / "synthetic.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, (*COLUMNS, "source_url"))
        writer.writeheader()
        writer.writerows(rows)
    for module in (table_notes, curated_tables, release):
        monkeypatch.setattr(module, "KINDS", (SYNTHETIC,))
    outcome = build(content, Settings(home=tmp_path / "home"), lambda words: None)
    documents = make_edition(outcome.release, {}, Settings(home=tmp_path / "home")).documents
    table = outcome.release.read_text("exports/synthetic.csv")
    assert table.splitlines()[1].startswith("cluster-organisation/a,'=Alpha")
    assert {"/exports/synthetic.csv", "/exports/synthetic.csv-metadata.json"} <= documents.keys()
