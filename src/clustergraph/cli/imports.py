"""`clustergraph import` and `imports`: a user's file into the graph, all or nothing, and what is there."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph.build.collect import collect, known_labels
from clustergraph.cli.build import build_showing_progress
from clustergraph.cli.import_progress import import_progress
from clustergraph.cli.terminal import REFUSED, show_faults
from clustergraph.errors import BuildRefused, ClustergraphError, Fault, UnusableInput
from clustergraph.imports import store
from clustergraph.imports.download import Downloaded, download, is_address
from clustergraph.imports.intake import Intake, Request, take_in, with_rows
from clustergraph.imports.reports import Report, check_report_path, write_report
from clustergraph.imports.statements import graph_names, known_organisations
from clustergraph.imports.workspace import Workspace
from clustergraph.settings import Settings
from clustergraph.snapshot import storage
from clustergraph.sources.content import Content, find_content
from clustergraph.sources.importing import ImportContext, Importer, ImportInput
from clustergraph.sources.importing.all import importers
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.table.limits import MIB, TableLimits

#: Named graphs that are made, not read.
_MADE = frozenset({"inferred", "shapes", "default", "curation"})
_MOST_CANDIDATES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for on the command line."""

    kind: str
    file: str
    into: str | None = None
    dry_run: bool = False
    keep_good: bool = False
    report: Path | None = None
    build: bool = True
    sheet: str | None = None
    options: Mapping[str, Sequence[str]]


def run_import(settings: Settings, console: Console, wish: Wish) -> None:
    """Read the file, say everything that is wrong with it, and take it over if nothing is.

    Ends with exit status 1 when nothing was imported because of faults in the file.
    """
    importer = importer_called(wish.kind)
    check_report_path(wish.report)
    content = find_content(settings, Path.cwd())
    if wish.into is not None:
        store.usable_name(wish.into, frozenset())
    downloaded = None
    if is_address(wish.file):
        downloaded = download(wish.file, settings, lambda words: console.print(Text(words)))
        source = ImportInput(downloaded.path, wish.file, wish.sheet)
    else:
        source = ImportInput(Path(wish.file), wish.file, wish.sheet)
    with _place(settings, wish.dry_run) as directory, _closing(Workspace(directory / "rows.sqlite")) as rows:
        _import(_Run(settings, console, wish, importer, content, source, downloaded), directory, rows)


@dataclass(frozen=True, slots=True)
class _Run:
    """One import under way."""

    settings: Settings
    console: Console
    wish: Wish
    importer: Importer
    content: Content
    source: ImportInput
    downloaded: Downloaded | None

    @property
    def limits(self) -> TableLimits:
        return TableLimits(
            file_bytes=self.settings.import_file_mib * MIB,
            workbook_bytes=self.settings.import_workbook_mib * MIB,
        )

    @property
    def name(self) -> str:
        return self.wish.into or default_name(self.importer.name, self.source.path.name)


def _import(run: _Run, directory: Path, rows: Workspace) -> None:
    others = tuple(each for each in store.stored_imports(run.settings.home) if each.name != run.name)
    collection = collect(run.content, others)
    taken = graph_names(collection.store) | _MADE | {kind.name for kind in KINDS}
    store.usable_name(run.name, taken - {each.name for each in others})
    with import_progress(run.console, run.source) as bar:
        context = ImportContext(
            graph=run.name,
            labels=known_labels(collection.store),
            limits=run.limits,
            options=run.wish.options,
            processes=run.settings.import_processes,
            advance=bar.advance,
        )
        request = Request(
            importer=run.importer,
            source=run.source,
            context=context,
            address=None if run.downloaded is None else run.downloaded.address,
            known=tuple(known_organisations(collection.store)),
            keep_good=run.wish.keep_good,
        )
        del collection
        intake = take_in(request, directory, rows, bar.told)
    show_faults(run.console, intake.faults)
    if intake.staged is None:
        _refuse(run, intake)
    elif run.wish.dry_run:
        _done(run, intake, f"{_counted(intake)} could be imported as {run.name}; nothing was changed.")
    else:
        _take_over(run, intake, intake.staged, others, rows)


