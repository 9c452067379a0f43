"""The metadata check: beside each curated table stands what its columns are and what it covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.errors import Fault, Severity
from clustergraph.sources.content import Content
from clustergraph.sources.table_notes import CuratedTable, curated_tables, group_notes


@measured("table metadata")
def check_table_metadata(content: Content) -> Findings:
    """Compare the metadata of the curated tables with their kinds, and their foreign keys with the tables.

    Each table must also say what it covers.
    """
    tables = list(curated_tables(content))
    faults = [fault for table in tables for fault in _faults(content, table)]
    path, text = group_notes(content)
    if tables and not _is(path, text):
        faults.append(_behind(content.relative(path), "The metadata of the tables together"))
    faults.extend(_broken_keys(content, {table.kind.name: table for table in tables}))
    return Findings(f"{plural(len(tables), 'curated table')}", tuple(faults))


def write_table_metadata(content: Content) -> Iterator[Path]:
    """Bring the metadata in step with the kinds, keeping title and description; yields what changed."""
    tables = list(curated_tables(content))
    for path, text in (*((table.notes, table.text()) for table in tables), group_notes(content)):
        if tables and not _is(path, text):
            path.write_text(text, encoding="utf-8")
            yield path


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _faults(content: Content, table: CuratedTable) -> Iterator[Fault]:
    name = content.relative(table.notes)
    if not _is(table.notes, table.text()):
        yield _behind(name, "The metadata of the table")
    elif not table.stated()[1]:
        yield Fault(
            rule="table coverage",
            message="The table does not say what it covers.",
            fix="Write in dc:description what the table covers, and from which readings.",
            file=name,
            severity=Severity.WARNING,
        )


def _behind(name: str, what: str) -> Fault:
    return Fault(
        rule="table metadata",
        message=f"{what} are not those of the kind.",
        fix="Run `clustergraph check --write-metadata`.",
        file=name,
    )


def _broken_keys(content: Content, tables: Mapping[str, CuratedTable]) -> Iterator[Fault]:
    """A fault for each cell of a foreign key that does not stand in exactly one row of the other table."""
    for table in tables.values():
        for column, (other, other_column) in table.kind.foreign_keys.items():
            if other not in tables:
                continue
            rows = Counter(cell for _, cell in tables[other].cells(other_column))
            for number, cell in table.cells(column):
                if rows[cell] != 1:
                    yield Fault(
                        rule="foreign key",
                        message=f"{cell} stands in {rows[cell]} rows of {other}.csv.",
                        fix=f"Correct the cell, or describe {cell} in one row of {other}.csv.",
                        file=content.relative(table.path),
                        row=number,
                        column=column,
                        value=cell,
                    )
