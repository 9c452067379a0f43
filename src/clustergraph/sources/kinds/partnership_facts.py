"""Facts about partnerships and projects: one row for each value that sources give, with who found it where.

Two values of one property are two rows, and both stand. A cohort gets the members that a source names, and
its figures are never worked out from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar, Final, Self

from pydantic import TypeAdapter, model_validator

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Code, PlainDecimal, ThingId, parse_period
from clustergraph.sources.claims import state_attribute
from clustergraph.sources.figures import Figure, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import SourcedRow, Statements

#: Properties whose value is a thing or a concept, and the term they become.
_LINKS: Final = {
    "call": "underCall",
    "cohort": "hasMember",
    "instrument": "underInstrument",
    "programme": "fundedUnder",
    "target": "targetsTerritory",
    "thematic-area": "addressesTheme",
}
#: Properties whose value is a number: indicator and unit.
_FIGURES: Final = {
    "duration": ("duration", "MO"),
    "eu-contribution": ("eu-contribution", "EUR"),
    "partners": ("partners", "NUM"),
    "total-cost": ("total-cost", "EUR"),
}
#: Properties whose value is a date: the type of milestone.
_STEPS: Final = {"end": "ended", "start": "start"}
#: Properties whose value stays a text: what they are called, and the type of claim.
_TEXTS: Final = {
    "call-text": ("call", "statement"),
    "instrument-text": ("instrument", "statement"),
    "s3-area": ("smart specialisation area", "theme"),
    "status": ("status", "statement"),
    "strand": ("strand", "statement"),
    "target-area": ("target area outside the EU", "statement"),
    "theme": ("theme", "theme"),
    "value-chain": ("value chain", "statement"),
}
_KNOWN: Final = sorted((*_LINKS, *_FIGURES, *_STEPS, *_TEXTS))
_NUMBER: Final = TypeAdapter[Decimal](PlainDecimal)


class PartnershipFactRow(SourcedRow):
    """One value of one property of a partnership.

    Links name a thing (`instrument/escp-4i`) or a concept (`cgs:thematic-area/photonics`), dates are periods
    such as 2016-01, figures plain decimals (EUR, months, organisations), and texts English words.
    """

    schemes: ClassVar[Mapping[str, str]] = {"qualifier": "qualifier"}

    partnership_id: ThingId
    property: str
    value: str
    qualifier: Code | None = None

    @model_validator(mode="after")
    def _value_is_of_the_property(self) -> Self:
        if self.property in _LINKS:
            iris.expand(self.value)
        elif self.property in _STEPS:
            if parse_period(self.value).start is None:
                raise ValueError(f"{self.property} is a date; leave the row out where it is not stated")
        elif self.property in _FIGURES:
            _NUMBER.validate_python(self.value)
        elif self.property not in _TEXTS:
            raise ValueError(f"{self.property!r} is no property; choose one of {', '.join(_KNOWN)}")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        """The partnership, the qualifier, and what the value links to."""
        yield from super().references()
        if self.property in _LINKS:
            yield "value", iris.expand(self.value)


def _emit(statements: Statements, row: PartnershipFactRow) -> str | None:
    subject = row.partnership_id
    if row.property in _LINKS:
        predicate, value = f"{CG}{_LINKS[row.property]}", iris.expand(row.value)
        if row.property == "cohort":
            return statements.relation(value, predicate, subject, row)
        return statements.relation(subject, predicate, value, row)
    if row.property in _STEPS:
        period = parse_period(row.value)
        return state_step(statements, Step(subject, _STEPS[row.property], period, words=period.label), row)
    if row.property in _FIGURES:
        indicator, unit = _FIGURES[row.property]
        number = _NUMBER.validate_python(row.value)
        figure = Figure(subject, indicator, number, unit, qualifier=row.qualifier or "exact")
        return state_figure(statements, figure, row)
    attribute, kind = _TEXTS[row.property]
    return state_attribute(statements, subject, attribute, row.value, row, kind=kind)


PARTNERSHIP_FACTS: Final = TableKind(
    name="partnership_facts",
    title="Facts about cluster partnerships and projects",
    model=PartnershipFactRow,
    subject=lambda row: row.partnership_id,
    emit=_emit,
    mints=False,
    foreign_keys={"partnership_id": ("partnerships", "id")},
)
