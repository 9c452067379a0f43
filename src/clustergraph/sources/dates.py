"""Days as people write them, and how each should be written: `2019-03-01` (ISO 8601)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date
from typing import Final


class Misfit(ValueError):
    """A cell that is no value of its column; `fix` says how to write it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}


def read_day(text: str) -> date:
    """Read a day such as `2019-03-01`; raises Misfit, which names the style and the remedy, for any other."""
    found = _ISO.fullmatch(text)
    if found is None:
        raise other_style(text) or Misfit(f"{text!r} is not a day", "Write a day such as 2019-03-01.")
    return real_day(text, *map(int, found.groups()))


def real_day(text: str, year: int, month: int, day: int) -> date:
    """The day of a calendar; raises Misfit where there is none."""
    if not 1 <= month <= 12:
        raise Misfit(f"{text!r} is not a day: there is no month {month}", "Correct the month.")
    if year < 1:
        raise Misfit(f"{text!r} is not a day: there is no year {year}", "Correct the year.")
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise Misfit(
            f"{text!r} is not a day: {calendar.month_name[month]} {year} has {last} days",
            "Look up the day in the source; it must not be guessed.",
        )
    return date(year, month, day)


def other_style(text: str) -> Misfit | None:
    """What is wrong with a day in another style than ISO 8601, and how to write it; None for no day."""
    for pattern, misfit in _STYLES:
        if found := pattern.fullmatch(text):
            return misfit(found)
    return None


def _of_two_readings(found: re.Match[str]) -> Misfit:
    text, (first, second, year) = found[0], map(int, found.groups())
    readings = [
        f"{year:04}-{month:02}-{day:02}"
        for day, month in dict.fromkeys(((first, second), (second, first)))
        if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 1, month)[1]
    ]
    if not readings:
        return Misfit(f"{text!r} is not a day of any calendar", "Look up the day in the source.")
    if len(readings) == 1:
        return Misfit(f"{text!r} does not begin with the year", f"Write {readings[0]}.")
    return Misfit(
        f"{text!r} can be {readings[0]} or {readings[1]}",
        "Write the one that is meant; it must not be guessed.",
    )


def _rewritten(text: str, style: str, year: int, month: int, day: int) -> Misfit:
    try:
        return Misfit(f"{text!r} is written with {style}", f"Write {real_day(text, year, month, day)}.")
    except Misfit as impossible:
        return impossible


def _named(text: str, name: str, year: int, day: int) -> Misfit | None:
    numbers = {number for month, number in _MONTHS.items() if month.startswith(name.lower())}
    if len(numbers) != 1:
        return None
    return _rewritten(text, "the month in letters", year, numbers.pop(), day)


def _serial(found: re.Match[str]) -> Misfit:
    return Misfit(
        f"{found[0]!r} is not a day; it looks like a spreadsheet's number of one",
        "Format the column as dates written 2019-03-01, then save again.",
    )


_STYLES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Misfit | None]], ...]] = (
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), _of_two_readings),
    (re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})"), _of_two_readings),
    (
        re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})"),
        lambda found: _rewritten(found[0], "day.month.year", int(found[3]), int(found[2]), int(found[1])),
    ),
    (
        re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})"),
        lambda found: _rewritten(found[0], "marks that are no hyphens", *map(int, found.groups())),
    ),
    (
        re.compile(r"(\d{4})(\d{2})(\d{2})"),
        lambda found: _rewritten(found[0], "no hyphens", *map(int, found.groups())),
    ),
    (
        re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?"),
        lambda found: Misfit(f"{found[0]!r} is a time of a day, not a day", f"Write {found[1]}."),
    ),
    (
        re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.?\s+([^\W\d_]{3,})\.?,?\s+(\d{4})"),
        lambda found: _named(found[0], found[2], int(found[3]), int(found[1])),
    ),
    (
        re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"),
        lambda found: _named(found[0], found[1], int(found[3]), int(found[2])),
    ),
    (re.compile(r"[34]\d{4}"), _serial),
)
