"""The curated tables that a release carries as CSV, each with its metadata."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.export.tables import exported_rows, write_csv
from clustergraph.sources.content import Content
from clustergraph.sources.csvw import metadata
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.table_notes import curated_tables

#: The folder of a release in which they stand.
FOLDER: Final = "exports"


def exported_tables(content: Content, store: ox.Store) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file: a table of every kind with a way back that has a graph, and metadata."""
    notes = {table.kind.name: table.stated() for table in curated_tables(content)}
    for kind in KINDS:
        graph = ox.NamedNode(iris.graph(kind.name))
        if kind.extract is None or not store.contains_named_graph(graph):
            continue
        rows = list(exported_rows(kind, store, kind.name))
        out = io.StringIO(newline="")
        write_csv(out, iter(rows))
        title, description = notes.get(kind.name, (kind.title, ""))
        name = f"{kind.name}.csv"
        told = metadata(kind, name, rows[0], title=title, description=description)
        yield f"{FOLDER}/{name}", out.getvalue().encode()
        yield (
            f"{FOLDER}/{name}-metadata.json",
            (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode(),
        )
