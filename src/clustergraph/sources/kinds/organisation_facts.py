"""Facts about organisations: how many members, when founded, ended or designated, which grant."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from pydantic import model_validator

from clustergraph.sources.cells import Code, PeriodCell, PlainDecimal, ThingId
from clustergraph.sources.figures import Figure, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import SourcedRow, Statements


class OrganisationFactRow(SourcedRow):
    """A figure or a date of an organisation.

    A figure has `indicator`, `value` in the unit's own size and `unit`, and `period` is what it is about; a
    date has `milestone`, and `period` is the date.
    """

    schemes: ClassVar = {
        "indicator": "indicator",
        "milestone": "milestone-type",
        "qualifier": "qualifier",
        "nature": "nature",
    }

    organisation: ThingId
    milestone: Code | None
    indicator: Code | None
    value: PlainDecimal | None
    unit: Literal["EUR", "NUM"] | None
    qualifier: Code | None
    nature: Code | None
    period: PeriodCell

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        figure = (self.indicator, self.value, self.unit, self.qualifier, self.nature)
        if self.milestone is None and None in figure:
            raise ValueError("a figure has indicator, value, unit, qualifier and nature")
        if self.milestone is not None and (any(figure) or self.period.start is None):
            raise ValueError("a date has a milestone and a period with days, and no figure")
        return self


def _emit(statements: Statements, row: OrganisationFactRow) -> None:
    if row.milestone is not None:
        state_step(statements, Step(row.organisation, row.milestone, row.period), row)
    elif row.value is not None and row.indicator and row.unit and row.qualifier and row.nature:
        figure = Figure(
            row.organisation, row.indicator, row.value, row.unit, row.qualifier, row.nature, row.period
        )
        state_figure(statements, figure, row)


ORGANISATION_FACTS: Final = TableKind(
    name="organisation_facts",
    title="Facts about organisations",
    model=OrganisationFactRow,
    subject=lambda row: row.organisation,
    emit=_emit,
    mints=False,
    foreign_keys={"organisation": ("organisations", "id")},
)
