"""Tables: a CSV file and a row model become rows with their numbers, and every fault with its place.

A table's syntax is RFC 4180 in UTF-8 with a header; its columns are the fields of a pydantic model.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from clustergraph import iris
from clustergraph.errors import Fault


class Row(BaseModel):
    """A row of a table; every cell arrives as text and an empty cell is None.

    `schemes` names the SKOS scheme of each column that holds codes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    schemes: ClassVar[Mapping[str, str]] = {}

    def references(self) -> Iterator[tuple[str, str]]:
        """Each (column, IRI) by which the row mentions a thing, concept or term of the project."""
        for name, info in type(self).model_fields.items():
            if name == "id":
                continue
            value = getattr(self, name)
            scheme = self.schemes.get(name)
            for item in value if isinstance(value, tuple) else (value,):
                if not isinstance(item, str):
                    continue
                if scheme is not None:
                    yield name, iris.concept(scheme, item)
                elif item.startswith((iris.CGI, iris.CGS, iris.CG)):
                    yield info.alias or name, item


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
    """Read one CSV file against its row model, going on after every fault that leaves rows readable."""
    reading: TableReading[RowT] = TableReading(name)
    text = _decoded(path, name, reading.faults)
    if text is None:
        return reading
    records = _records(text, name, reading.faults)
    if not records:
        if not reading.faults:
            reading.faults.append(_header_fault(name, "The table is empty.", _columns(model)))
        return reading
    header = [cell.strip() for cell in records[0]]
    if not _header_is_usable(header, name, model, reading.faults):
        return reading
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            reading.faults.append(
                Fault(
                    rule="RFC 4180: one cell for each column",
                    message=f"The row has {len(record)} cells, the header {len(header)}.",
                    fix="Put cells that hold a comma, a quote or a line break in double quotes.",
                    file=name,
                    row=number,
                )
            )
            continue
        cells = {column: (cell.strip() or None) for column, cell in zip(header, record, strict=True)}
        try:
            reading.rows.append((number, model.model_validate(cells)))
        except ValidationError as error:
            reading.faults.extend(_row_faults(error, name, number, cells))
            if identifier := cells.get("id"):
                reading.rejected.append(identifier)
    return reading


def _columns(model: type[Row]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _required(model: type[Row]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def _decoded(path: Path, name: str, faults: list[Fault]) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        faults.append(
            Fault(
                rule="readable file",
                message=f"The table cannot be read: {error.strerror}.",
                fix="Restore the file, or make it readable for this user.",
                file=name,
            )
        )
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(
            Fault(
                rule="UTF-8",
                message=f"Byte {error.start + 1} (0x{raw[error.start]:02x}) is not UTF-8.",
                fix="Save the table as UTF-8.",
                file=name,
                line=raw.count(b"\n", 0, error.start) + 1,
            )
        )
        return None


def _records(text: str, name: str, faults: list[Fault]) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    while True:
        begun = reader.line_num + 1
        try:
            records.append(next(reader))
        except StopIteration:
            return records
        except csv.Error as error:
            faults.append(
                Fault(
                    rule="RFC 4180",
                    message=f"The table cannot be read from here on: {error}.",
                    fix="Look for a double quote that is not closed; a quote within a cell is written twice.",
                    file=name,
                    line=begun,
                    row=len(records) + 1,
                )
            )
            return records


def _header_is_usable(header: Sequence[str], name: str, model: type[Row], faults: list[Fault]) -> bool:
    expected = _columns(model)
    problems = []
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            problems.append(f"The column {column!r} stands twice.")
        if column not in expected:
            near = difflib.get_close_matches(column, expected, n=1)
            problems.append(
                f"The column {column!r} is unknown" + (f"; did you mean {near[0]!r}?" if near else ".")
            )
    missing = [column for column in _required(model) if column not in header]
    if missing:
        problems.append(f"The column{'s' if len(missing) > 1 else ''} {', '.join(missing)} is missing.")
    faults.extend(_header_fault(name, problem, expected) for problem in problems)
    return not problems


def _header_fault(name: str, message: str, expected: Sequence[str]) -> Fault:
    return Fault(
        rule="table header", message=message, fix=f"The header is: {','.join(expected)}", file=name, row=1
    )


def _row_faults(error: ValidationError, name: str, number: int, cells: dict[str, str | None]) -> list[Fault]:
    faults = []
    for problem in error.errors():
        column = str(problem["loc"][0]) if problem["loc"] else None
        value = cells.get(column) if column else None
        message, fix = _in_words(problem, column, value)
        faults.append(
            Fault(
                rule=f"table column {column}" if column else "table row",
                message=message,
                fix=fix,
                file=name,
                row=number,
                column=column,
                value=value,
                focus=cells.get("id") or cells.get("subject"),
            )
        )
    return faults


def _in_words(problem: Any, column: str | None, value: str | None) -> tuple[str, str]:
    if value is None and column is not None:
        return f"The cell {column} is empty.", f"Fill in {column}; a fact without it is not admitted."
    reason = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{value!r} is not admitted: {reason}", "Correct the cell."
