"""Calls: what they stand under, when they open and close, what they have to give.

Whether a call is open is never stored: it follows from the dates of its milestones.
"""

from __future__ import annotations

from typing import Final

from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import OptionalPeriod, PlainDecimal, ThingId
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.kinds.budgets import BudgetedRow, state_budget
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import Certainty, Statements
from clustergraph.sources.things import Instrument, Programmes, Words


class CallRow(BudgetedRow):
    """A call; amounts in euro. `opening_certainty` is that of the opening alone, where it differs.

    `instrument` is empty where another table places the call, or where it stands under a programme only.
    """

    id: ThingId
    label: str
    identifiers: Words = ()
    instrument: Instrument | None = None
    programme: Programmes = ()
    opening: OptionalPeriod = None
    opening_certainty: Certainty | None = None
    deadline: OptionalPeriod = None
    second_deadline: OptionalPeriod = None
    expected_projects: PlainDecimal | None = None
    grant_min_eur: PlainDecimal | None = None
    grant_max_eur: PlainDecimal | None = None
    stages: PlainDecimal | None = None


def _emit(statements: Statements, row: CallRow) -> str:
    graph = statements.graph
    statements.named(row.id, row, [f"{CG}Call"], row.label)
    graph.add_english(row.id, f"{CG}extractionNote", row.note)
    for identifier in row.identifiers:
        graph.add(row.id, f"{DCT}identifier", identifier)
    if row.instrument is not None:
        statements.relation(row.id, f"{CG}underInstrument", row.instrument, row)
    for programme in row.programme:
        statements.relation(row.id, f"{CG}fundedUnder", programme, row)
    if row.opening is not None:
        opening = Step(row.id, "opening", row.opening)
        state_step(statements, opening, row, certainty=row.opening_certainty)
    for deadline in (row.deadline, row.second_deadline):
        if deadline is not None:
            state_step(statements, Step(row.id, "deadline", deadline), row)
    state_budget(statements, row.id, row)
    for figure in _figures(row):
        state_figure(statements, figure, row)
    return row.id


def _figures(row: CallRow) -> list[Figure]:
    figures = []
    if row.expected_projects is not None:
        figures.append(Figure(row.id, "projects", row.expected_projects, nature="planned"))
    if row.stages is not None:
        figures.append(Figure(row.id, "procedure-stages", row.stages))
    if row.grant_min_eur is not None or row.grant_max_eur is not None:
        figures.append(_grant(row))
    return figures


def _grant(row: CallRow) -> Figure:
    """What the call expects one project to ask for: a number where both ends are one, else a range."""
    alike = row.grant_min_eur == row.grant_max_eur
    return Figure(
        about=row.id,
        indicator="grant-per-project",
        value=row.grant_min_eur if alike else None,
        unit="EUR",
        nature="planned",
        period=UNSTATED,
        lowest=None if alike else row.grant_min_eur,
        highest=None if alike else row.grant_max_eur,
    )


CALLS: Final = TableKind(
    name="calls",
    title="Calls",
    model=CallRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
    foreign_keys={"instrument": ("instruments", "instrument_id")},
)
