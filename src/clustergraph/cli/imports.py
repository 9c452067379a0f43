"""`clustergraph import` and `imports`: a user's file into the graph, all or nothing, and what is there."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from clustergraph.build.collect import collect, known_labels
from clustergraph.build.pipeline import build_dataset
from clustergraph.cli.build import build_showing_progress
from clustergraph.cli.import_lists import importer_called
from clustergraph.cli.import_progress import import_progress
from clustergraph.cli.terminal import REFUSED, progress, show_faults
from clustergraph.errors import BuildRefused, ClustergraphError, Fault
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
    imports = sorted((*others, staged), key=lambda each: each.name)
    could = f"{_counted(intake)} could be imported as {run.name}; nothing was changed."
    try:
        if run.wish.dry_run:
            if run.wish.build:
                _try_build(run, imports)
            _done(run, intake, could)
        elif run.wish.build:
            outcome = build_showing_progress(
                run.content, run.settings, run.console, imports=imports, passed=replacement.place
            )
            placed = replace(staged, directory=run.settings.home / "imports" / run.name)
            own = [fault for fault in outcome.warnings if fault.file == staged.input_name]
            noticed = with_rows(own, placed, run.source.name, rows)
            show_faults(run.console, noticed)
            intake.faults.extend(noticed)
            release = outcome.release.manifest.release
            _done(run, intake, f"{_counted(intake)} imported as {run.name}; release {release} has them.")
        else:
            replacement.place()
            words = f"{_counted(intake)} imported as {run.name}; `clustergraph build` takes them in."
            _done(run, intake, words)
    except BuildRefused as refusal:
        faults = with_rows(refusal.faults, staged, run.source.name, rows)
        _report(run, intake, "The build refused it; nothing was changed.", [*intake.faults, *faults])
        what = refusal.what.replace("Nothing was published", "Nothing was changed")
        raise BuildRefused(what, faults, where=run.source.name) from None
    except ClustergraphError:
        replacement.restore()
        raise


def _try_build(run: _Run, imports: Sequence[store.StoredImport]) -> None:
    """Close and validate the graph with the import in it, and keep nothing."""
    with progress(run.console) as show:
        build_dataset(run.content, run.settings, show, imports=imports)


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


def default_name(kind: str, file: str) -> str:
    """The name of an import by its kind and file: `priorities-lombardy` for lombardy.csv."""
    plain = unicodedata.normalize("NFKD", file.rsplit(".", 1)[0]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    kind = kind.replace("_", "-")
    return f"my-{kind}" if slug in ("", kind) else f"{kind}-{slug}"[:80].strip("-")
