"""The commands and their options; what each does stands in the module of its name.

Each is imported when it is called: a server does not wait for what validates or builds.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clustergraph import __version__
from clustergraph.cli import nuts, tabular
from clustergraph.cli.application import app, current_settings
from clustergraph.cli.terminal import failures_in_words, people

app.add_typer(nuts.app, name="nuts")
app.command()(nuts.boundaries)


class ReportFormat(StrEnum):
    """The forms of a validation report."""

    TEXT = "text"
    TURTLE = "turtle"
    JSON = "json"


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"clustergraph {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def build() -> None:
    """Make a new release out of `ontology/ shapes/ data/ queries/`.

    You need this after changing a curated file. The release being served stays as it was until the new one
    has passed every check; if one fails, all faults are listed with file, row and the way to mend them, and
    nothing changes.
    """
    from clustergraph.cli.build import run_build

    console = people()
    with failures_in_words(console):
        run_build(current_settings(), console)


@app.command()
def serve(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="RDF files (Turtle, TriG, N-Triples, N-Quads, RDF/XML, JSON-LD) to serve exactly as they "
            "are, instead of the release.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; 127.0.0.1 keeps the service on this machine."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = None,
) -> None:
    """Answer SPARQL over HTTP, and show the first page in a browser.

    Without files the current release is served; it is built first when there is none, or when the curated
    files have changed since. No query can bring the service down: each is evaluated in a process of its own
    that is stopped at its deadline.
    """
    from clustergraph.engine.spawn import spawn_zygote

    console = people()
    with failures_in_words(console):
        changed = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
        chosen = current_settings().model_copy(update=changed)
        # Its start takes as long as these imports do.
        zygote = spawn_zygote()
        from clustergraph.cli.serve import run_serve

        run_serve(chosen, console, tuple(files or ()), zygote)


@app.command()
def query(
    name: Annotated[
        str | None, typer.Argument(help="A named query, such as the ones listed without a name.")
    ] = None,
    sparql: Annotated[
        str | None, typer.Option(help="A file with a SPARQL query, or - to read it from stdin.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A parameter of a named query, as NAME=VALUE; may be repeated."),
    ] = None,
    result_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="table, json, xml, csv, tsv for rows; turtle, ntriples, rdfxml, jsonld, trig, nquads for "
            "graphs. A terminal gets a table, a pipe gets json or turtle.",
        ),
    ] = None,
) -> None:
    """Ask the current release, without a server.

    Named queries answer the questions people ask most; any other question can be asked in SPARQL.
    """
    from clustergraph.cli.query import run_query

    console = people()
    with failures_in_words(console):
        run_query(
            current_settings(),
            console,
            name=name,
            sparql=sparql,
            parameters=parameter or [],
            result_format=result_format,
        )


@app.command()
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="RDF files to validate.", show_default=False)
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="The same as FILES; may be repeated.", show_default=False)
    ] = None,
    shapes: Annotated[
        list[Path] | None,
        typer.Option(
            help="SHACL shapes to validate against; may be repeated. Without it, the project's own shapes, "
            "with its ontology and data as background.",
            show_default=False,
        ),
    ] = None,
    report_format: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="How the report is written to stdout.")
    ] = ReportFormat.TEXT,
) -> None:
    """Check RDF files against SHACL shapes before they go into the graph.

    Prints a validation report. Exit status: 0 the data conform, 1 they do not, 2 the input cannot be used.
    """
    from clustergraph.cli.validate import run_validate

    console = people()
    with failures_in_words(console):
        run_validate(current_settings(), [*(files or []), *(data or [])], shapes or [], report_format.value)


@app.command()
def check(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON also on a terminal; a pipe always gets it.")
    ] = False,
    decks: Annotated[
        Path | None,
        typer.Option(help="Directory with the texts of the decks: quotes are then compared with them."),
    ] = None,
    inventory: Annotated[
        Path | None,
        typer.Option(help="CSV file with the inventory of the decks: coverage is then compared with it."),
    ] = None,
    write_coverage: Annotated[
        bool,
        typer.Option("--write-coverage", help="Bring data/coverage.csv in step with the tables, and stop."),
    ] = False,
    write_metadata: Annotated[
        bool,
        typer.Option(
            "--write-metadata",
            help="Bring data/tables/*.csv-metadata.json in step with the kinds of tables, and stop.",
        ),
    ] = False,
) -> None:
    """Run every check of ontology and data that a change must pass, and show what each found.

    Profile, consistency (HermiT), closure against an oracle, shapes, lint, coverage, evidence, table
    metadata. Exit status: 0
    all passed or were skipped with a reason, 1 something failed, 2 something could not be used.
    """
    from clustergraph.cli.check import run_check

    console = people()
    with failures_in_words(console):
        run_check(
            current_settings(),
            console,
            as_json=as_json,
            decks=decks,
            inventory=inventory,
            write_coverage=write_coverage,
            write_metadata=write_metadata,
        )


app.command("import")(tabular.import_)
app.command()(tabular.imports)
app.command()(tabular.export)


@app.command()
def queries(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON also on a terminal; a pipe always gets it.")
    ] = False,
    stop: Annotated[
        str | None, typer.Option(help="Stop a query, as PID:NUMBER from the list.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="List again each second until interrupted.")] = False,
) -> None:
    """List the queries that a running service evaluates now, or stop one.

    Asks the service on this home at a socket that only its own user can open. Exit status: 0 done, 1 there
    was no such query to stop, 2 no service runs here.
    """
    from clustergraph.cli.queries import run_queries

    console = people()
    with failures_in_words(console):
        run_queries(current_settings(), console, as_json=as_json, stop=stop, watch=watch)


@app.command()
def info(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON also on a terminal; a pipe always gets it.")
    ] = False,
) -> None:
    """Say what is installed, which release is current, what it holds and where it came from."""
    from clustergraph.cli.info import show_info

    console = people()
    with failures_in_words(console):
        show_info(current_settings(), console, as_json=as_json)