def _take_over(
    run: _Run,
    intake: Intake,
    staged: store.StoredImport,
    others: tuple[store.StoredImport, ...],
    rows: Workspace,
) -> None:
    replacement = store.Replacement(run.settings.home, staged)
    if not run.wish.build:
        replacement.place()
        _done(run, intake, f"{_counted(intake)} imported as {run.name}; `clustergraph build` takes them in.")
        return
    imports = sorted((*others, staged), key=lambda each: each.name)
    try:
        outcome = build_showing_progress(
            run.content, run.settings, run.console, imports=imports, passed=replacement.place
        )
    except BuildRefused as refusal:
        faults = with_rows(refusal.faults, staged, run.source.name, rows)
        _report(run, intake, "The build refused it; nothing was changed.", [*intake.faults, *faults])
        raise BuildRefused(refusal.what, faults, where=run.source.name, fix="Nothing was changed.") from None
    except ClustergraphError:
        replacement.restore()
        raise
    own = [fault for fault in outcome.warnings if fault.file == staged.input_name]
    noticed = with_rows(own, staged, run.source.name, rows)
    show_faults(run.console, noticed)
    intake.faults.extend(noticed)
    release = outcome.release.manifest.release
    _done(run, intake, f"{_counted(intake)} imported as {run.name}; release {release} has them.")


def _refuse(run: _Run, intake: Intake) -> None:
    found = f"{intake.fault_count:,} fault{'s' if intake.fault_count != 1 else ''}"
    words = f"Nothing was changed: {found} in {run.source.name}."
    if intake.rows and not run.wish.keep_good:
        words += f" Mend them, or import the {intake.rows:,} good rows with --keep-good."
    elif not intake.fault_count:
        words = f"Nothing was changed: {run.source.name} has no rows."
    _report(run, intake, words, intake.faults)
    run.console.print(Text(words, style="bold red"))
    raise typer.Exit(REFUSED)


def _done(run: _Run, intake: Intake, words: str) -> None:
    _report(run, intake, words, intake.faults)
    for candidate in intake.candidates[:_MOST_CANDIDATES_SHOWN]:
        one, other = candidate.organisation, candidate.other
        run.console.print(Text(f"may be the same ({candidate.score:.0f} of 100): {one.name} – {other.name}"))
    if intake.candidates:
        run.console.print(
            f"{len(intake.candidates):,} pairs of organisations may be the same; none was merged. "
            "--report FILE lists them."
        )
    run.console.print(Text(words, style="bold green"))


def _report(run: _Run, intake: Intake, outcome: str, faults: Sequence[Fault]) -> None:
    if run.wish.report is None:
        return
    report = Report(run.importer.name, run.name, outcome, run.source, intake, faults)
    write_report(run.wish.report, report, run.limits)
    run.console.print(Text(f"Report: {run.wish.report}"))


def _counted(intake: Intake) -> str:
    left_out = f" ({intake.rejected:,} left out)" if intake.rejected else ""
    return f"{intake.rows:,} row{'s' if intake.rows != 1 else ''}{left_out}"


@contextmanager
def _place(settings: Settings, dry_run: bool) -> Iterator[Path]:
    """A directory to work in, gone afterwards: beside the imports, which are locked, or anywhere."""
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as directory:
            yield Path(directory)
        return
    with store.locked(settings.home) as imports:
        with storage(imports):
            place = tempfile.TemporaryDirectory(prefix=".new-", dir=imports)
        with place as directory:
            yield Path(directory)


@contextmanager
def _closing(workspace: Workspace) -> Iterator[Workspace]:
    try:
        yield workspace
    finally:
        workspace.close()


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


def default_name(kind: str, file: str) -> str:
    """The name of an import by its kind and file: `priorities-lombardy` for Lombardy.csv."""
    plain = unicodedata.normalize("NFKD", file.rsplit(".", 1)[0]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    kind = kind.replace("_", "-")
    return kind if slug in ("", kind) else f"{kind}-{slug}"[:80].strip("-")


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
