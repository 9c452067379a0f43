"""Rows: records that pass a row model, and the faults of those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

from pydantic import ValidationError

from clustergraph.errors import Fault
from clustergraph.sources.table.encoding import Advance
from clustergraph.sources.table.escapes import unescaped
from clustergraph.sources.table.faults import UnreadableTable, row_faults, wrong_count
from clustergraph.sources.table.header import header_fault, header_faults, named_columns
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.marks import DecimalMarks
from clustergraph.sources.table.records import Record, TableFile, open_records
from clustergraph.sources.table.row import Row, columns
from clustergraph.sources.table.workbook import position_of

RowT = TypeVar("RowT", bound=Row)

#: The number of a row, and the row or all that is wrong with it.
Numbered: TypeAlias = tuple[int, RowT | tuple[Fault, ...]]


class RowReader(Generic[RowT]):
    """Reads the records below one header against a row model.

    Rows may be shorter than the header only where cells are missing at the end of a sheet's row (`ragged`).
    """

    def __init__(self, model: type[RowT], header: Sequence[str], name: str, *, ragged: bool = False) -> None:
        self._model = model
        self._validate = model.__pydantic_validator__.validate_python
        self.header = list(header)
        self.name = name
        self._ragged = ragged

    def cells(self, record: Sequence[str]) -> dict[str, str | None]:
        """The cells of a record by column, without blanks around them; an empty one is None."""
        cells = {column: (cell.strip() or None) for column, cell in zip(self.header, record, strict=False)}
        for column, cell in cells.items():
            if cell is not None and cell[0] == "'":
                cells[column] = unescaped(cell)
        return cells

    def read(self, number: int, record: list[str]) -> RowT | tuple[Fault, ...] | None:
        """The row of a record, or its faults; None where it is blank."""
        if len(record) != len(self.header):
            if not any(cell.strip() for cell in record):
                return None
            if not self._ragged or len(record) > len(self.header):
                return (wrong_count(self.name, number, len(record), len(self.header)),)
            record = record + [""] * (len(self.header) - len(record))
        cells = self.cells(record)
        try:
            row: RowT = self._validate(cells)
        except ValidationError as error:
            if not any(cells.values()):
                return None
            return row_faults(error, self.name, number, cells)
        return row


class Table(Generic[RowT]):
    """A table whose header has been read and fits: its reader, and the records below."""

    def __init__(self, reader: RowReader[RowT], records: Iterator[Record | Fault], name: str) -> None:
        self.reader = reader
        self.records = records
        self.name = name


def open_table(
    table: TableFile,
    model: type[RowT],
    *,
    synonyms: Mapping[str, str] | None = None,
    limits: TableLimits | None = None,
    preferred_sheets: tuple[str, ...] = (),
    advance: Advance = lambda _count: None,
) -> Table[RowT] | tuple[Fault, ...]:
    """A table, its header read; the faults of the header where it does not fit the row model."""
    records = open_records(table, limits or TableLimits(), preferred_sheets=preferred_sheets, advance=advance)
    try:
        first = next(records, None)
    except UnreadableTable as refusal:
        return (refusal.fault,)
    if first is None:
        return (header_fault(table.name, "The table is empty.", columns(model)),)
    if isinstance(first, Fault):
        return (first,)
    header = named_columns(first[1], model, synonyms or {})
    faults = header_faults(header, table.name, model)
    if faults:
        return tuple(faults)
    named = (_with_column(record, header) for record in records)
    ragged = table.path.suffix.lower().startswith(".xls")
    return Table(RowReader(model, header, table.name, ragged=ragged), named, table.name)


def _with_column(record: Record | Fault, header: Sequence[str]) -> Record | Fault:
    """A fault that names its column by position, as what reads records does, gets the name of the column."""
    if isinstance(record, Fault) and record.column is not None:
        place = position_of(record.column) - 1
        if 0 <= place < len(header):
            return replace(record, column=header[place])
    return record


def stream_rows(
    table: TableFile,
    model: type[RowT],
    *,
    synonyms: Mapping[str, str] | None = None,
    limits: TableLimits | None = None,
    preferred_sheets: tuple[str, ...] = (),
    advance: Advance = lambda _count: None,
) -> Iterator[Numbered[RowT]]:
    """Every row of a table with its number, or its faults; faults of the whole table are those of row 1.

    Memory does not grow with the table, but for the texts of a workbook. Faults that only the whole of a
    column shows, such as both decimal marks in it, come last.
    """
    opened = open_table(
        table, model, synonyms=synonyms, limits=limits, preferred_sheets=preferred_sheets, advance=advance
    )
    if isinstance(opened, tuple):
        yield 1, opened
        return
    reader, marks = opened.reader, DecimalMarks.of(model, opened.reader.header)
    number = 1
    try:
        for record in opened.records:
            if isinstance(record, Fault):
                number = record.row or number
                yield number, (record,)
                continue
            number, cells = record
            marks.see(number, cells)
            row = reader.read(number, cells)
            if row is not None:
                yield number, row
    except UnreadableTable as refusal:
        yield refusal.fault.row or number + 1, (refusal.fault,)
    mixed = marks.faults(opened.name)
    if mixed:
        yield number, mixed
