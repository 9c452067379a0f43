"""`clustergraph queries`: what a running service evaluates now, and stopping one of its queries."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from clustergraph.cli.terminal import REFUSED
from clustergraph.errors import EngineUnavailable, UnusableInput
from clustergraph.service.logs import printable
from clustergraph.service.operator import ask_all
from clustergraph.settings import Settings

_REDRAW_SECONDS: Final = 1.0
_PROLOGUE: Final = re.compile(r"\s*(?:#|PREFIX\b|BASE\b|$)", re.IGNORECASE)

Answers = Sequence[tuple[int, dict[str, Any]]]


def run_queries(
    settings: Settings, console: Console, *, as_json: bool, stop: str | None = None, watch: bool = False
) -> None:
    """List the running queries of the service on this home, or stop one.

    Prints JSON to stdout where asked or piped, else a table to `console`; with `watch` again each second
    until interrupted. `stop` is PID:NUMBER as the list shows them. Raises EngineUnavailable where no service
    runs on this home, UnusableInput where `stop` cannot be read, StorageUnavailable where this user may not
    ask; exits with 1 where there was no such query to stop.
    """
    if stop is not None:
        _stop(settings, console, stop)
        return
    in_json = as_json or not sys.stdout.isatty()
    if in_json:
        _write_json(_asked(settings), indent=None if watch else 2)
        while watch:
            time.sleep(_REDRAW_SECONDS)
            _write_json(_asked(settings), indent=None)
        return
    if not watch:
        console.print(_table(_asked(settings)))
        return
    with Live(_table(_asked(settings)), console=console, auto_refresh=False, screen=False) as live:
        while True:
            time.sleep(_REDRAW_SECONDS)
            live.update(_table(_asked(settings)), refresh=True)


def _asked(settings: Settings) -> Answers:
    answers = ask_all(settings.home, {"ask": "queries"})
    if not answers:
        raise _no_service(settings)
    return answers


def _no_service(settings: Settings) -> EngineUnavailable:
    return EngineUnavailable(
        "No service that answers runs on this home.",
        where=str(settings.home),
        fix="Start one with `clustergraph serve`, or set CLUSTERGRAPH_HOME to the home of the one that runs.",
    )


def _stop(settings: Settings, console: Console, which: str) -> None:
    found = re.fullmatch(r"([0-9]{1,10}):([0-9]{1,18})", which)
    if found is None:
        raise UnusableInput(
            f"“{which}” names no query.",
            fix="Write PID:NUMBER as `clustergraph queries` shows them, such as --stop 4711:12.",
        )
    pid, number = int(found[1]), int(found[2])
    if not ask_all(settings.home, {"ask": "queries"}):
        raise _no_service(settings)
    answers = ask_all(settings.home, {"ask": "stop", "number": number}, pid=pid)
    if not any(answer.get("stopped") for _, answer in answers):
        console.print(f"Process {pid} runs no query {number}: it has ended, or the numbers are others.")
        raise typer.Exit(REFUSED)
    console.print(f"Query {number} of process {pid} is stopped.")


def _write_json(answers: Answers, indent: int | None) -> None:
    running = [{"front": pid, **query} for pid, answer in answers for query in answer.get("queries", ())]
    sys.stdout.write(json.dumps(running, indent=indent, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _table(answers: Answers) -> Table | Text:
    running = [(pid, query) for pid, answer in answers for query in answer.get("queries", ())]
    if not running:
        fronts = "1 process" if len(answers) == 1 else f"{len(answers)} processes"
        return Text(f"No query is running ({fronts} asked).")
    table = Table(box=None, pad_edge=False)
    table.add_column("query", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("deadline", justify="right", no_wrap=True)
    for name in ("format", "client", "fingerprint"):
        table.add_column(name, no_wrap=True)
    table.add_column("text", no_wrap=True, overflow="ellipsis")
    for pid, query in sorted(running, key=lambda each: -float(each[1]["seconds"])):
        cells = (
            f"{pid}:{query['number']}",
            f"{query['seconds']:.1f}",
            f"{query['deadline_seconds']:g}",
            f"{query['format']}{' →' if query['streaming'] else ''}",
            query["client"] or "",
            query["fingerprint"],
            first_line(query["query"]),
        )
        table.add_row(*(Text(printable(str(cell))) for cell in cells))
    return table


def first_line(query: str) -> str:
    """The first line of a query that is no prefix, comment or blank; its first line where all are."""
    lines = query.strip().splitlines() or [""]
    return next((line for line in lines if not _PROLOGUE.match(line)), lines[0]).strip()
