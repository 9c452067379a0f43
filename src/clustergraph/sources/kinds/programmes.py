"""Programmes: their place in other programmes, their years, legal basis, envelope and who runs them."""

from __future__ import annotations

from typing import Final

from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import OptionalPeriod, ThingId
from clustergraph.sources.kinds.budgets import BudgetedRow, state_budget
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import Programmes, Words, named


class ProgrammeRow(BudgetedRow):
    """A programme; its budget is its whole envelope."""

    id: ThingId
    label: str
    description: str
    part_of: Programmes = ()
    period: OptionalPeriod = None
    legal_basis: str | None = None
    celex: str | None = None
    managing_body: Words = ()


def state_operators(statements: Statements, thing: str, operators: tuple[str, ...], row: SourcedRow) -> None:
    """Say who runs a thing: organisations of the graph by a relation, others in the words given."""
    for operator in operators:
        if operator.startswith(("organisation/", "body/", "network/")):
            statements.relation(thing, f"{CG}operatedBy", named(operator, "organisation"), row)
        else:
            statements.graph.add_english(thing, f"{CG}operatorText", operator)


def _emit(statements: Statements, row: ProgrammeRow) -> str:
    graph = statements.graph
    statements.named(row.id, row, [f"{CG}Programme"], row.label)
    graph.add_english(row.id, f"{DCT}description", row.description)
    graph.add_english(row.id, f"{CG}legalBasis", row.legal_basis)
    graph.add(row.id, f"{CG}celexNumber", row.celex)
    graph.add_english(row.id, f"{CG}extractionNote", row.note)
    if row.period is not None:
        graph.link(row.id, f"{CG}duringPeriod", statements.period(row.period))
    for whole in row.part_of:
        statements.relation(row.id, f"{CG}partOfProgramme", whole, row)
    state_budget(statements, row.id, row, row.period)
    state_operators(statements, row.id, row.managing_body, row)
    return row.id


PROGRAMMES: Final = TableKind(
    name="programmes",
    title="Programmes",
    model=ProgrammeRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
