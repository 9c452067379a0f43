"""Lists for who imports: the kinds there are, the columns of one, and what has been imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph.errors import UnusableInput
from clustergraph.imports import store
from clustergraph.settings import Settings
from clustergraph.sources.importing import Importer
from clustergraph.sources.importing.all import importers


def importer_called(kind: str) -> Importer:
    """The importer of a kind; raises UnusableInput, with those there are, where there is none."""
    found = importers()
    if kind.replace("-", "_") in found:
        return found[kind.replace("-", "_")]
    if kind in found:
        return found[kind]
    raise UnusableInput(
        f"There is no kind of input called {kind!r}.", fix=f"There are: {', '.join(found) or 'none yet'}."
    )


def show_kinds(console: Console, kind: str | None) -> None:
    """The kinds there are, or the columns of one."""
    if kind is None:
        table = Table("kind", "what it is", box=None, pad_edge=False)
        for name, importer in importers().items():
            table.add_row(Text(name, "bold"), Text(importer.title))
    else:
        importer = importer_called(kind)
        console.print(Text(importer.title, "bold"))
        table = Table("column", "needed", "cells", box=None, pad_edge=False)
        for column in importer.columns:
            table.add_row(Text(column.name, "bold"), "yes" if column.required else "", Text(column.meaning))
    console.print(table)


def run_imports(settings: Settings, console: Console, *, as_json: bool, remove: str | None) -> None:
    """List what is imported, as JSON where asked or piped, or remove one import."""
    if remove is not None:
        store.remove(settings.home, remove)
        console.print(
            Text(f"Removed {remove}. `clustergraph build` makes a release without it.", "bold green")
        )
        return
    stored = store.stored_imports(settings.home)
    if as_json or not sys.stdout.isatty():
        told = [each.manifest.model_dump(mode="json") for each in stored]
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    console.print(imports_table([each.manifest for each in stored]) if stored else "Nothing is imported.")


def imports_table(manifests: Sequence[store.ImportManifest]) -> Table:
    """Imports for people: name, kind, rows, when, and from which file or address."""
    table = Table("import", "kind", "rows", "left out", "when (UTC)", "from", box=None, pad_edge=False)
    for one in manifests:
        table.add_row(
            Text(one.name, "bold"),
            one.kind,
            f"{one.rows:,}",
            f"{one.rejected:,}",
            f"{one.imported_at:%Y-%m-%d %H:%M}",
            Text(one.address or one.file),
        )
    return table


def read_options(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Options of a kind from NAME=VALUE texts; one that is given twice has both values."""
    options: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UnusableInput(f"{text!r} is no option.", fix="Write --option NAME=VALUE.")
        options[name] = (*options.get(name, ()), value)
    return options
