"""What the tests of exchanged tables share: rows to triples, triples to rows, and cells made at random."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from hypothesis import strategies as st

from clustergraph import iris
from clustergraph.export.tables import exported_rows, write_csv
from clustergraph.sources.kinds.kind import Cells, TableKind
from clustergraph.sources.statements import Statements
from clustergraph.sources.table import read_table

#: Text as it may stand in a cell: letters of all scripts, quotes, commas and line breaks within.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="|"), st.sampled_from('",;\n\r\t')
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: bool(text) and text == text.strip())
PERIODS = st.sampled_from(["2016", "2014-2020", "2018-10", "2018-10-08", "2020-11-09/2020-11-11", "unstated"])
PAGES = st.lists(
    st.sampled_from([f"https://synthetic.example/{name}" for name in "abc"]), unique=True, max_size=3
).map(lambda pages: "|".join(pages) or None)
READINGS = st.lists(st.sampled_from(["first", "second", "wide"]), unique=True, max_size=3).map(
    lambda codes: "|".join(codes) or None
)
CERTAINTIES = st.sampled_from([None, "stated", "secondary", "inferred", "derived", "uncertain"])


def optional(cells: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The cells, or an empty one."""
    return st.one_of(st.none(), cells)


def quads_of(kind: TableKind[Any], rows: Iterable[Mapping[str, str | None]]) -> list[ox.Quad]:
    """The quads of a table in the named graph of its kind."""
    quads: list[ox.Quad] = []
    statements = Statements(kind.name, quads, {})
    for cells in rows:
        kind.emit(statements, kind.model.model_validate(cells))
    return quads


def rows_of(kind: TableKind[Any], quads: Iterable[ox.Quad]) -> list[Cells]:
    """The rows that the kind reads back from quads."""
    assert kind.extract is not None
    store = ox.Store()
    store.extend(quads)
    return list(kind.extract(store, iris.graph(kind.name)))


def read_back(kind: TableKind[Any], quads: Iterable[ox.Quad]) -> set[str]:
    """The quads, as N-Quads, after they were read back and written again."""
    return {str(quad) for quad in quads_of(kind, rows_of(kind, quads))}


def through_a_file(kind: TableKind[Any], path: Path, before: Iterable[ox.Quad]) -> list[ox.Quad]:
    """The quads of the table that is exported from quads, once the reader of tables has read it."""
    store = ox.Store()
    store.extend(before)
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(out, exported_rows(kind, store, kind.name))
    table = read_table(path, path.name, kind.model)
    assert table.faults == []
    quads: list[ox.Quad] = []
    statements = Statements(kind.name, quads, {})
    for _, row in table.rows:
        kind.emit(statements, row)
    return quads
