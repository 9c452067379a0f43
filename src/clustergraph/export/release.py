"""The curated tables that a release carries as CSV, each with its metadata."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table of a release: the name of its kind, what the curators call it and say of it, and its files.

    `csv` is the table in UTF-8 and `told` its metadata (CSVW) in JSON.
    """

    name: str
    title: str
    description: str
    csv: bytes
    told: bytes

    @property
    def path(self) -> str:
        """The table as the release and the service name it."""
        return f"{FOLDER}/{self.name}.csv"

    @property
    def notes(self) -> str:
        """Its metadata (CSVW section 5.2.1: the name of the file with `-metadata.json`)."""
        return f"{self.path}-metadata.json"


def exported_tables(content: Content, store: ox.Store) -> Iterator[ExportedTable]:
    """A table of every kind with a way back that has a graph."""
    stated = {table.kind.name: table.stated() for table in curated_tables(content)}
    for kind in KINDS:
        if kind.extract is None or not store.contains_named_graph(ox.NamedNode(iris.graph(kind.name))):
            continue
        out = io.StringIO(newline="")
        write_csv(out, exported_rows(kind, store, kind.name))
        title, description = stated.get(kind.name, (kind.title, ""))
        told = metadata(kind, f"{kind.name}.csv", kind.header, title=title, description=description)
        yield ExportedTable(
            name=kind.name,
            title=title,
            description=description,
            csv=out.getvalue().encode(),
            told=(json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode(),
        )
