"""The tables of a CORDIS dump: in a zip as published, in a folder, or as single CSV files.

Each table is read as a stream, as often as wanted, in memory that does not depend on its length. Source of
the form: the header of the tables themselves (UTF-8, `;` between quoted cells).
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeAlias

from clustergraph.errors import Fault, UnusableInput
from clustergraph.sources.cordis.columns import PARTICIPATION, PROJECT, kind_of, lacking, places

#: Takes a fault, wherever it is found.
Tell: TypeAlias = Callable[[Fault], None]
#: The number of a row (the header is row 1) and its cells by the names of `columns`; an empty cell is None.
Record: TypeAlias = tuple[int, dict[str, str | None]]

_DELIMITERS: Final = (";", ",", "\t")
#: No table of CORDIS comes near; what says it is larger is not unpacked.
LARGEST_MEMBER: Final = 8 * 1024**3
_PUBLISHED: Final = "a zip as published by CORDIS, a folder with its CSV files, or the CSV files themselves"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a dump; `heading` maps the names of `columns` to what the table calls them."""

    name: str
    delimiter: str
    columns: dict[str, tuple[int, str]]
    width: int
    path: Path
    member: str | None = None

    def heading(self, column: str) -> str:
        """What the table calls a column."""
        return self.columns[column][1] if column in self.columns else column

    def records(self, tell: Tell) -> Iterator[Record]:
        """The rows one by one; rows of another width are told and passed over, and so is a broken end."""
        row = 1
        try:
            with _opened(self.path, self.member) as stream:
                reader = csv.reader(stream, delimiter=self.delimiter)
                next(reader, None)
                for row, cells in enumerate(reader, start=2):
                    if len(cells) == self.width:
                        yield row, {name: cells[at].strip() or None for name, (at, _) in self.columns.items()}
                    elif any(cells):
                        tell(self._of_another_width(row, len(cells)))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            tell(
                self._broken(
                    row + 1, f"The file is damaged or cut off from here on: {error}.", "Download it again."
                )
            )
        except UnicodeDecodeError as error:
            wrong = f"From here on the table is not UTF-8 (byte 0x{error.object[error.start]:02x})."
            tell(self._broken(row + 1, wrong, "Save the table as UTF-8, or download it again."))
        except csv.Error as error:
            tell(
                self._broken(
                    row + 1,
                    f"The table cannot be read from here on: {error}.",
                    "Look for a double quote that is not closed.",
                )
            )

    def _of_another_width(self, row: int, cells: int) -> Fault:
        return Fault(
            rule="one cell for each column",
            message=f"The row has {cells} cells, the header {self.width}.",
            fix=f"Put cells that hold {self.delimiter!r}, a quote or a line break in double quotes.",
            file=self.name,
            row=row,
        )

    def _broken(self, row: int, message: str, fix: str) -> Fault:
        return Fault(rule="readable table", message=message, fix=fix, file=self.name, row=row)


@dataclass(frozen=True, slots=True)
class Dump:
    """The two tables that are read: the projects, and the organisations that take part in them."""

    projects: Table
    organisations: Table


def open_dump(paths: Sequence[Path]) -> Dump:
    """Find the two tables by their headers, whatever the files are called.

    Raises UnusableInput where a file cannot be opened, a zip is damaged, or one of the tables is not there or
    there twice; the fault names what was found instead.
    """
    found: dict[str, list[Table]] = {"project": [], "organisation": []}
    others: list[tuple[str, list[str]]] = []
    for path, member in _files(paths):
        name = path.name if member is None else f"{path.name}/{member}"
        header, delimiter = _header(path, member, name)
        kind = kind_of(header)
        if kind is None:
            others.append((name, header))
            continue
        columns = places(header, PROJECT if kind == "project" else PARTICIPATION)
        found[kind].append(Table(name, delimiter, columns, len(header), path, member))
    for kind, tables in found.items():
        if len(tables) != 1:
            raise UnusableInput("The dump cannot be used.", [_not_once(kind, tables, others, paths)])
    return Dump(found["project"][0], found["organisation"][0])


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
    for path in paths:
        if path.is_dir():
            yield from ((file, None) for file in sorted(path.glob("*.csv")))
        elif not path.is_file():
            raise UnusableInput("There is no such file.", where=str(path), fix=f"Name {_PUBLISHED}.")
        elif path.suffix.lower() == ".zip":
            yield from ((path, member) for member in _members(path))
        else:
            yield path, None


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
    except zipfile.BadZipFile as error:
        raise UnusableInput(
            f"The zip is damaged or cut off: {error}.", where=str(path), fix="Download it again."
        ) from error
    for info in members:
        if info.file_size > LARGEST_MEMBER or info.flag_bits & 1:
            what = "is encrypted" if info.flag_bits & 1 else "says it is larger than 8 GiB"
            raise UnusableInput(
                f"{info.filename} {what}.", where=str(path), fix="Use the zip that CORDIS publishes."
            )
    return [info.filename for info in members]


@contextmanager
def _opened(path: Path, member: str | None) -> Iterator[IO[str]]:
    if member is None:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive, archive.open(member) as raw:
        yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _header(path: Path, member: str | None, name: str) -> tuple[list[str], str]:
    """The columns of a table and what stands between them; no columns where it has no text at its head."""
    try:
        with _opened(path, member) as stream:
            line = stream.readline(100_000)
    except UnicodeDecodeError:
        return [], ";"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise UnusableInput(
            f"The file is damaged or cut off: {error}.", where=name, fix="Download it again."
        ) from error
    delimiter = max(_DELIMITERS, key=line.count)
    header = next(csv.reader([line], delimiter=delimiter), [])
    return [cell.strip() for cell in header], delimiter


def _not_once(
    kind: str, tables: Sequence[Table], others: Sequence[tuple[str, list[str]]], paths: Sequence[Path]
) -> Fault:
    where = ", ".join(path.name for path in paths)
    what = "the projects" if kind == "project" else "the organisations"
    if tables:
        names = ", ".join(table.name for table in tables)
        return Fault(
            rule="one table of each kind",
            message=f"There are {len(tables)} tables of {what}: {names}.",
            fix="Import one dump at a time.",
            file=where,
        )
    nearest = min(others, key=lambda other: len(lacking(other[1], kind)), default=None)
    message = f"There is no table of {what} in UTF-8 with ';' between its columns."
    if nearest is not None:
        message += f" {nearest[0]} lacks {', '.join(lacking(nearest[1], kind))}."
    return Fault(rule="CORDIS tables", message=message, fix=f"Name {_PUBLISHED}.", file=where)
