"""The curated tables below `data/tables/`: each of one kind, read into the named graph of its kind."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.content import Content
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.mentions import Mention
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.table import TableReading, read_table

#: Tables beside these that the reference data are read with.
_OF_REFERENCE_DATA: Final = frozenset({"country_groups", "nuts_changes", "region_links"})


def read_curated_tables(content: Content, labels: Mapping[str, str]) -> Reading:
    """Read `data/tables/*.csv`; `labels` holds everything that is described elsewhere, with its label.

    Every fault of every table is collected: syntax, cells, duplicate identifiers, rows without a page, files
    of no kind.
    """
    reading = Reading()
    directory = content.data / "tables"
    by_name = {kind.name: kind for kind in KINDS}
    tables: list[tuple[TableKind[Any], TableReading[Any]]] = []
    for path in sorted(directory.glob("*.csv")) if directory.is_dir() else ():
        if path.stem not in by_name.keys() | _OF_REFERENCE_DATA:
            reading.faults.append(_of_no_kind(content.relative(path), path, by_name))
    for kind in KINDS:
        path = directory / f"{kind.name}.csv"
        if path.is_file():
            table = read_table(path, content.relative(path), kind.model)
            reading.faults.extend(table.faults)
            reading.rejected |= {iris.CGI + identifier for identifier in table.rejected}
            tables.append((kind, table))
    known = dict(labels)
    for kind, table in tables:
        for number, row in table.rows:
            _introduce(kind, Origin(table.file, number), row, reading)
            label = kind.label(row)
            if label is not None:
                known.setdefault(kind.subject(row), label)
    for kind, table in tables:
        statements = Statements(kind.name, reading.quads, known)
        for number, row in table.rows:
            reading.faults.extend(_without_page(table.file, number, row))
            kind.emit(statements, row)
    return reading


def _introduce(kind: TableKind[Any], origin: Origin, row: SourcedRow, reading: Reading) -> None:
    subject = kind.subject(row)
    number = origin.row or 0
    reading.mentions.extend(
        Mention(mentioned, origin.file, number, column, subject) for column, mentioned in row.references()
    )
    if kind.registered:
        reading.registered.setdefault(subject, origin)
    if not (kind.mints or kind.registered):
        return
    first = reading.origins.setdefault(subject, origin)
    if kind.mints and first != origin:
        reading.faults.append(
            Fault(
                rule="unique identifier",
                message=f"{iris.compact(subject)} is already described in {first.file}, row {first.row}.",
                fix="Give the second one an identifier of its own, or merge the two rows.",
                file=origin.file,
                row=number,
                focus=subject,
            )
        )


def _without_page(file: str, number: int, row: SourcedRow) -> Iterator[Fault]:
    if not row.source_url:
        yield Fault(
            rule="evidence",
            message="The row names no page that states it.",
            fix="Give source_url with the address, or leave the row out.",
            file=file,
            row=number,
            column="source_url",
        )


def _of_no_kind(name: str, path: Path, kinds: Mapping[str, object]) -> Fault:
    near = difflib.get_close_matches(path.stem, kinds, n=1)
    advice = f"; did you mean {near[0]!r}?" if near else "."
    return Fault(
        rule="kind of table",
        message=f"There is no kind of table called {path.stem!r}{advice}",
        fix=f"Name the file after one of the kinds: {', '.join(kinds) or 'none yet'}.",
        file=name,
    )
