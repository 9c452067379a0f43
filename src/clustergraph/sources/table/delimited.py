"""Delimited text (RFC 4180), record by record; commas, semicolons and tabs delimit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, TextIO

from clustergraph.errors import Fault
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.limits import TableLimits

#: The number of a record, as a spreadsheet numbers rows, and its cells.
Record = tuple[int, list[str]]

DELIMITERS: Final = (",", ";", "\t")
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab"}


class _Remembered:
    """Lines on their way to the reader, kept while their record lasts, so that a fault can be placed."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = iter(lines)
        self.kept: list[str] = []
        self.count = 0

    def __iter__(self) -> _Remembered:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self.kept.append(line)
        return line


def read_records(
    lines: TextIO, name: str, limits: TableLimits, *, delimiter: str | None = None
) -> Iterator[Record | Fault]:
    """The records of delimited text; without a delimiter, the one that the header has most of.

    A cell that is too long is a fault of its row; after any other fault of syntax nothing can be read, and
    UnreadableTable is raised.
    """
    header = lines.readline()
    if not header:
        return
    remembered = _Remembered(_Rejoined(header, lines))  # type: ignore[arg-type]
    csv.field_size_limit(limits.cell_chars)
    reader = csv.reader(remembered, strict=True, delimiter=delimiter or detected_delimiter(header))
    number = 0
    while True:
        begun = remembered.count + 1
        remembered.kept.clear()
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error) and len(remembered.kept) == 1:
                yield _too_long(name, number, remembered.kept, reader.dialect.delimiter, limits)
                continue
            raise UnreadableTable(_syntax(error, name, number, begun, limits)) from None


class _Rejoined:
    """The first line again, then the others."""

    def __init__(self, first: str, rest: TextIO) -> None:
        self._first = first
        self._rest = rest

    def __iter__(self) -> Iterator[str]:
        yield self._first
        yield from self._rest


def detected_delimiter(header: str) -> str:
    """The delimiter that stands most often outside quotes in the first line; a comma where none does."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=lambda mark: (bare.count(mark), mark == ","))


def delimiter_advice(header: list[str]) -> str | None:
    """What may be wrong with a header of one cell, where another mark seems to delimit."""
    if len(header) != 1:
        return None
    mark = next((mark for mark in ("|", "^", "~", ":", "\t", ";", ",") if header[0].count(mark) > 1), None)
    if mark is None:
        return None
    return (
        f"The header is one cell with {mark!r} in it: cells are told apart by "
        f"{', '.join(_NAMES.values())}, and by no other mark."
    )


def _too_long(name: str, number: int, lines: list[str], delimiter: str, limits: TableLimits) -> Fault:
    position, length = _longest_cell("".join(lines), delimiter)
    return Fault(
        rule="longest cell",
        message=f"Cell {position} has {length:,} characters; the most is {limits.cell_chars:,}.",
        fix="Shorten the cell; a text this long is no value of a table.",
        file=name,
        row=number,
        column=str(position),
    )


def _longest_cell(text: str, delimiter: str) -> tuple[int, int]:
    """Position (from 1) and length of the longest cell of a record, by its quotes."""
    best, position, begun, quoted = (1, 0), 1, 0, False
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            best = max(best, (position, index - begun), key=lambda cell: cell[1])
            position, begun = position + 1, index + 1
    return max(best, (position, len(text.rstrip("\r\n")) - begun), key=lambda cell: cell[1])


def _syntax(error: csv.Error, name: str, number: int, line: int, limits: TableLimits) -> Fault:
    reason = str(error)
    if "field limit" in reason:
        reason = f"a cell that begins here goes on for more than {limits.cell_chars:,} characters"
    return Fault(
        rule="RFC 4180",
        message=f"The table cannot be read from here on: {reason}.",
        fix="Look for a double quote that is not closed; a quote within a cell is written twice.",
        file=name,
        line=line,
        row=number,
    )
