"""Synthetic tables of an exchanged kind, written as CSV, read, mapped, given back and mapped again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from clustergraph.export.tables import exported_rows, write_csv
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import Statements
from clustergraph.sources.table import read_table

Cells = Mapping[str, str | None]


def columns(kind: TableKind[Any]) -> list[str]:
    """The columns of a kind, in the order of its model."""
    return [field.alias or name for name, field in kind.model.model_fields.items()]


def written(kind: TableKind[Any], rows: Iterable[Cells]) -> str:
    """The rows as a CSV text with every column of the kind."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns(kind), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({column: value or "" for column, value in row.items()} for row in rows)
    return text.getvalue()


def mapped(kind: TableKind[Any], path: Path, labels: Mapping[str, str]) -> ox.Store:
    """The quads of a table, as the graph `supplied`; every row must be good."""
    table = read_table(path, path.name, kind.model)
    assert table.faults == []
    store = ox.Store()
    quads: list[ox.Quad] = []
    statements = Statements("supplied", quads, labels)
    for _, row in table.rows:
        kind.emit(statements, row)
    store.extend(quads)
    return store


def canonical(store: ox.Store) -> list[str]:
    """The quads as sorted N-Quads; without blank nodes that is their canonical form."""
    return sorted(str(quad) for quad in store)


def there_and_back(
    kind: TableKind[Any], rows: Iterable[Cells], labels: Mapping[str, str], directory: Path
) -> tuple[list[str], list[str]]:
    """The quads of the rows, and those of the table that is exported from them."""
    path = directory / f"{kind.name}.csv"
    path.write_text(written(kind, rows), encoding="utf-8", newline="")
    first = mapped(kind, path, labels)
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(out, exported_rows(kind, first, "supplied"))
    return canonical(first), canonical(mapped(kind, path, labels))
