"""Which projects of a dump are taken: those of given topics, with given organisations, or all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from clustergraph.sources.cordis.rows import Participation, Project


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns of topics (`INNOSUP-01-*`), and organisations by number or name; an empty tuple asks nothing.

    A project is taken if it answers both: one of its topics (or its call) fits one pattern, and one of its
    participants is one of the organisations. Case and runs of blanks in names make no difference.
    """

    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    _known: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", frozenset(map(_plain, self.organisations)))

    def fits(self, project: Project) -> bool:
        """Whether the topics or the call of a project fit."""
        if not self.topics:
            return True
        codes = [code.upper() for code in (*project.topics, project.call) if code is not None]
        return any(fnmatchcase(code, pattern.upper()) for code in codes for pattern in self.topics)

    def names(self, participation: Participation) -> bool:
        """Whether the participant is one of the organisations asked for."""
        names = (participation.organisation, participation.name, participation.short_name)
        return any(_plain(name) in self._known for name in names if name is not None)


def _plain(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip().casefold()
