"""The records of a table in any of the forms it may come in: delimited text, a zip with one, a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clustergraph.errors import Fault
from clustergraph.sources.table.archive import members, opened_archive, opened_member
from clustergraph.sources.table.delimited import Record, read_records
from clustergraph.sources.table.encoding import Advance, checked_text
from clustergraph.sources.table.faults import UnreadableTable, unreadable_file
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.workbook import read_workbook

__all__ = ["Record", "TableFile", "UnreadableTable", "open_records"]

_WORKBOOKS = (".xlsx", ".xlsm")
_OTHER = {".xls": "an old Excel format", ".ods": "an OpenDocument sheet", ".xlsb": "a binary workbook"}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file with a table: `name` is what messages call it, `sheet` the one of a workbook.

    `member` names the file of an archive that has several; `delimiter` is found out where it is None.
    """

    path: Path
    name: str
    sheet: str | None = None
    member: str | None = None
    delimiter: str | None = None


def open_records(
    table: TableFile,
    limits: TableLimits,
    *,
    preferred_sheets: tuple[str, ...] = (),
    advance: Advance = lambda _count: None,
) -> Iterator[Record | Fault]:
    """Every record with its number, the header first, and the faults of rows that are none.

    `advance` is told the bytes read. Raises UnreadableTable, with the fault, where nothing more can be read.
    """
    suffix = table.path.suffix.lower()
    if suffix in _WORKBOOKS:
        yield from read_workbook(
            table.path, table.name, limits, sheet=table.sheet, preferred=(*preferred_sheets, "data")
        )
    elif suffix == ".zip":
        yield from _packed(table, limits, advance)
    elif suffix in _OTHER:
        raise UnreadableTable(
            Fault(
                rule="known form of table",
                message=f"The file is {_OTHER[suffix]}.",
                fix="Save it as .xlsx or as CSV UTF-8.",
                file=table.name,
            )
        )
    else:
        try:
            with table.path.open("rb") as stream, checked_text(stream, table.name, limits, advance) as lines:
                yield from read_records(lines, table.name, limits, delimiter=table.delimiter)
        except OSError as error:
            raise UnreadableTable(unreadable_file(table.name, error)) from None


def _packed(table: TableFile, limits: TableLimits, advance: Advance) -> Iterator[Record | Fault]:
    with opened_archive(table.path, table.name) as archive:
        found = [
            member
            for member in members(archive)
            if (table.member or "") in ("", member.filename)
            and member.filename.lower().endswith((".csv", ".tsv", ".txt"))
        ]
        if len(found) != 1:
            raise UnreadableTable(
                Fault(
                    rule="one table in an archive",
                    message=f"The archive holds {len(found) or 'no'} CSV file{'s' if len(found) != 1 else ''}"
                    + (f" called {table.member}." if table.member else "."),
                    fix="Pack one CSV file, or unpack the archive and name the file.",
                    file=table.name,
                )
            )
        name = f"{table.name}!{found[0].filename}"
        with (
            opened_member(archive, found[0], table.name, limits) as stream,
            checked_text(stream, name, limits, advance) as lines,
        ):
            yield from read_records(lines, name, limits, delimiter=table.delimiter)
