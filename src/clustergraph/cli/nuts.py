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
    from clustergraph.cli.main import current_settings
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
