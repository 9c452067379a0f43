"""Facts about organisations: how many members, when founded, ended or designated, which grant."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from pydantic import model_validator

from clustergraph.sources.cells import Code, PeriodCell, PlainDecimal, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.stated import state_date, state_figure
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
    text: str | None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        figure = (self.indicator, self.value, self.unit, self.qualifier, self.nature)
        if self.milestone is None and None in figure:
            raise ValueError("a figure has indicator, value, unit, qualifier and nature")
        if self.milestone is not None and (any(figure) or self.text is None or self.period.start is None):
            raise ValueError("a date has milestone, period and the text of the source, and no figure")
        return self


def _emit(statements: Statements, row: OrganisationFactRow) -> None:
    if row.milestone is not None:
        state_date(
            statements,
            row,
            about=row.organisation,
            kind=row.milestone,
            period=row.period,
            text=row.text or row.period.label,
        )
    elif row.value is not None:
        state_figure(
            statements,
            row,
            about=row.organisation,
            indicator=row.indicator or "",
            value=row.value,
            unit=row.unit or "",
            qualifier=row.qualifier or "",
            nature=row.nature or "",
            period=row.period,
        )


ORGANISATION_FACTS: Final = TableKind(
    name="organisation_facts",
    title="Facts about organisations",
    model=OrganisationFactRow,
    subject=lambda row: row.organisation,
    emit=_emit,
    mints=False,
)
