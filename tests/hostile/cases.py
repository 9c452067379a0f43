"""What a hostile query is here: its class and name, its text, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from hostile.service import Outcome, Target

REFUSED: Final = "403 query-refused"
MALFORMED: Final = "400 query-malformed"
TIMEOUT: Final = "504 query-timeout"
OVER_BUDGET: Final = "503 query-over-budget"
CRASHED: Final = "500 query-crashed"
TOO_LONG: Final = "413 query-too-long"
UNACCEPTABLE: Final = "406 not-acceptable"
ANSWERED: Final = "200"
#: Begun, and cut where everybody sees it.
BROKEN: Final = "broken"

#: What stops a query that would never end: whichever limit it meets first.
STOPPED: Final = (TIMEOUT, OVER_BUDGET)

SOLUTIONS: Final = "application/sparql-results+json"
GRAPH: Final = "application/n-triples"


@dataclass(frozen=True)
class Case:
    """A hostile query and the outcomes it may have; where it is answered, `holds` says what is right.

    `fault` says what is wrong in the service while the case fails.
    """

    kind: str
    name: str
    query: str
    outcomes: tuple[str, ...]
    holds: Callable[[Outcome], bool] | None = None
    accept: str = SOLUTIONS
    fault: str | None = None


def parametrised(*cases: Case) -> pytest.MarkDecorator:
    """Each case as a test named by its class and name; one with a `fault` fails until it is mended."""
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(
                case,
                id=f"{case.kind}: {case.name}",
                marks=[pytest.mark.xfail(strict=True, reason=case.fault)] if case.fault else [],
            )
            for case in cases
        ],
    )


def attack(target: Target, case: Case, **parameters: str) -> None:
    """Ask the query; its outcome must be one foreseen, and the service as well as before."""
    outcome = target.ask(case.query, case.accept, **parameters)
    slug = outcome.slug
    assert slug in case.outcomes, (slug, outcome.seconds, outcome.body[:500])
    if slug == ANSWERED:
        assert case.holds is not None, outcome.body[:500]
        assert case.holds(outcome), outcome.body[:500]
    if slug == BROKEN:
        assert outcome.status in (200, None), outcome
    target.assert_well()


def rows(number: int) -> Callable[[Outcome], bool]:
    """Exactly so many rows."""
    return lambda outcome: len(outcome.rows()) == number


def value(expected: str) -> Callable[[Outcome], bool]:
    """One row with one value."""
    return lambda outcome: [list(row.values()) for row in outcome.rows()] == [[expected]]


def says(expected: bool) -> Callable[[Outcome], bool]:
    """An ASK answered so."""
    return lambda outcome: outcome.boolean() is expected


def unbound(outcome: Outcome) -> bool:
    """One row with nothing in it: the expression has an error, as SPARQL 1.1 section 17.3 has it."""
    return outcome.rows() == [{}]
