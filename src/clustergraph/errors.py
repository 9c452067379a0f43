"""The failures clustergraph reports: each says what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a fault is, in SHACL's own three grades (SHACL section 2.1.4)."""

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in an input: the rule it breaks, the place, and the way to mend it.

    `line` and `row` count from 1; `row` is the line of a table as a spreadsheet shows it (the header is
    row 1); `column` is a column's name in a table or a character position in a text file.
    """

    rule: str
    message: str
    fix: str
    file: str | None = None
    line: int | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    focus: str | None = None
    severity: Severity = Severity.VIOLATION

    def place(self) -> str:
        """The place in one phrase, such as `data/decks/observations.csv, row 12, column unit`."""
        parts = [self.file or "(no file)"]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def as_json(self) -> dict[str, str | int]:
        """The fault as a flat JSON object without its empty fields."""
        return {key: value for key, value in asdict(self).items() if value is not None}


class ClustergraphError(Exception):
    """A failure that a person can act on.

    `what` is one sentence, `where` the file, address or setting concerned, `fix` what to do about it.
    """

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        sentence = self.what if self.where is None else f"{self.what} ({self.where})"
        return sentence if self.fix is None else f"{sentence} {self.fix}"


class UnusableInput(ClustergraphError):
    """An input that cannot be read at all, with every fault found in it."""

    def __init__(
        self, what: str, faults: Iterable[Fault] = (), *, where: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.faults: Sequence[Fault] = tuple(faults)


class BuildRefused(UnusableInput):
    """A build that must not be published: the faults are all those found, not the first."""


class ReleaseUnavailable(ClustergraphError):
    """No release is there to serve, or the one that is there is damaged."""


class StorageUnavailable(ClustergraphError):
    """The disk refused: unreadable, unwritable or full."""


class QueryError(ClustergraphError):
    """A query that got no answer; its subclasses say why."""


class QueryMisplaced(QueryError):
    """A query with something in it that cannot be answered.

    `line` and `column` count from 1; they are None where no place is known.
    """

    def __init__(
        self, what: str, *, line: int | None = None, column: int | None = None, fix: str | None = None
    ) -> None:
        where = None if line is None else f"line {line}, column {column}"
        super().__init__(what, where=where, fix=fix)
        self.line = line
        self.column = column


class QueryMalformed(QueryMisplaced):
    """A query that is not SPARQL 1.1 Query."""


class QueryRefused(QueryMisplaced):
    """A well-formed request that this service does not perform: an update, or SERVICE."""


class QueryUnserialisable(QueryMisplaced):
    """A query whose result the format asked for cannot carry, though another can."""


class QueryStopped(QueryError):
    """A query that the operator of the service has stopped."""

    def __init__(self) -> None:
        super().__init__(
            "The operator of this service has stopped the query.", fix="Ask for less, or ask the operator."
        )


class QueryTimeout(QueryError):
    """A query stopped at its deadline; `seconds` is the deadline that applied."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The query was stopped after {seconds:g} seconds, the longest one query may take here.",
            fix="Ask for less: join the patterns through shared variables, add a more selective pattern, "
            "or page with ORDER BY and LIMIT.",
        )
        self.seconds = seconds


class QueryOverBudget(QueryError):
    """A query stopped because it needed more memory or output than one query may have."""


class QueryCrashed(QueryError):
    """A query whose worker died while evaluating it."""


class EngineBusy(QueryError):
    """No worker became free in time; `retry_after` is in whole seconds."""

    def __init__(self, what: str, *, retry_after: int = 1) -> None:
        super().__init__(what, fix=f"Try again in {retry_after} s.")
        self.retry_after = retry_after


class EngineUnavailable(ClustergraphError):
    """The engine could not be started or has stopped."""
