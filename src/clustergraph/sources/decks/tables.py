"""The tables below `data/decks/`: one row model each, whose fields are the columns.

`deck` and `lines` locate the evidence; `statements` are ids of the curators' inventory of the decks.
Rows with empty evidence do not pass: every fact has a source with a locator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from clustergraph.evidence import Locator, parse_evidence, parse_lines
from clustergraph.sources.cells import Classes, Code, Name, Names, PeriodCell, PlainDecimal, Texts, ThingId
from clustergraph.sources.table import Row

Deck = Annotated[str, StringConstraints(pattern=r"^deck-\d{3}$")]
Unit = Literal["EUR", "NUM", "PERCENT", "MO"]


class DeckRow(Row):
    """A row of a deck table; `statements` are the inventory ids that it carries."""

    statements: Texts


class SlideRow(DeckRow):
    """A slide: its place in the reading order and the lines it covers."""

    deck: Deck
    number: int = Field(ge=1)
    heading: str
    line_start: int = Field(ge=1)
    line_end: int = Field(ge=1)

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        if self.line_end < self.line_start:
            raise ValueError(f"the slide ends at line {self.line_end}, before its line {self.line_start}")
        return self


class EvidencedRow(DeckRow):
    """A row with one locator: a deck and the lines of it."""

    deck: Deck
    lines: str
    note: str | None

    @model_validator(mode="after")
    def _lines_are_lines(self) -> Self:
        parse_lines(self.deck, self.lines)
        return self

    @property
    def locators(self) -> tuple[Locator, ...]:
        """The ranges of lines that hold the statement."""
        return parse_lines(self.deck, self.lines)


class EntityRow(EvidencedRow):
    """A thing the decks name, and the place that introduces it."""

    schemes: ClassVar[Mapping[str, str]] = {"instrument_types": "instrument-type"}

    id: ThingId
    class_: Classes = Field(alias="class")
    label: str
    acronym: str | None
    alt_labels: Texts
    description: str | None
    identifier: str | None
    instrument_types: Texts


class EvidenceRow(EvidencedRow):
    """A further place that names a thing or a concept."""

    subject: Name


class RelationRow(EvidencedRow):
    """One stated relation between two things."""

    subject: Name
    property: Name
    object: Name
    raw_text: str | None


class MilestoneRow(EvidencedRow):
    """A dated step in the life of a call, event, instrument or generation."""

    schemes: ClassVar[Mapping[str, str]] = {"type": "milestone-type"}

    id: ThingId
    subject: ThingId
    type: Code
    period: PeriodCell
    date_text: str
    raw_text: str | None


class ObservationRow(EvidencedRow):
    """One figure as one place states it; `value` is in the unit's own size (EUR, never millions)."""

    schemes: ClassVar[Mapping[str, str]] = {
        "indicator": "indicator",
        "qualifier": "qualifier",
        "nature": "nature",
    }

    subject: ThingId
    indicator: Code
    value: PlainDecimal
    unit: Unit
    qualifier: Code
    nature: Code
    period: PeriodCell
    raw_text: str


class LevelSupportRow(EvidencedRow):
    """One cell of the role-by-level matrix."""

    schemes: ClassVar[Mapping[str, str]] = {
        "role": "cluster-role",
        "level": "policy-level",
        "coverage": "coverage",
    }

    role: Code
    level: Code
    coverage: Code
    via: Names
    raw_text: str | None


class PhaseRow(EvidencedRow):
    """A phase of an instrument, an activity of a phase, or an activity that cuts across all phases."""

    id: ThingId
    kind: Literal["phase", "activity", "cross-cutting"]
    instrument: ThingId
    phase: Names
    order: int = Field(ge=1)
    label: str
    description: str | None

    @model_validator(mode="after")
    def _activity_names_its_phase(self) -> Self:
        wanted = 1 if self.kind == "activity" else 0
        if len(self.phase) != wanted:
            raise ValueError(f"a row of kind {self.kind} names {wanted} phase in the column phase")
        return self


class ClaimRow(EvidencedRow):
    """A statement that is not a figure: attributed to the deck's author."""

    schemes: ClassVar[Mapping[str, str]] = {"type": "claim-type"}

    id: ThingId
    type: Code
    about: Names
    text: str
    raw_text: str | None
    order: int | None


class DiscrepancyRow(DeckRow):
    """Two or more statements that do not agree, or one that can be read two ways."""

    schemes: ClassVar[Mapping[str, str]] = {"type": "discrepancy-type"}

    id: ThingId
    type: Code
    label: str
    involves: Texts
    evidence: str
    note: str | None

    @model_validator(mode="after")
    def _evidence_is_located(self) -> Self:
        parse_evidence(self.evidence)
        return self

    @property
    def locators(self) -> tuple[Locator, ...]:
        """The places that do not agree."""
        return parse_evidence(self.evidence)
