"""Tables out of a release: the rows of a kind in the columns in which they can be imported again."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import openpyxl
import pyoxigraph as ox
from openpyxl.styles import Font

from clustergraph import iris
from clustergraph.errors import UnusableInput
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.table.escapes import escaped
from clustergraph.sources.table.workbook import LONGEST_CELL, MOST_ROWS, text_cell

#: The graph of the curated table of a kind, as the command line calls it.
CURATED: Final = "curated"


def exported_rows(kind: TableKind[Any], store: ox.Store, graph: str) -> Iterator[list[str]]:
    """The header, then every row of a kind that a named graph holds, cells as they are written.

    The header has every column of the kind, whatever columns the rows at hand fill. Raises UnusableInput
    where the kind has no way back.
    """
    if kind.extract is None:
        raise UnusableInput(
            f"Tables of the kind {kind.name} cannot be exported.",
            fix="Ask the graph in SPARQL with `clustergraph query --sparql FILE --format csv`.",
        )
    yield list(kind.header)
    for row in kind.extract(store, iris.graph(graph)):
        yield [escaped(row.get(column) or "") for column in kind.header]


def write_csv(out: TextIO, rows: Iterator[list[str]]) -> int:
    """Write RFC 4180 with LF between rows, in UTF-8 without a byte order mark; returns how many rows."""
    plain = csv.writer(out, lineterminator="\n")
    # Before Python 3.13 a carriage return that does not end rows is not quoted, and reads as the end of one.
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    count = -1
    for row in rows:
        (quoted if any("\r" in cell for cell in row) else plain).writerow(row)
        count += 1
    return count


def write_workbook(path: Path, title: str, rows: Iterator[list[str]]) -> int:
    """Write a workbook with one sheet of text cells; raises UnusableInput where it cannot hold the rows."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    count = -1
    for row in rows:
        count += 1
        if count >= MOST_ROWS or any(map(_unfit, row)):
            raise UnusableInput(
                "A sheet cannot hold the table: it has too many rows, or a cell that is too long or has "
                "control characters.",
                fix="Export it as CSV.",
            )
        cells = [text_cell(sheet, cell) for cell in row]
        if count == 0:
            for cell in cells:
                cell.font = Font(bold=True)
        sheet.append(cells)
    book.save(path)
    return count


def _unfit(cell: str) -> bool:
    return len(cell) > LONGEST_CELL or any(ord(mark) < 32 and mark not in "\t\n\r" for mark in cell)


def kinds_with_a_way_back(kinds: Sequence[TableKind[Any]]) -> list[str]:
    """The names of the kinds that can be exported."""
    return [kind.name for kind in kinds if kind.extract is not None]
