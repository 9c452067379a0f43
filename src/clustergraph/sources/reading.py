"""What every reader hands on: triples, where each subject was described, and every fault found."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph as ox

from clustergraph.errors import Fault
from clustergraph.sources.mentions import Mention


@dataclass(frozen=True, slots=True)
class Origin:
    """The place where a subject is described: a file, and a row of a table where it is one."""

    file: str
    row: int | None = None


@dataclass(slots=True)
class Reading:
    """The outcome of reading some input.

    `quads` carry the named graph of their source; `origins` maps a subject's IRI to where it is first
    described; `faults` are all that was found wrong, the readable rest being in `quads` all the same;
    `rejected` are the IRIs of things whose description did not pass; `registered` are the things that must
    stand in the register, with the row that describes each; `mentions` are the IRIs that rows speak of.
    """

    quads: list[ox.Quad] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    registered: dict[str, Origin] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)

    def absorb(self, other: Reading) -> None:
        """Add another reading; the first origin of a subject stays."""
        self.quads.extend(other.quads)
        self.faults.extend(other.faults)
        self.rejected |= other.rejected
        self.mentions.extend(other.mentions)
        for thing, origin in other.registered.items():
            self.registered.setdefault(thing, origin)
        for subject, origin in other.origins.items():
            self.origins.setdefault(subject, origin)
