"""Moving codes between versions: what keeps its identity is moved, what does not is reported."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustergraph.cli.main import app
from clustergraph.errors import UnusableInput
from clustergraph.sources.content import Content
from clustergraph.sources.nuts import NutsIndex
from clustergraph.sources.nuts.conversion import Converted, convert, move
from clustergraph.sources.nuts.reader import read_changes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def index() -> NutsIndex:
    return NutsIndex.load(read_changes(Content(ROOT)).rows)


def _converted(index: NutsIndex, *codes: str, before: str = "2021", after: str = "2024") -> Converted:
    table = "id,nuts_code\n" + "".join(f'"{number}, x",{code}\n' for number, code in enumerate(codes))
    return convert(table.encode(), "table.csv", index, before=before, after=after)


@pytest.mark.parametrize(
    ("code", "before", "after", "to"),
    [
        ("BE21", "2021", "2024", "BE21"),
        ("NL332", "2021", "2024", "NL361"),
        ("PT16B", "2016", "2024", "PT1D1"),
        ("HR041", "2016", "2024", "HR050"),
        ("HR04", "2016", "2024", None),
        ("NO021", "2016", "2024", "NO020"),
        ("NO031", "2016", "2024", "NO083"),
        ("NO031", "2016", "2021", "NO082"),
        ("NO082", "2021", "2024", None),
        ("EL", "2016", "2024", "EL"),
        ("UKM8", "2016", "2021", "UKM8"),
        ("UKM8", "2016", "2024", None),
        ("UK", "2016", "2024", None),
        ("UKN10", "2016", "2021", "UKN0A"),
        ("XK001", "2021", "2024", None),
    ],
)
def test_a_code_goes_where_its_territory_went_whole(
    index: NutsIndex, code: str, before: str, after: str, to: str | None
) -> None:
    assert move(index, code, before, after).to == to


@pytest.mark.parametrize(
    ("code", "reason", "candidates"),
    [
        ("PT17", "split", ("PT1A", "PT1B")),
        ("NL31", "boundary-shift", ("NL35", "NL36")),
        ("LV007", "merger", ("LV00A", "LV00B", "LV00C")),
        ("UKM8", "discontinued", ()),
        ("QQ99", "unknown-code", ()),
        ("PT1A", "mixed-versions", ()),
        ("HR04", "mixed-versions", ()),
    ],
)
def test_what_cannot_be_moved_is_reported_with_its_reason_and_left(
    index: NutsIndex, code: str, reason: str, candidates: tuple[str, ...]
) -> None:
    done = _converted(index, "BE21", code)
    assert [(cell.row, cell.code, cell.reason, cell.candidates) for cell in done.unmoved] == [
        (3, code, reason, candidates)
    ]
    assert done.unmoved[0].message
    assert list(csv.reader(io.StringIO(done.text)))[2] == ["1, x", code]


def test_every_code_of_a_version_is_moved_or_has_a_reason(index: NutsIndex) -> None:
    for before, after in (("2016", "2021"), ("2021", "2024"), ("2016", "2024")):
        for territory in index.territories:
            if before in territory.codes:
                moved = move(index, territory.codes[before], before, after)
                if moved.to is None:
                    assert moved.reason in {"split", "boundary-shift", "merger", "discontinued"}, moved
                else:
                    found = index.find(moved.to, after)
                    assert found is not None
                    assert found.level == territory.level


def test_other_cells_blanks_and_the_delimiter_stay_as_they_are(index: NutsIndex) -> None:
    table = 'name;nuts_code\n"a; b";NL332\n"line\nbreak";\nč;be21\n'
    done = convert(table.encode("utf-8-sig"), "t.csv", index, before="2021", after="2024")
    assert done.text == 'name;nuts_code\n"a; b";NL361\n"line\nbreak";\nč;BE21\n'
    assert (done.kept, done.moved, done.empty) == (1, 1, 1)


@pytest.mark.parametrize(
    ("raw", "column", "words"),
    [
        (b"id,code\n1,BE21\n", "nuts_code", "is missing"),
        (b"nuts_code,nuts_code\nBE21,BE21\n", "nuts_code", "stands twice"),
        ("nuts_code,n\nBE21,\u010d\n".encode("cp1250"), "nuts_code", "not UTF-8"),
        (b"", "nuts_code", "empty"),
        (b"id,nuts_code\n1\n", "nuts_code", "Row 2 has 1 cells"),
        (b'id,nuts_code\n"1,BE21\n', "nuts_code", "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_words(
    index: NutsIndex, raw: bytes, column: str, words: str
) -> None:
    with pytest.raises(UnusableInput, match=words):
        convert(raw, "table.csv", index, before="2021", after="2024", column=column)


@pytest.mark.parametrize(("before", "after"), [("2013", "2024"), ("2024", "2021"), ("2021", "2021")])
def test_versions_that_cannot_be_converted_are_refused(index: NutsIndex, before: str, after: str) -> None:
    with pytest.raises(UnusableInput, match=r"not known|not later"):
        _converted(index, "BE21", before=before, after=after)


def test_the_command_writes_table_and_report_and_says_with_its_status_that_codes_stayed(
    tmp_path: Path,
) -> None:
    table, out, report = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "report.json"
    table.write_text("region\nHR041\nHR04\n", encoding="utf-8")
    command = ["nuts", "convert", str(table), "--from", "2016", "--to", "2024", "--column", "region"]
    result = CliRunner().invoke(app, [*command, "--output", str(out), "--report", str(report)])
    assert result.exit_code == 1
    assert out.read_text(encoding="utf-8") == "region\nHR050\nHR04\n"
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["reasons"] == {"split": 1}
    assert told["unmoved"][0]["candidates"] == ["HR02", "HR05", "HR06"]
    table.write_text("region\nHR041\n", encoding="utf-8")
    assert CliRunner().invoke(app, command).exit_code == 0
    assert CliRunner().invoke(app, [*command[:-1], "nothing"]).exit_code == 2
