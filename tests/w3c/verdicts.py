"""What an answer in one format is worth, held against the result that the suite expects."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from w3c.comparison import same, same_by_value, same_in_csv, same_in_csv_by_value
from w3c.formats import BOOLEAN_FORMATS, GRAPH_FORMATS, TABLE_FORMATS, read
from w3c.suite import SuiteTest, expected
from w3c.terms import Result, Table


class Verdict(StrEnum):
    """The terms expected; the values expected, some in another lexical form; neither."""

    EXACT = "exact"
    BY_VALUE = "by value"
    WRONG = "wrong"


_WORSE_LAST: Final = list(Verdict)


def formats_for(result: Result) -> tuple[str, ...]:
    """Every format in which SPARQL 1.1 lets such a result be asked."""
    if isinstance(result, bool):
        return BOOLEAN_FORMATS
    return TABLE_FORMATS if isinstance(result, Table) else GRAPH_FORMATS


def verdict(test: SuiteTest, format_name: str, body: bytes) -> Verdict:
    """The worth of a body in a format; raises IllFormed where it is not in that format."""
    wanted, answered = expected(test), read(format_name, body)
    loses = format_name == "csv" or str(test.result).endswith(".csv")
    if (same_in_csv if loses else same)(wanted, answered):
        return Verdict.EXACT
    if (same_in_csv_by_value if loses else same_by_value)(wanted, answered):
        return Verdict.BY_VALUE
    return Verdict.WRONG


def worst(verdicts: list[Verdict]) -> Verdict:
    """What a test is worth whose formats are worth so much."""
    return max(verdicts, key=_WORSE_LAST.index)
