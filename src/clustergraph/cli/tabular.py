"""The commands of a user's own tables: import, imports, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clustergraph.cli.application import current_settings
from clustergraph.cli.terminal import failures_in_words, people


def import_(
    kind: Annotated[
        str | None, typer.Argument(help="The kind of input; without one, the kinds are listed.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Argument(
            help="A CSV file, a zip with one, a workbook (XLSX), or the address of one; without one, the "
            "columns of the kind are listed."
        ),
    ] = None,
    into: Annotated[
        str | None, typer.Option(help="Name of the import; made from kind and file name where not given.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong; with --no-build, only with the rows.")
    ] = False,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Import the good rows although others have faults.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write all that was found to FILE.txt, FILE.json or FILE.xlsx: the last one is your table "
            "with the faulty cells marked."
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="For `table`: the mapping file.", show_default=False)
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            help="For `cordis`: only projects of a topic or call, such as INNOSUP-01-*; may be repeated.",
            show_default=False,
        ),
    ] = None,
    organisation: Annotated[
        list[str] | None,
        typer.Option(
            help="For `cordis`: only projects with an organisation, by number or name; may be repeated.",
            show_default=False,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="An option of the kind, as NAME=VALUE; may be repeated."),
    ] = None,
    no_build: Annotated[
        bool, typer.Option("--no-build", help="Do not build a release with the rows; a later build does.")
    ] = False,
) -> None:
    """Take a table of your own into the graph: every problem named by row and column, all or nothing.

    The rows stand in a named graph of their own. Importing again under the same name replaces what was there;
    when anything is wrong, nothing changes. Addresses are fetched only when you name them, and only from the
    public web. Exit status: 0 done, 1 the file has faults, 2 it cannot be used.
    """
    from clustergraph.cli.import_lists import read_options, show_kinds
    from clustergraph.cli.imports import Wish, run_import

    console = people()
    with failures_in_words(console):
        if kind is None or file is None:
            show_kinds(console, kind)
            return
        wish = Wish(
            kind=kind,
            file=file,
            into=into,
            dry_run=dry_run,
            keep_good=keep_good,
            report=report,
            build=not no_build,
            sheet=sheet,
            options=read_options(
                [
                    *(option or []),
                    *([] if mapping is None else [f"mapping={mapping}"]),
                    *(f"topic={each}" for each in topic or []),
                    *(f"organisation={each}" for each in organisation or []),
                ]
            ),
        )
        run_import(current_settings(), console, wish)


def imports(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON also on a terminal; a pipe always gets it.")
    ] = False,
    remove: Annotated[
        str | None, typer.Option(help="Remove an import by its name.", show_default=False)
    ] = None,
) -> None:
    """List what you have imported, or remove an import."""
    from clustergraph.cli.import_lists import run_imports

    console = people()
    with failures_in_words(console):
        run_imports(current_settings(), console, as_json=as_json, remove=remove)


def export(
    kind: Annotated[
        str | None,
        typer.Argument(help="The kind of table; without one, those that can be exported are listed."),
    ] = None,
    graph: Annotated[
        str, typer.Option(help="The import to export, or `curated` for the table of the project.")
    ] = "curated",
    output: Annotated[
        Path | None,
        typer.Option(help="FILE.csv or FILE.xlsx; CSV goes to stdout where not given.", show_default=False),
    ] = None,
    table_format: Annotated[
        str | None, typer.Option("--format", "-f", help="csv or xlsx; else as the file's name says.")
    ] = None,
) -> None:
    """Write a table out of the current release, in columns that `clustergraph import` takes in again.

    Beside a CSV file stands FILE.csv-metadata.json, which says what its columns are (CSV on the Web). Cells
    that a spreadsheet would take for formulas begin with an apostrophe, which the import takes away.
    """
    from clustergraph.cli.export import run_export

    console = people()
    with failures_in_words(console):
        run_export(
            current_settings(), console, kind=kind, graph=graph, output=output, table_format=table_format
        )
