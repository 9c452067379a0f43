"""Locators: where in a source a statement stands, down to its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from clustergraph import iris

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")
_SOURCE: Final = re.compile(r"deck-\d{3}")


@dataclass(frozen=True, slots=True, order=True)
class Locator:
    """An inclusive range of lines of one source; lines count from 1 and end with a line feed only."""

    source: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """The locator as it stands in IRIs, such as `deck-001-l310-313`."""
        span = f"l{self.first}" if self.first == self.last else f"l{self.first}-{self.last}"
        return f"{self.source}-{span}"

    @property
    def iri(self) -> str:
        """The IRI of the source fragment."""
        return iris.thing(f"fragment/{self.key}")

    @property
    def words(self) -> str:
        """The lines in words, such as `lines 310–313`."""
        return f"line {self.first}" if self.first == self.last else f"lines {self.first}–{self.last}"


def parse_lines(source: str, text: str) -> tuple[Locator, ...]:
    """Read `310`, `310-313` or `28;30` as the locators of one source.

    Raises ValueError, with the expected form, when the text is not line numbers or a range runs backwards.
    """
    if not _SOURCE.fullmatch(source):
        raise ValueError(f"{source!r} is not a deck; write deck-000, deck-001, …")
    found = []
    for part in text.split(";"):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{text!r} is not line numbers; write 310, 310-313 or 28;30")
        first = int(match[1])
        last = int(match[2] or match[1])
        if first < 1 or last < first:
            raise ValueError(f"the range {part.strip()!r} does not run from a line ≥ 1 forwards")
        found.append(Locator(source, first, last))
    return tuple(found)


def parse_evidence(text: str) -> tuple[Locator, ...]:
    """Read `deck-001:316|deck-003:73` as locators of several sources.

    Raises ValueError when a part has no source, or its lines are not line numbers.
    """
    found: list[Locator] = []
    for part in text.split("|"):
        source, colon, lines = part.strip().partition(":")
        if not colon:
            raise ValueError(f"{part.strip()!r} names no deck; write deck-001:316|deck-003:73")
        found.extend(parse_lines(source, lines))
    return tuple(found)
