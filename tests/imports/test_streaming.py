"""A table streams in whatever form it has; what is wrong with it has a place, a rule and a remedy."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest

from clustergraph.errors import Fault
from clustergraph.sources.importing import ImportContext, ImportInput, TableImporter, unpacked
from clustergraph.sources.table import TableFile, TableLimits, stream_rows

from .kinds import SYNTHETIC, SyntheticRow

HEADER = "id,name,country,budget\n"
ROW = "cluster-organisation/a,Made up,it,7.5\n"


def read(path: Path, limits: TableLimits | None = None, sheet: str | None = None) -> list[tuple[int, object]]:
    table = TableFile(path, path.name, sheet)
    return list(stream_rows(table, SyntheticRow, synonyms=SYNTHETIC.synonyms, limits=limits))


def faults(path: Path, limits: TableLimits | None = None, sheet: str | None = None) -> list[Fault]:
    found = [row for _, row in read(path, limits, sheet) if isinstance(row, tuple)]
    return [fault for one in found for fault in one]


def written(directory: Path, text: str | bytes, name: str = "synthetic.csv") -> Path:
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def workbook(directory: Path, rows: list[list[object]], **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, others in sheets.items():
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(row)
    path = directory / "synthetic.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_delimit(tmp_path: Path, mark: str) -> None:
    rows = read(written(tmp_path, "\ufeff" + (HEADER + ROW).replace(",", mark)))
    assert [(number, row.name) for number, row in rows] == [(2, "Made up")]  # type: ignore[attr-defined]


def test_another_delimiter_is_named(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, (HEADER + ROW).replace(",", "|")))
    assert "'|'" in fault.message
    assert "semicolon" in fault.message


def test_columns_are_known_under_their_synonyms(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "ID,organisation  Name,land\ncluster-organisation/a,Made up,it\n"))
    assert isinstance(rows[0][1], SyntheticRow)


def test_a_column_under_its_name_and_a_synonym_stands_twice(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, "id,name,country,Land\n"))
    assert "stands twice" in fault.message


def test_a_zip_with_one_table_is_that_table(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._synthetic.csv", "x")
        archive.writestr("synthetic.csv", HEADER + ROW)
    assert [number for number, _ in read(path)] == [2]


def test_a_zip_with_two_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)
    assert "2 CSV files" in faults(path)[0].message


@pytest.mark.parametrize("ending", ["zip", "xlsx"])
def test_a_truncated_archive_is_refused(tmp_path: Path, ending: str) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("synthetic.csv", HEADER + ROW * 10_000)
    path = written(tmp_path, whole.getvalue()[: len(whole.getvalue()) // 2], f"synthetic.{ending}")
    (fault,) = faults(path)
    assert "damaged or cut short" in fault.message


def test_an_archive_with_a_damaged_middle_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "synthetic.csv", HEADER + "".join(f"organisation/a{n},A{n},,\n" for n in range(9_000))
        )
    broken = bytearray(whole.getvalue())
    broken[len(broken) // 2] ^= 0xFF
    found = faults(written(tmp_path, bytes(broken), "synthetic.zip"))
    assert any("damaged or cut short" in fault.message for fault in found)


def test_a_zip_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("synthetic.csv", HEADER + "0" * 40_000_000)
    assert "would unfold to" in faults(path)[0].message


def test_a_wrong_encoding_is_named_with_byte_line_and_guess(tmp_path: Path) -> None:
    found = faults(written(tmp_path, (HEADER + ROW).encode() + b"cluster-organisation/b,Caf\xe9,,\n"))
    (fault,) = found
    position = len((HEADER + ROW).encode()) + len(b"cluster-organisation/b,Caf") + 1
    assert f"Byte {position} (0xe9)" in fault.message
    assert "Windows-1252" in fault.message
    assert fault.line == 3
    assert "UTF-8" in fault.fix


def test_a_wrong_byte_far_down_has_its_own_place(tmp_path: Path) -> None:
    lines = ROW.encode() * 60_000
    found = faults(written(tmp_path, HEADER.encode() + lines + b"organisation/z,\x80,,\n" + lines))
    (fault,) = [fault for fault in found if fault.rule == "UTF-8"]
    assert fault.line == 60_002
    assert f"Byte {len(HEADER) + len(lines) + 16:,} (0x80)" in fault.message


def test_a_letter_cut_in_two_by_a_block_is_still_a_letter(tmp_path: Path) -> None:
    padding = "organisation/p,Padding,,\n" * 60_000
    rows = read(written(tmp_path, HEADER + "organisation/o,x,,\n" + padding.replace("Padding", "é" * 7)))
    assert all(isinstance(row, SyntheticRow) for _, row in rows)


def test_utf16_is_named(tmp_path: Path) -> None:
    assert "UTF-16" in faults(written(tmp_path, (HEADER + ROW).encode("utf-16")))[0].message


def test_a_workbook_called_csv_is_no_text(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name"]]).rename(tmp_path / "synthetic.csv")
    assert "not text" in faults(path)[0].message


def test_a_cell_of_ten_megabytes_is_refused_with_row_and_column(tmp_path: Path) -> None:
    long = f"cluster-organisation/b,{'x' * 10_000_000},it,\n"
    rows = read(written(tmp_path, HEADER + ROW + long + ROW))
    assert [number for number, row in rows if isinstance(row, SyntheticRow)] == [2, 4]
    ((number, (fault,)),) = [(number, row) for number, row in rows if isinstance(row, tuple)]
    assert (number, fault.row, fault.column) == (3, 3, "name")
    assert "10,000,000" in fault.message


def test_a_quote_that_swallows_the_file_stops_at_the_limit(tmp_path: Path) -> None:
    found = faults(written(tmp_path, HEADER + 'cluster-organisation/b,"open,it,\n' + ROW * 60_000))
    assert [(fault.rule, fault.row, fault.line) for fault in found] == [("RFC 4180", 2, 2)]
    assert "goes on for more than" in found[0].message


def test_decimal_comma_and_point_in_one_column_name_both_rows(tmp_path: Path) -> None:
    text = 'id,name,budget\norganisation/a,A,7.5\norganisation/b,B,"7,5"\n'
    found = [fault for fault in faults(written(tmp_path, text)) if fault.rule.startswith("one decimal mark")]
    (fault,) = found
    assert "Row 3 has a decimal comma (7,5), row 2 a decimal point (7.5)" in fault.message
    assert (fault.row, fault.column) == (3, "budget")


def test_a_workbook_is_read_as_a_csv_would_be(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["id", "name", "country", "budget"], ["cluster-organisation/a", "Made up", "it", 7.5]]
    )
    ((number, row),) = read(path)
    ((_, same),) = read(written(tmp_path, HEADER + ROW))
    assert number == 2
    assert row == same


def test_formula_cells_are_reported_with_their_place(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["id", "name", "budget"], ["organisation/a", "A", "=1+1"], ["organisation/b", "B", 2]]
    )
    rows = read(path)
    (fault,) = rows[0][1]  # type: ignore[misc]
    assert (fault.row, fault.column, fault.value) == (2, "budget", "=1+1")
    assert "paste it back as values" in fault.fix
    assert isinstance(rows[1][1], SyntheticRow)


def test_several_sheets_need_a_choice(tmp_path: Path) -> None:
    good = [["id", "name"], ["organisation/a", "A"]]
    path = workbook(tmp_path, good, More=good)
    assert "--sheet" in faults(path)[0].fix
    assert isinstance(read(path, sheet="More")[0][1], SyntheticRow)
    assert "no visible sheet" in faults(path, sheet="none")[0].message


def test_a_workbook_that_unfolds_to_too_much_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name"], ["organisation/a", "A"]])
    assert "would unfold to" in faults(path, TableLimits(workbook_bytes=1000))[0].message


def statements(path: Path, processes: int, labels: dict[str, str] | None = None) -> ox.Store:
    context = ImportContext(graph="synthetic", labels=labels or {}, processes=processes)
    store = ox.Store()
    for batch in TableImporter(SYNTHETIC).read(ImportInput(path, path.name), context):
        assert batch.faults == ()
        if batch.statements:
            store.extend(ox.parse(unpacked(io.BytesIO(batch.statements)), format=ox.RdfFormat.N_QUADS))
    return store


def test_lines_are_the_quads_that_the_kind_emits_however_many_processes_read(tmp_path: Path) -> None:
    rows = "".join(f'cluster-organisation/a{n},"Ümläut ""{n}""\nbelow",it,{n}.5\n' for n in range(45_000))
    path = written(tmp_path, HEADER + rows)
    assert path.stat().st_size > 2 * 1024 * 1024
    one, several = statements(path, 1), statements(path, 2)
    assert len(one) == len(several) > 45_000 * 10
    assert set(one) == set(several)


def test_a_code_is_compared_with_its_list_only_where_the_list_is_known(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name,level\norganisation/a,A,europeann\n")
    unknown = list(TableImporter(SYNTHETIC).read(ImportInput(path, path.name), ImportContext(graph="g")))
    assert [batch.rows for batch in unknown] == [1]
    labels = {"https://w3id.org/clustergraph/def/policy-level/european": "European"}
    context = ImportContext(graph="g", labels=labels)
    (batch,) = TableImporter(SYNTHETIC).read(ImportInput(path, path.name), context)
    (fault,) = batch.faults
    assert (fault.row, fault.column) == (2, "level")
    assert "did you mean 'european'" in fault.message
