"""How far an import is, for people: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from clustergraph.imports.intake import Intake
from clustergraph.sources.importing import ImportInput

_BETWEEN: Final = 0.2
_BETWEEN_LINES: Final = 10.0


@dataclass(slots=True)
class ImportBar:
    """Told the bytes that are read and what has been found; draws no more often than eyes can see.

    It has no thread of its own: rows are read in processes that are forked from this one.
    """

    console: Console
    bar: Progress
    task: TaskID
    drawn: float = 0.0

    def advance(self, count: int) -> None:
        """So many more bytes have been read."""
        self.bar.advance(self.task, count)

    def told(self, intake: Intake) -> None:
        """What has been found so far."""
        now = time.monotonic()
        if now - self.drawn < (_BETWEEN if self.console.is_terminal else _BETWEEN_LINES):
            return
        words = f"{intake.rows:,} rows, {intake.fault_count:,} faults"
        if self.console.is_terminal:
            self.bar.update(self.task, description=words, refresh=True)
        elif self.drawn:
            self.console.print(Text(f"read {words} …"))
        self.drawn = now


@contextmanager
def import_progress(console: Console, source: ImportInput) -> Iterator[ImportBar]:
    """A bar as long as the input."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns, console=console, auto_refresh=False, transient=True, disable=not console.is_terminal
    )
    with bar:
        yield ImportBar(console, bar, bar.add_task("reading", total=_length(source.path)))


def _length(path: Path) -> int | None:
    """The bytes that will be read, where that can be told."""
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                return sum(member.file_size for member in archive.infolist())
        if path.is_dir() or path.suffix.lower().startswith(".xls"):
            return None
        return path.stat().st_size
    except (OSError, zipfile.BadZipFile):
        return None
