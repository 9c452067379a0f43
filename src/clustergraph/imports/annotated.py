"""The user's own table as a workbook: faulty cells coloured and commented, faults on their own sheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from clustergraph.errors import Fault
from clustergraph.imports.candidates import Candidate
from clustergraph.sources.importing import ImportInput
from clustergraph.sources.table.delimited import Record
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.records import TableFile, open_records
from clustergraph.sources.table.workbook import MOST_ROWS, text_cell

_FAULTY: Final = PatternFill("solid", fgColor="FFF4B6B6")
_FAULTY_ROW: Final = PatternFill("solid", fgColor="FFFCE8E8")


def write_workbook(
    path: Path,
    source: ImportInput,
    faults: Sequence[Fault],
    candidates: Sequence[Candidate],
    limits: TableLimits,
) -> None:
    """Write the annotated workbook; rows beyond what a sheet holds are left out, never their faults."""
    book = Workbook(write_only=True)
    problems = book.create_sheet("Problems")
    _fill(problems, ("row", "column", "value", "rule", "wrong", "mend"), map(_told, faults))
    rows = book.create_sheet("Rows")
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row or 1].append(fault)
    header: list[str] = []
    for number, cells in _records(source, limits):
        if number > MOST_ROWS:
            break
        header = header or [cell.strip() for cell in cells]
        rows.append(_annotated(rows, cells, by_row.get(number, ()), header))
    if candidates:
        fields = ("organisation", "name", "other", "other_name", "country", "score")
        told = [candidate.as_json() for candidate in candidates]
        _fill(book.create_sheet("Candidates"), fields, (tuple(one[f] for f in fields) for one in told))
    book.save(path)


def _records(source: ImportInput, limits: TableLimits) -> Iterator[Record]:
    """The records as they stand; those that cannot be read are blank rows, so that numbers still fit."""
    expected = 1
    try:
        for record in open_records(TableFile(source.path, source.name, source.sheet), limits):
            number = (record.row or expected) if isinstance(record, Fault) else record[0]
            while expected < number:
                yield expected, []
                expected += 1
            if not isinstance(record, Fault):
                yield record
                expected += 1
    except UnreadableTable:
        return


def _annotated(sheet: Any, cells: Sequence[str], faults: Sequence[Fault], header: Sequence[str]) -> list[Any]:
    by_column: dict[str | None, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_column[fault.column if fault.column in header else None].append(fault)
    width = max(len(cells), len(header) if faults else 0)
    written = []
    for place in range(width):
        cell = text_cell(sheet, cells[place] if place < len(cells) else "")
        column = header[place] if place < len(header) else None
        about = [*by_column.get(column, ())] if column is not None else []
        if faults:
            cell.fill = _FAULTY if about else _FAULTY_ROW
        if place == 0:
            about += by_column.get(None, [])
        if about:
            cell.comment = Comment("\n".join(f"{one.message}\n{one.fix}" for one in about), "clustergraph")
        written.append(cell)
    return written


def _fill(sheet: Any, headings: Sequence[str], rows: Any) -> None:
    heads = [text_cell(sheet, heading) for heading in headings]
    for cell in heads:
        cell.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        sheet.append(
            [value if isinstance(value, int | float) else text_cell(sheet, value or "") for value in row]
        )


def _told(fault: Fault) -> tuple[int | str | None, ...]:
    return (fault.row, fault.column, fault.value, fault.rule, fault.message, fault.fix)
