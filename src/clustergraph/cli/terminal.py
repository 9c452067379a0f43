"""What the command line shows to people: progress, faults and failures, all on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clustergraph import iris
from clustergraph.errors import BuildRefused, ClustergraphError, Fault, UnusableInput

REFUSED = 1
UNUSABLE = 2

_MOST_FAULTS_SHOWN = 200
_LOG_WIDTH = 1000


def people() -> Console:
    """A console on stderr; a redirected log is wide, so that no line of it is broken."""
    return Console(file=sys.stderr, highlight=False, width=None if sys.stderr.isatty() else _LOG_WIDTH)


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Shows stages as they pass: a spinner on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        yield lambda words: console.print(Text(words))
        return
    with console.status("starting …") as status:

        def show(words: str) -> None:
            if words.endswith("…"):
                status.update(escape(words))
            else:
                console.print(Text(f"  {words}"))

        yield show


@contextmanager
def failures_in_words(console: Console) -> Iterator[None]:
    """Turns every expected failure into a sentence and an exit status, never a traceback."""
    try:
        yield
    except BuildRefused as error:
        show_faults(console, error.faults)
        console.print(Text(str(error), style="bold red"))
        raise typer.Exit(REFUSED) from None
    except ClustergraphError as error:
        if isinstance(error, UnusableInput):
            show_faults(console, error.faults)
        console.print(Text(str(error), style="bold red"))
        raise typer.Exit(UNUSABLE) from None
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None


def show_faults(console: Console, faults: Sequence[Fault]) -> None:
    """Prints faults one below the other: place, rule, what is wrong, the focus node, how to mend it."""
    for fault in faults[:_MOST_FAULTS_SHOWN]:
        console.print(Text(f"{fault.place()}", style="bold"))
        console.print(Text(f"  rule   {fault.rule}"))
        if fault.focus:
            console.print(Text(f"  focus  {_short(fault.focus)}"))
        if fault.value and fault.value != fault.focus:
            console.print(Text(f"  value  {_short(fault.value)}"))
        console.print(Text(f"  wrong  {fault.message}"))
        console.print(Text(f"  mend   {fault.fix}", style="green"))
        console.print()
    if len(faults) > _MOST_FAULTS_SHOWN:
        console.print(f"… and {len(faults) - _MOST_FAULTS_SHOWN} more.")


def figures(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """A two-column table of names and values."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return table


def _short(term: str) -> str:
    return iris.compact(term) if term.startswith(("http:", "https:")) else term
