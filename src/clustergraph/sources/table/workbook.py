"""Workbooks (XLSX), row by row; macros, links to other workbooks and formats are not looked at."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from clustergraph.errors import Fault
from clustergraph.sources.table.archive import check_size, opened_archive
from clustergraph.sources.table.delimited import Record
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.limits import TableLimits

#: What a cell and a sheet can hold (the limits of Excel).
LONGEST_CELL: Final = 32_767
MOST_ROWS: Final = 1_048_576
_BROKEN: Final = (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, SyntaxError)


def read_workbook(
    path: Path, name: str, limits: TableLimits, *, sheet: str | None, preferred: tuple[str, ...]
) -> Iterator[Record | Fault]:
    """The rows of one sheet as text; a cell with a formula or an error is a fault of its row.

    Without `sheet`, the only one with anything in it is read, else the one called as one of `preferred`.
    Raises UnreadableTable where the workbook is broken, too large, or has no such sheet.
    """
    with opened_archive(path, name) as archive:
        check_size(archive.infolist(), name, limits, most=limits.workbook_bytes)
        _check_parts(archive, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            try:
                chosen = _chosen(book, name, sheet, preferred)
                for number, cells in enumerate(chosen.iter_rows(), 1):
                    yield from _row(number, cells, name, limits)
            finally:
                book.close()
    except (*_BROKEN, zipfile.BadZipFile) as error:
        raise UnreadableTable(_broken(name, error)) from None


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    if "[Content_Types].xml" not in archive.namelist():
        raise UnreadableTable(_broken(name, ValueError("it has no list of its parts")))


def _chosen(book: Any, name: str, sheet: str | None, preferred: tuple[str, ...]) -> Any:
    sheets = {one.title: one for one in book.worksheets if one.sheet_state == "visible"}
    if sheet is not None:
        if sheet in sheets:
            return sheets[sheet]
        message = f"The workbook has no visible sheet called {sheet!r}."
    else:
        filled = {title: one for title, one in sheets.items() if (one.max_row or 2) > 1}
        candidates = filled or sheets
        if len(candidates) == 1:
            return next(iter(candidates.values()))
        for title, one in candidates.items():
            if title.casefold() in preferred:
                return one
        message = f"The workbook has {len(candidates)} sheets."
    raise UnreadableTable(
        Fault(
            rule="one sheet",
            message=message,
            fix=f"Say which to read with --sheet: {', '.join(sheets) or 'it has none that is visible'}.",
            file=name,
        )
    )


def _row(number: int, cells: tuple[Any, ...], name: str, limits: TableLimits) -> Iterator[Record | Fault]:
    texts: list[str] = []
    faults: list[Fault] = []
    for position, cell in enumerate(cells, 1):
        value, kind = cell.value, getattr(cell, "data_type", "n")
        if kind in ("f", "e"):
            faults.append(_no_value(number, position, str(getattr(value, "text", value)), kind, name))
            continue
        text = as_text(value)
        if len(text) > limits.cell_chars:
            faults.append(_too_long(number, position, len(text), limits, name))
            continue
        texts.append(text)
    if faults:
        yield from faults
        return
    while texts and not texts[-1]:
        texts.pop()
    yield number, texts


def as_text(value: object) -> str:
    """The value of a cell as a CSV file would have it: 2019-03-01, 7.5, true."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else format(value, ".15g")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def letter(position: int) -> str:
    """The column of a sheet by its position from 1: A, B, … AA."""
    letters = ""
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def position_of(column: str) -> int:
    """The position from 1 of a column that is named by its letters or by its position."""
    if column.isdecimal():
        return int(column)
    position = 0
    for character in column:
        position = position * 26 + ord(character) - 64
    return position


def _no_value(number: int, position: int, text: str, kind: str, name: str) -> Fault:
    what = "holds a formula, whose value may differ from one computer to the next"
    return Fault(
        rule="values, not formulas",
        message=f"Cell {letter(position)}{number} {what if kind == 'f' else 'holds an error'}.",
        fix="Copy the column and paste it back as values." if kind == "f" else "Correct or empty the cell.",
        file=name,
        row=number,
        column=letter(position),
        value=text[:200],
    )


def _too_long(number: int, position: int, length: int, limits: TableLimits, name: str) -> Fault:
    return Fault(
        rule="longest cell",
        message=f"Cell {letter(position)}{number} has {length:,} characters; the most is "
        f"{limits.cell_chars:,}.",
        fix="Shorten the cell; a text this long is no value of a table.",
        file=name,
        row=number,
        column=letter(position),
    )


def _broken(name: str, error: Exception) -> Fault:
    return Fault(
        rule="sound workbook",
        message=f"The workbook cannot be read: {str(error)[:200] or type(error).__name__}.",
        fix="Open it in a spreadsheet and save it again as .xlsx, or save the sheet as CSV UTF-8.",
        file=name,
    )


def text_cell(sheet: Any, text: str) -> Any:
    """A cell that is text whatever it begins with; what no sheet can hold is cut or replaced."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:LONGEST_CELL])
    cell.data_type = "s"
    return cell
