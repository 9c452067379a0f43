"""The tables of a CORDIS dump: in a zip as published, in a folder, or as CSV files beside each other.

Each table is read as a stream, as often as wanted, in memory that does not depend on its length.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from clustergraph.errors import Fault, UnusableInput
from clustergraph.sources.cordis.columns import PARTICIPATION, PROJECT, kind_of, lacking, places
from clustergraph.sources.table.archive import check_size, members, opened_archive
from clustergraph.sources.table.encoding import Advance
from clustergraph.sources.table.faults import UnreadableTable, wrong_count
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.records import TableFile, open_records

#: Takes a fault, wherever it is found.
Tell: TypeAlias = Callable[[Fault], None]
#: The number of a row (the header is row 1) and its cells by the names of `columns`; an empty cell is None.
Record: TypeAlias = tuple[int, dict[str, str | None]]

_PUBLISHED: Final = "a zip as published by CORDIS, or a folder with its two CSV files"


def _unheard(_count: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a dump; `columns` maps names to places and headings, `size` is in bytes."""

    file: TableFile
    name: str
    columns: dict[str, tuple[int, str]]
    width: int
    size: int

    def heading(self, column: str) -> str:
        """What the table calls a column."""
        return self.columns[column][1] if column in self.columns else column

    def records(self, tell: Tell, limits: TableLimits, advance: Advance = _unheard) -> Iterator[Record]:
        """The rows one by one; rows that are none are told and passed over, and so is a broken end."""
        try:
            records = open_records(self.file, limits, advance=advance)
            next(records, None)
            for record in records:
                if isinstance(record, Fault):
                    tell(record)
                    continue
                row, cells = record
                if len(cells) == self.width:
                    yield row, {name: cells[at].strip() or None for name, (at, _) in self.columns.items()}
                elif any(cells):
                    tell(wrong_count(self.name, row, len(cells), self.width))
        except UnreadableTable as refusal:
            tell(refusal.fault)


@dataclass(frozen=True, slots=True)
class Dump:
    """The two tables that are read: the projects, and the organisations that take part in them.

    `length` is the bytes of the file or archive that was named, as they are read.
    """

    projects: Table
    organisations: Table
    length: int


def open_dump(path: Path, limits: TableLimits) -> Dump:
    """Find the two tables by their headers, whatever the files are called; a CSV file stands for its folder.

    Raises UnusableInput where there is no such file, an archive is damaged, or one of the tables is not there
    or there twice; the fault names what was found instead.
    """
    found: dict[str, list[Table]] = {"project": [], "organisation": []}
    others: list[tuple[str, list[str]]] = []
    try:
        for file, size in _files(path, limits):
            name = file.name if file.member is None else f"{file.name}!{file.member}"
            header = _header(file, limits)
            kind = kind_of(header)
            if kind is None:
                others.append((name, header))
                continue
            columns = places(header, PROJECT if kind == "project" else PARTICIPATION)
            found[kind].append(Table(file, name, columns, len(header), size))
    except UnreadableTable as refusal:
        raise UnusableInput("The dump cannot be used.", [refusal.fault]) from None
    for kind, tables in found.items():
        if len(tables) != 1:
            raise UnusableInput("The dump cannot be used.", [_not_once(kind, tables, others, path)])
    projects, organisations = found["project"][0], found["organisation"][0]
    return Dump(projects, organisations, _length(path, projects.size + organisations.size))


def _length(path: Path, read: int) -> int:
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    return read if path.is_dir() else path.stat().st_size


def _files(path: Path, limits: TableLimits) -> Iterator[tuple[TableFile, int]]:
    if not path.exists():
        raise UnusableInput("There is no such file.", where=str(path), fix=f"Name {_PUBLISHED}.")
    if path.suffix.lower() == ".zip":
        with opened_archive(path, path.name) as archive:
            entries = [entry for entry in members(archive) if entry.filename.lower().endswith(".csv")]
        for entry in entries:
            _refuse_encrypted(entry, path.name)
            check_size([entry], path.name, limits, most=limits.file_bytes)
            yield TableFile(path, path.name, member=entry.filename), entry.file_size
        return
    for file in sorted((path if path.is_dir() else path.parent).glob("*.csv")):
        yield TableFile(file, file.name), file.stat().st_size


def _refuse_encrypted(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & 1:
        raise UnreadableTable(
            Fault(
                rule="archive without a password",
                message=f"{entry.filename} is encrypted.",
                fix="Use the zip that CORDIS publishes, or unpack it first.",
                file=name,
            )
        )


def _header(file: TableFile, limits: TableLimits) -> list[str]:
    """The columns of a table; none where it does not begin with a line of text."""
    records = open_records(file, limits)
    try:
        first = next(records, None)
    except UnreadableTable as refusal:
        if refusal.fault.rule == "sound archive":
            raise
        return []
    return [] if first is None or isinstance(first, Fault) else [cell.strip() for cell in first[1]]


def _not_once(
    kind: str, tables: Sequence[Table], others: Sequence[tuple[str, list[str]]], path: Path
) -> Fault:
    what = "the projects" if kind == "project" else "the organisations"
    if tables:
        names = ", ".join(table.name for table in tables)
        return Fault(
            rule="one table of each kind",
            message=f"There are {len(tables)} tables of {what}: {names}.",
            fix="Import one dump at a time.",
            file=path.name,
        )
    nearest = min(others, key=lambda other: len(lacking(other[1], kind)), default=None)
    message = f"There is no table of {what} in UTF-8 with ';' between its columns."
    if nearest is not None:
        message += f" {nearest[0]} lacks {', '.join(lacking(nearest[1], kind))}."
    return Fault(rule="CORDIS tables", message=message, fix=f"Name {_PUBLISHED}.", file=path.name)
