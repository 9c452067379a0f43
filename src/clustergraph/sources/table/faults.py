"""The faults of tables, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from clustergraph.errors import Fault


class UnreadableTable(Exception):
    """A table, or the rest of it, that cannot be read; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def unreadable_file(name: str, error: OSError) -> Fault:
    """A file that the disk does not hand out."""
    return Fault(
        rule="readable file",
        message=f"The table cannot be read: {(error.strerror or str(error)).rstrip('.')}.",
        fix="Restore the file, or make it readable for this user.",
        file=name,
    )


def wrong_count(name: str, number: int, cells: int, headings: int) -> Fault:
    """A row with more or fewer cells than the header."""
    return Fault(
        rule="RFC 4180: one cell for each column",
        message=f"The row has {cells} cells, the header {headings}.",
        fix="Put cells that hold the delimiter, a quote or a line break in double quotes.",
        file=name,
        row=number,
    )


def row_faults(
    error: ValidationError, name: str, number: int, cells: Mapping[str, str | None]
) -> tuple[Fault, ...]:
    """Everything a row model found wrong with a row, cell by cell."""
    faults = []
    for problem in error.errors(include_url=False):
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
                value=_shortened(value),
                focus=cells.get("id") or cells.get("subject"),
            )
        )
    return tuple(faults)


def _in_words(problem: Any, column: str | None, value: str | None) -> tuple[str, str]:
    if value is None and column is not None:
        return f"The cell {column} is empty.", f"Fill in {column}; a fact without it is not admitted."
    reason = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    fix = getattr(problem.get("ctx", {}).get("error"), "fix", None) or "Correct the cell."
    if column is None:
        return f"The row is not admitted: {reason}", fix
    return f"{_shortened(value)!r} is not admitted: {reason}", fix


def _shortened(value: str | None) -> str | None:
    return value if value is None or len(value) <= 200 else f"{value[:200]}…"
