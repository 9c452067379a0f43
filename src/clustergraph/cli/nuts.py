"""`clustergraph nuts` and `clustergraph boundaries`: codes moved between versions, points for regions."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from clustergraph.cli.terminal import REFUSED, failures_in_words, people
from clustergraph.egress import Egress, EgressPolicy
from clustergraph.errors import StorageUnavailable, UnusableInput

app = typer.Typer(no_args_is_help=True, help="Work with codes of the NUTS classification.")

_MOST_SHOWN = 50
_MOST_BYTES = 256 * 1024 * 1024
_FETCH_SECONDS = 300.0


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
    version: Annotated[str, typer.Option(help="The version of NUTS that the boundaries are of.")] = "2024",
) -> None:
    """Install boundaries of regions, and compute a point inside each.

    Boundaries, points (`points.ttl`) and the notice of EuroGeographics go into `boundaries/` in the home
    directory; nothing of them is part of the project. An address is fetched within limits of size and time,
    and only from the public internet.
    """
    from clustergraph.cli.application import current_settings
    from clustergraph.sources.nuts.boundaries import NOTICE, read_boundaries
    from clustergraph.sources.nuts.index import NutsIndex

    console = people()
    with failures_in_words(console):
        raw = _fetched(source) if source.startswith(("http://", "https://")) else _read(Path(source))
        found = read_boundaries(raw, source, NutsIndex.load(), version)
        if not found.points:
            raise UnusableInput(
                f"No feature is a region of NUTS {version}.",
                where=source,
                fix="Name the version with --version.",
            )
        directory = current_settings().home / "boundaries" / version
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "boundaries.geojson").write_bytes(raw)
            (directory / "points.ttl").write_bytes(found.to_turtle())
            (directory / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
        except OSError as error:
            raise StorageUnavailable(
                f"The boundaries cannot be kept: {error.strerror}.", where=str(directory), fix="Make room."
            ) from error
        console.print(f"{len(found.points)} points in {directory / 'points.ttl'}", markup=False)
        if found.unknown or found.unusable:
            console.print(f"Not of NUTS {version}: {', '.join(found.unknown) or 'none'}.", markup=False)
            console.print(f"Without a usable shape: {', '.join(found.unusable) or 'none'}.", markup=False)


def _fetched(address: str) -> bytes:
    policy = EgressPolicy(origins=None, seconds=_FETCH_SECONDS, max_bytes=_MOST_BYTES)

    async def fetch() -> bytes:
        async with Egress(policy) as egress, egress.stream("GET", address) as reply:
            if reply.status != 200:
                raise UnusableInput(
                    f"The address answered {reply.status}.", where=address, fix="Open it in a browser first."
                )
            return await reply.body()

    return asyncio.run(fetch())


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnusableInput(
                f"The file is larger than {_MOST_BYTES:,} bytes.",
                where=str(path),
                fix="Take a coarser scale.",
            )
        return path.read_bytes()
    except OSError as error:
        raise UnusableInput(
            f"The file cannot be read: {error.strerror}.", where=str(path), fix="Name a GeoJSON file."
        ) from error
