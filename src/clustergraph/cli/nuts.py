"""`clustergraph nuts` and `clustergraph boundaries`: codes moved between versions, points for regions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from clustergraph.cli.terminal import REFUSED, failures_in_words, people
from clustergraph.errors import StorageUnavailable, UnusableInput

app = typer.Typer(no_args_is_help=True, help="Work with codes of the NUTS classification.")

_MOST_SHOWN = 50


@app.callback()
def _nuts() -> None:
    pass


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="A CSV table in UTF-8 with a header.", show_default=False)],
    *,
    before: Annotated[str, typer.Option("--from", help="The version of the codes: 2016 or 2021.")],
    after: Annotated[str, typer.Option("--to", help="The version wanted: 2021 or 2024.")],
    column: Annotated[str, typer.Option(help="The column of the codes.")] = "nuts_code",
    output: Annotated[
        Path | None, typer.Option(help="Where the table goes; stdout without it.", show_default=False)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A file for the report as JSON.", show_default=False)
    ] = None,
) -> None:
    """Move the NUTS codes of a table to a later version, and list those that cannot be moved, and why.

    A code is moved where its territory stayed the same or went whole into a larger one; after a split or a
    shift of boundaries it stays as it was. Exit status: 0 all moved, 1 some could not be, 2 the input cannot
    be used.
    """
    from clustergraph.cli.application import current_settings
    from clustergraph.sources.content import find_content
    from clustergraph.sources.nuts.conversion import check_versions, convert_file
    from clustergraph.sources.nuts.index import NutsIndex
    from clustergraph.sources.nuts.reader import read_changes

    console = people()
    with failures_in_words(console):
        check_versions(before, after)
        table = read_changes(find_content(current_settings(), Path.cwd()))
        if table.faults:
            raise UnusableInput("The table of changes cannot be used.", table.faults)
        done = convert_file(file, NutsIndex.load(table.rows), before=before, after=after, column=column)
        if output is None:
            sys.stdout.write(done.text)
        else:
            _write(output, done.text)
        if report is not None:
            _write(report, json.dumps(done.as_json(), indent=2, ensure_ascii=False) + "\n")
        for cell in done.unmoved[:_MOST_SHOWN]:
            console.print(
                f"row {cell.row}: {cell.code} not moved ({cell.reason}). {cell.message}", markup=False
            )
        if len(done.unmoved) > _MOST_SHOWN:
            console.print(f"… and {len(done.unmoved) - _MOST_SHOWN} more.")
        console.print(
            f"{done.kept} kept, {done.moved} moved, {done.merged} moved into a larger region, "
            f"{done.empty} empty, {len(done.unmoved)} not moved."
        )
        if done.unmoved:
            raise typer.Exit(REFUSED)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise StorageUnavailable(
            f"The file cannot be written: {error.strerror}.", where=str(path), fix="Choose another place."
        ) from error


def boundaries(
    source: Annotated[
        str, typer.Argument(help="GISCO's GeoJSON of NUTS regions in EPSG:4326: a file, or an address.")
    ],
    *,
    version: Annotated[str, typer.Option(help="The version of NUTS that the boundaries are of.")] = "2024",
    as_of: Annotated[
        str | None,
        typer.Option(
            help="The day or year of which the boundaries are, where you know it.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong.")] = False,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Take the points of good regions although others have faults.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Write all that was found to FILE.txt or FILE.json.", show_default=False),
    ] = None,
    no_build: Annotated[
        bool, typer.Option("--no-build", help="Do not build a release with the points; a later build does.")
    ] = False,
) -> None:
    """Compute a point inside each region of boundaries that you install, and take the points into the graph.

    The points become the import `boundaries-VERSION`, in a named graph of their own, with the notice of
    EuroGeographics; the boundaries stay where they are. `clustergraph imports --remove boundaries-VERSION`
    takes them out again. Exit status: 0 done, 1 the file has faults, 2 it cannot be used.
    """
    from clustergraph.cli.application import current_settings
    from clustergraph.cli.imports import Wish, run_import
    from clustergraph.sources.nuts.boundaries import NOTICE
    from clustergraph.sources.nuts.importer import known_version

    console = people()
    with failures_in_words(console):
        options = {"version": (version,)} if as_of is None else {"version": (version,), "as_of": (as_of,)}
        wish = Wish(
            kind="boundaries",
            file=source,
            into=f"boundaries-{known_version(version)}",
            dry_run=dry_run,
            keep_good=keep_good,
            report=report,
            build=not no_build,
            options=options,
        )
        run_import(current_settings(), console, wish)
        console.print(NOTICE, markup=False)
