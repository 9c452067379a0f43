"""`clustergraph export`: a table of a kind out of the current release."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyoxigraph as ox
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph.cli.releases import required_release
from clustergraph.errors import UnusableInput
from clustergraph.export.tables import (
    CURATED,
    exported_rows,
    kinds_with_a_way_back,
    write_csv,
    write_workbook,
)
from clustergraph.imports.store import StoredImport, stored_imports
from clustergraph.settings import Settings
from clustergraph.snapshot import storage
from clustergraph.sources.csvw import metadata
from clustergraph.sources.importing import TableImporter
from clustergraph.sources.importing.all import importers

_FORMATS = ("csv", "xlsx")


def run_export(
    settings: Settings,
    console: Console,
    *,
    kind: str | None,
    graph: str,
    output: Path | None,
    table_format: str | None,
) -> None:
    """Write the table and, beside a CSV file, its metadata; or list the kinds that can be exported."""
    tables = {name: each.kind for name, each in importers().items() if isinstance(each, TableImporter)}
    names = kinds_with_a_way_back(list(tables.values()))
    if kind is None:
        listed = Table("kind", "what it is", box=None, pad_edge=False)
        for name in names:
            listed.add_row(Text(name, "bold"), Text(tables[name].title))
        console.print(listed)
        return
    chosen = tables.get(kind.replace("-", "_")) or tables.get(kind)
    if chosen is None:
        raise UnusableInput(
            f"There is no kind of table called {kind!r}.", fix=f"There are: {', '.join(names) or 'none yet'}."
        )
    form = _form(table_format, output)
    stored = None if graph == CURATED else _import_called(settings, graph)
    release = required_release(settings)
    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    rows = exported_rows(chosen, store, chosen.name if stored is None else stored.name)
    if form == "xlsx":
        if output is None:
            raise UnusableInput("A workbook is not written to stdout.", fix="Name a file with --output.")
        with storage(output.parent):
            count = write_workbook(output, chosen.name, rows)
    elif output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        count = write_csv(sys.stdout, rows)
    else:
        notes = output.with_name(f"{output.name}-metadata.json")
        about = f"Release {release.manifest.release} of clustergraph, " + (
            "the curated table." if stored is None else f"import {stored.name}."
        )
        told = metadata(chosen, output.name, chosen.header, title=chosen.title, description=about)
        with storage(output.parent):
            with output.open("w", encoding="utf-8", newline="") as out:
                count = write_csv(out, rows)
            notes.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(Text(f"{count:,} row{'s' if count != 1 else ''} exported.", "bold green"))


def _form(table_format: str | None, output: Path | None) -> str:
    form = table_format or ("csv" if output is None else output.suffix.lower().removeprefix("."))
    if form not in _FORMATS:
        raise UnusableInput(
            f"A table cannot be written as {form or 'a file without an ending'}.",
            fix=f"Name a file that ends in .csv or .xlsx, or say --format {' or '.join(_FORMATS)}.",
        )
    return form


def _import_called(settings: Settings, name: str) -> StoredImport:
    stored = {each.name: each for each in stored_imports(settings.home)}
    if name not in stored:
        raise UnusableInput(
            f"There is no import called {name!r}.", fix=f"There are: {', '.join(stored) or 'none'}."
        )
    return stored[name]
