"""What a check comes to: passed, failed or skipped, with figures, faults and seconds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import ParamSpec

from clustergraph.errors import Fault, Severity, UnusableInput

Parameters = ParamSpec("Parameters")


class Status(StrEnum):
    """How a check ended; a skipped one says why in its figures."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Findings:
    """What one check found: `figures` in a phrase, every fault, and whether it could not run at all."""

    figures: str
    faults: tuple[Fault, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One row of the gate; only faults of the grade Violation make a check fail."""

    name: str
    status: Status
    figures: str
    faults: tuple[Fault, ...]
    seconds: float

    def count(self, severity: Severity) -> int:
        """How many faults have a grade."""
        return Counter(fault.severity for fault in self.faults)[severity]

    def as_json(self) -> dict[str, object]:
        """The outcome as a JSON object; `seconds` to the millisecond."""
        return {
            "name": self.name,
            "status": self.status.value,
            "figures": self.figures,
            "seconds": round(self.seconds, 3),
            "faults": [fault.as_json() for fault in self.faults],
        }


def measured(
    name: str,
) -> Callable[[Callable[Parameters, Findings]], Callable[Parameters, CheckOutcome]]:
    """Makes a function that finds faults into a check with a name, timed.

    An input so broken that the check cannot finish is a failure with that input's faults.
    """

    def wrapper(check: Callable[Parameters, Findings]) -> Callable[Parameters, CheckOutcome]:
        @wraps(check)
        def outcome(*args: Parameters.args, **kwargs: Parameters.kwargs) -> CheckOutcome:
            begun = time.monotonic()
            try:
                findings = check(*args, **kwargs)
            except UnusableInput as error:
                findings = Findings(error.what, tuple(error.faults) or (_fault_of(name, error),))
            return CheckOutcome(
                name, _status(findings), findings.figures, findings.faults, time.monotonic() - begun
            )

        return outcome

    return wrapper


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """A count with its noun, such as `1 class` or `1,204 triples`."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def _status(findings: Findings) -> Status:
    if any(fault.severity is Severity.VIOLATION for fault in findings.faults):
        return Status.FAILED
    return Status.SKIPPED if findings.skipped else Status.PASSED


def _fault_of(name: str, error: UnusableInput) -> Fault:
    return Fault(rule=name, message=error.what, fix=error.fix or "Mend the input.", file=error.where)
