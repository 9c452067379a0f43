"""The metadata check: beside each curated table stands what its columns are and what it covers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.errors import Fault, Severity
from clustergraph.sources.content import Content
from clustergraph.sources.table_notes import CuratedTable, curated_tables


@measured("table metadata")
def check_table_metadata(content: Content) -> Findings:
    """Compare the metadata of each curated table with its kind, and see that it says what it covers."""
    tables = list(curated_tables(content))
    faults = tuple(fault for table in tables for fault in _faults(content, table))
    return Findings(f"{plural(len(tables), 'curated table')}", faults)


def write_table_metadata(content: Content) -> Iterator[Path]:
    """Bring the metadata in step with the kinds, keeping title and description; yields what changed."""
    for table in curated_tables(content):
        text = table.text()
        if not table.notes.is_file() or table.notes.read_text(encoding="utf-8") != text:
            table.notes.write_text(text, encoding="utf-8")
            yield table.notes


def _faults(content: Content, table: CuratedTable) -> Iterator[Fault]:
    name = content.relative(table.notes)
    if not table.notes.is_file() or table.notes.read_text(encoding="utf-8") != table.text():
        yield Fault(
            rule="table metadata",
            message="The metadata of the table are not those of its kind.",
            fix="Run `clustergraph check --write-metadata`.",
            file=name,
        )
    elif not table.stated()[1]:
        yield Fault(
            rule="table coverage",
            message="The table does not say what it covers.",
            fix="Write in dc:description what the table covers, and from which readings.",
            file=name,
            severity=Severity.WARNING,
        )
