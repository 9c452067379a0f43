"""`clustergraph info`: what is installed and which release is current."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from clustergraph import __version__, snapshot
from clustergraph.build.staleness import is_stale
from clustergraph.cli.releases import show_release
from clustergraph.cli.terminal import figures
from clustergraph.imports.store import StoredImport, stored_imports
from clustergraph.settings import Settings
from clustergraph.sources.content import Content, find_content
from clustergraph.sources.table_notes import CuratedTable, curated_tables


def show_info(settings: Settings, console: Console, *, as_json: bool) -> None:
    """Print the state of this installation: JSON to stdout where asked or piped, else words."""
    content = find_content(settings, Path.cwd())
    release = snapshot.current_release(settings.home)
    imports = stored_imports(settings.home)
    if as_json or not sys.stdout.isatty():
        state = {
            "version": __version__,
            "home": str(settings.home),
            "content": str(content.root),
            "releases": list(snapshot.releases(settings.home)),
            "stale": None if release is None else is_stale(release.manifest, content, settings.home),
            "current": None if release is None else release.manifest.model_dump(mode="json"),
            "tables": [_noted(table) for table in curated_tables(content)],
            "imports": [each.manifest.model_dump(mode="json") for each in imports],
        }
        sys.stdout.write(json.dumps(state, indent=2, ensure_ascii=False) + "\n")
        return
    console.print(
        figures(
            f"clustergraph {__version__}",
            [("releases below", str(settings.home)), ("built from", str(content.root))],
        )
    )
    if release is None:
        console.print("No release has been built yet: run `clustergraph build`.")
        return
    show_release(console, release.manifest)
    _show_tables(console, content, imports)
    if is_stale(release.manifest, content, settings.home):
        console.print("The inputs have changed since: `clustergraph build` makes a new release.")


def _noted(table: CuratedTable) -> dict[str, str | int]:
    title, coverage = table.stated()
    return {"name": table.kind.name, "title": title, "coverage": coverage, "rows": table.count()}


def _show_tables(console: Console, content: Content, imports: Sequence[StoredImport]) -> None:
    """The curated tables and the imports, each with its rows and what it covers or comes from."""
    curated = [
        (
            f"{note['title']}",
            f"{note['rows']:,} rows. {note['coverage']}".strip(),
        )
        for note in map(_noted, curated_tables(content))
    ]
    brought = [
        (
            each.name,
            f"{each.manifest.rows:,} rows of {each.manifest.address or each.manifest.file}, "
            f"{each.manifest.imported_at:%Y-%m-%d}",
        )
        for each in imports
    ]
    for title, rows in (("Tables of public facts", curated), ("Imports", brought)):
        if rows:
            console.print()
            console.print(figures(title, rows))
