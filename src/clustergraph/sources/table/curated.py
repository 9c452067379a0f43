"""Curated tables: small, read as a whole, with the ids of the rows that did not pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from clustergraph.errors import Fault
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.header import header_fault, header_faults
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.records import TableFile, open_records
from clustergraph.sources.table.row import Row, columns
from clustergraph.sources.table.rows import RowReader

RowT = TypeVar("RowT", bound=Row)


@dataclass(slots=True)
class TableReading(Generic[RowT]):
    """The good rows of a table with their row numbers (the header is row 1), and all faults.

    `rejected` holds the ids of rows that did not pass, so that mentions of them are not faults of their own.
    """

    file: str
    rows: list[tuple[int, RowT]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_table(path: Path, name: str, model: type[RowT]) -> TableReading[RowT]:
    """Read one CSV file against its row model, going on after every fault that leaves rows readable.

    Commas delimit, and the columns have their own names: curated tables allow no synonyms.
    """
    reading: TableReading[RowT] = TableReading(name)
    try:
        _read(path, name, model, reading)
    except UnreadableTable as refusal:
        reading.faults.append(refusal.fault)
    return reading


def _read(path: Path, name: str, model: type[RowT], reading: TableReading[RowT]) -> None:
    records = open_records(TableFile(path, name, delimiter=","), TableLimits())
    first = next(records, None)
    if first is None or isinstance(first, Fault):
        reading.faults.append(first or header_fault(name, "The table is empty.", columns(model)))
        return
    header = [cell.strip() for cell in first[1]]
    reading.faults.extend(header_faults(header, name, model))
    if reading.faults:
        return
    reader = RowReader(model, header, name)
    for record in records:
        if isinstance(record, Fault):
            reading.faults.append(record)
            continue
        number, cells = record
        row = reader.read(number, cells)
        if isinstance(row, tuple):
            reading.faults.extend(row)
            if identifier := reader.cells(cells).get("id"):
                reading.rejected.append(identifier)
        elif row is not None:
            reading.rows.append((number, row))
