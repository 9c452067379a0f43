"""`clustergraph check`: the whole gate in one table, and every reason why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph import iris
from clustergraph.check.coverage import write_coverage as write_coverage_table
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.gate import GateOutcome, run_gate
from clustergraph.check.outcome import Status, plural
from clustergraph.check.table_metadata import write_table_metadata
from clustergraph.cli.terminal import REFUSED, progress, show_faults
from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import find_content

_STYLES: Final = {Status.PASSED: "green", Status.FAILED: "bold red", Status.SKIPPED: "yellow"}


def run_check(
    settings: Settings,
    console: Console,
    *,
    as_json: bool,
    decks: Path | None = None,
    inventory: Path | None = None,
    write_coverage: bool = False,
    write_metadata: bool = False,
) -> None:
    """Run the gate, show it as a table on stderr and, where asked or piped, as JSON on stdout.

    With `write_coverage` only data/coverage.csv is brought in step with the tables, with `write_metadata`
    only the metadata of the curated tables. Ends with exit status 1 when a check failed; raises
    UnusableInput when the decks or the inventory named are not there.
    """
    content = find_content(settings, Path.cwd())
    if write_coverage:
        path = write_coverage_table(CheckedDataset(content, settings))
        console.print(Text(f"Wrote {path}.", "bold green"))
        return
    if write_metadata:
        for path in write_table_metadata(content):
            console.print(Text(f"Wrote {path}.", "bold green"))
        return
    if decks is not None and not decks.is_dir():
        raise UnusableInput(
            "There is no directory of decks.", where=str(decks), fix="Name the directory with their texts."
        )
    if inventory is not None and not inventory.is_file():
        raise UnusableInput("There is no inventory.", where=str(inventory), fix="Name its CSV file.")
    console.print(Text(f"Checking {content.root}"))
    with progress(console) as show:
        outcome = run_gate(content, settings, show, decks=decks, inventory=inventory)
    _show(console, outcome)
    if as_json or not sys.stdout.isatty():
        sys.stdout.write(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False) + "\n")
    if not outcome.passed:
        raise typer.Exit(REFUSED)


def _in_a_line(fault: Fault) -> str:
    focus = iris.compact(fault.focus) if fault.focus and "://" in fault.focus else fault.focus
    about = f"{focus}: " if focus and focus not in fault.message else ""
    return f"{fault.place()}: {about}{fault.message}"


def _show(console: Console, outcome: GateOutcome) -> None:
    faults = [fault for check in outcome.checks for fault in check.faults]
    show_faults(console, [fault for fault in faults if fault.severity is Severity.VIOLATION])
    for grade, style in ((Severity.WARNING, "yellow"), (Severity.INFO, "dim")):
        for fault in faults:
            if fault.severity is grade:
                console.print(Text(f"{grade.value.lower()}  {_in_a_line(fault)}", style))
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "outcome", "figures"):
        table.add_column(heading)
    table.add_column("seconds", justify="right")
    for check in outcome.checks:
        table.add_row(
            Text(check.name, "bold"),
            Text(check.status.value, _STYLES[check.status]),
            Text(check.figures),
            Text(f"{check.seconds:.1f}"),
        )
    console.print()
    console.print(table)
    failed = sum(check.status is Status.FAILED for check in outcome.checks)
    skipped = sum(check.status is Status.SKIPPED for check in outcome.checks)
    words = "Every check passed" if outcome.passed else f"{plural(failed, 'check')} failed"
    words += f", {plural(skipped, 'check')} skipped" if skipped else ""
    console.print()
    console.print(Text(f"{words} ({outcome.seconds:.0f} s).", "bold green" if outcome.passed else "bold red"))
