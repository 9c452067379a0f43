"""Populations: things that figures or lineage are about and that no other table describes."""

from __future__ import annotations

from typing import Final

from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import Instrument, class_of


class PopulationRow(SourcedRow):
    """A population, cohort, event or network; the first part of its identifier says which.

    `under` is the instrument that a cohort stands under.
    """

    id: ThingId
    label: str
    description: str | None = None
    under: Instrument | None = None


def _emit(statements: Statements, row: PopulationRow) -> str:
    statements.named(row.id, row, [class_of(row.id)], row.label)
    statements.graph.add_english(row.id, f"{DCT}description", row.description)
    statements.graph.add_english(row.id, f"{CG}extractionNote", row.note)
    if row.under is not None:
        statements.relation(row.id, f"{CG}underInstrument", row.under, row)
    return row.id


POPULATIONS: Final = TableKind(
    name="populations",
    title="Populations, cohorts, events and networks",
    model=PopulationRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
