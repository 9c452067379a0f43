"""National and regional cluster programmes: who runs them where, when, and with what budget."""

from __future__ import annotations

from typing import Final

from clustergraph.iris import CG, DCT, SKOS
from clustergraph.sources.cells import OptionalPeriod, Texts, ThingId
from clustergraph.sources.kinds.budgets import BudgetedRow, state_budget
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import Statements
from clustergraph.sources.triples import state_interval


class NationalProgrammeRow(BudgetedRow):
    """A cluster programme of a country or of a region in it.

    `period` and `budget` stand as the source writes them; `period_token` and `budget_eur` are there only
    where that leaves no doubt, and `budget_period` is what the budget is for.
    """

    id: ThingId
    label: str
    alt_labels: Texts
    country: ThingId
    operator: str | None
    period: str | None
    period_token: OptionalPeriod
    budget: str | None
    budget_period: OptionalPeriod
    description: str


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
    state_budget(statements, row.id, row, row.budget_period)


NATIONAL_PROGRAMMES: Final = TableKind(
    name="national_programmes",
    title="National cluster programmes",
    model=NationalProgrammeRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
