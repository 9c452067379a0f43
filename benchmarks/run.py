"""Run the benchmarks: `python -m benchmarks.run [--only NAME] [--quick]`.

All of them take under 15 minutes and write `docs/benchmarks.md`, `docs/benchmarks.svg` and
`benchmarks/results/latest.json`. With `--only` or `--quick` they write below the scratch directory instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from benchmarks import load, report
from benchmarks.measure import Bench, Result, WrongAnswer
from benchmarks.measures import (
    build,
    importing,
    killing,
    large,
    lookup,
    memory,
    repeated,
    rows,
    start,
    twelve,
    waiting,
)
from benchmarks.peers import Peers
from benchmarks.servers import ROOT, NotStarted

MEASURES: Final[dict[str, Callable[[Bench], Result]]] = {
    "lookup": lookup.measure,
    "repeated": repeated.measure,
    "rows": rows.measure,
    "twelve": twelve.measure,
    "waiting": waiting.measure,
    "killing": killing.measure,
    "memory": memory.measure,
    "start": start.measure,
    "build": build.measure,
    "importing": importing.measure,
}
#: Not part of a whole run: they need more time or memory than everybody has.
LARGE: Final[dict[str, Callable[[Bench], Result]]] = {
    "large": large.measure,
    "build-large": build.measure_large,
}
PAGE: Final = ROOT / "docs" / "benchmarks.md"
LATEST: Final = ROOT / "benchmarks" / "results" / "latest.json"
_STYLES: Final = {"reached": "green", "missed": "red", "not measured": "yellow", "for information": "dim"}


def main() -> int:
    """Run what is asked for, show it and write the report; exit status 1 where a measure failed."""
    given = _arguments()
    console = Console()
    bench = _bench(given, console)
    console.print(Text(f"peers: {report.peer_versions(bench.peers) or 'none'}; load by {load.generator()}"))
    begun = time.monotonic()
    results, failed = _measure(given.only or list(MEASURES), bench, console)
    run = report.circumstances(bench, time.monotonic() - begun)
    _show(results, console)
    if bench.triples < 1_000_000:
        console.print(
            "The targets of memory, start and the twelve queries are set for 1 M triples, not for fewer."
        )
    if results:
        as_meant = not (given.quick or given.triples or failed)
        for written, page, latest in pages(results, given.only or (), bench.directory, as_meant=as_meant):
            report.write(written, run, page=page, latest=latest)
            console.print(Text(f"{run.minutes:g} minutes; written: {page}, {latest}"))
    for name, why in failed.items():
        console.print(Text(f"{name} failed: {why}", style="bold red"))
    return int(bool(failed))


def pages(
    results: list[Result], only: Collection[str], scratch: Path, *, as_meant: bool
) -> list[tuple[list[Result], Path, Path]]:
    """What is written to which page and JSON: a whole run and each large measure have theirs in the project.

    Others, and what was not measured as it is meant to be, goes to the directory `scratch`.
    """
    if as_meant and not only:
        return [(results, PAGE, LATEST)]
    if as_meant and set(only) <= set(LARGE):
        return [
            ([each], PAGE.with_name(f"benchmarks-{each.name}.md"), LATEST.with_name(f"{each.name}.json"))
            for each in results
        ]
    return [(results, scratch / "benchmarks.md", scratch / "latest.json")]


def _bench(given: argparse.Namespace, console: Console) -> Bench:
    def say(text: str) -> None:
        console.print(Text(f"{time.strftime('%H:%M:%S')} {text}", style="dim"))

    return Bench(
        directory=given.directory.resolve(),
        peers=Peers.found(given.oxigraph, given.peers),
        triples=given.triples or _triples(given),
        small=100_000,
        rounds=given.rounds or (3 if given.quick else 5),
        seconds=1.0 if given.quick else 2.0,
        quick=given.quick,
        say=say,
    )


def _triples(given: argparse.Namespace) -> int:
    if given.quick:
        return 100_000
    return 10_000_000 if given.only and set(given.only) <= set(LARGE) else 1_000_000


def _measure(names: list[str], bench: Bench, console: Console) -> tuple[list[Result], dict[str, str]]:
    """One after the other; one that fails does not keep the others from running."""
    results: list[Result] = []
    failed: dict[str, str] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("benchmarks", total=len(names))
        for name in names:
            progress.update(task, description=name)
            console.print(Text(name, style="bold"))
            try:
                results.append({**MEASURES, **LARGE}[name](bench))
            except (NotStarted, WrongAnswer, load.LoadFailed, OSError, TimeoutError) as failure:
                failed[name] = f"{type(failure).__name__}: {failure}"
                console.print(Text(failed[name], style="red"))
            progress.advance(task)
    return results, failed


def _show(results: list[Result], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("measure", "target", "reached", "verdict"):
        table.add_column(column, overflow="fold")
    for result in results:
        for line in result.lines:
            cells = (f"{result.title}: {line.what}", line.target, line.reached, line.verdict)
            table.add_row(*(Text(cell, style=_STYLES[line.verdict]) for cell in cells))
    console.print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [*MEASURES, *LARGE]
    parser.add_argument("--only", action="append", choices=names, help="One measure; may be repeated.")
    parser.add_argument("--quick", action="store_true", help="100 k triples, few rounds: does it all work?")
    parser.add_argument("--rounds", type=int, help="How often the candidates take turns.")
    parser.add_argument("--triples", type=int, help="Size of the data of most measures.")
    parser.add_argument(
        "--oxigraph", type=Path, help="The oxigraph binary; else of --peers, else of the PATH."
    )
    parser.add_argument(
        "--peers", type=Path, default=ROOT / ".venv-bench", help="Virtual environment with the peers."
    )
    parser.add_argument(
        "--directory", type=Path, default=ROOT / "benchmarks" / "scratch", help="Where data and logs go."
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing was written.")
