"""Populations: things that figures or lineage are about and that no other table describes."""

from __future__ import annotations

from typing import Final

from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import OptionalPeriod, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import class_of


class PopulationRow(SourcedRow):
    """A population, event or network; the first part of its identifier says which.

    `held` is when an event takes place.
    """

    id: ThingId
    label: str
    description: str | None = None
    held: OptionalPeriod = None


def _emit(statements: Statements, row: PopulationRow) -> str:
    statements.named(row.id, row, [class_of(row.id)], row.label)
    statements.graph.add_english(row.id, f"{DCT}description", row.description)
    statements.graph.add_english(row.id, f"{CG}extractionNote", row.note)
    if row.held is not None:
        state_step(statements, Step(row.id, "held", row.held), row)
    return row.id


POPULATIONS: Final = TableKind(
    name="populations",
    title="Populations, events and networks",
    model=PopulationRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
