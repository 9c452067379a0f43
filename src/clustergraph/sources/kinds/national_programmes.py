"""National and regional cluster programmes: who runs them where, when, and with what budget."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from pydantic import model_validator

from clustergraph.iris import CG, DCT, SKOS
from clustergraph.sources.cells import Code, OptionalPeriod, PlainDecimal, Texts, ThingId
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import state_interval


class NationalProgrammeRow(SourcedRow):
    """A cluster programme of a country or of a region in it.

    `period` and `budget` stand as the source writes them; `period_token` and `budget_eur` are there only
    where that leaves no doubt, and `budget_period` is what the budget is for.
    """

    schemes: ClassVar = {"budget_qualifier": "qualifier", "budget_nature": "nature"}

    id: ThingId
    label: str
    alt_labels: Texts
    country: ThingId
    operator: str | None
    period: str | None
    period_token: OptionalPeriod
    budget: str | None
    budget_eur: PlainDecimal | None
    budget_qualifier: Code | None
    budget_nature: Code | None
    budget_period: OptionalPeriod
    description: str

    @model_validator(mode="after")
    def _budget_is_whole(self) -> Self:
        if (self.budget_eur is None) != (self.budget_qualifier is None or self.budget_nature is None):
            raise ValueError("a budget in euro comes with its qualifier and its nature")
        return self


def _emit(statements: Statements, row: NationalProgrammeRow) -> None:
    graph = statements.graph
    statements.named(row.id, row, [f"{CG}NationalClusterProgramme"], row.label)
    statements.stated(row.id, row)
    for name in row.alt_labels:
        graph.add_english(row.id, f"{SKOS}altLabel", name)
    graph.add_english(row.id, f"{DCT}description", row.description)
    graph.link(row.id, f"{CG}runIn", row.country)
    graph.add_english(row.id, f"{CG}operatorText", row.operator)
    graph.add_english(row.id, f"{CG}dateText", row.period)
    graph.add_english(row.id, f"{CG}budgetText", row.budget)
    if row.period_token is not None:
        state_interval(graph, row.id, row.period_token)
    if row.budget_eur is not None and row.budget_qualifier and row.budget_nature:
        figure = Figure(
            about=row.id,
            indicator="budget",
            value=row.budget_eur,
            unit="EUR",
            qualifier=row.budget_qualifier,
            nature=row.budget_nature,
            period=row.budget_period or UNSTATED,
        )
        state_figure(statements, figure, row)


NATIONAL_PROGRAMMES: Final = TableKind(
    name="national_programmes",
    title="National cluster programmes",
    model=NationalProgrammeRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
