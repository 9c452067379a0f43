"""Names of organisations: which names are one organisation, and which only look alike."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import model_validator

from clustergraph.iris import CG, OWL, SKOS
from clustergraph.sources.cells import ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements


class OrganisationNameRow(SourcedRow):
    """A decision about a name that a table gives.

    `organisation` is what the name stands for. A row with the decision `same` gives it a further name. The
    other decisions compare it with `other`: two bodies (`distinct`), a body that takes the place of `other`
    (`successor`), or two that may be one and are kept apart (`uncertain`).
    """

    name: str
    country: str | None
    table: str
    organisation: ThingId
    decision: Literal["same", "distinct", "successor", "uncertain"]
    other: ThingId | None
    reason: str

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if (self.decision == "same") != (self.other is None):
            raise ValueError(
                "a decision other than same names the organisation compared with, and same does not"
            )
        return self


def _emit(statements: Statements, row: OrganisationNameRow) -> None:
    if row.other is None:
        if row.name != statements.labels.get(row.organisation):
            statements.named(row.organisation, row, (), row.name)
        return
    reasoned = row.model_copy(update={"note": row.reason})
    if row.decision == "distinct":
        statements.graph.link(row.organisation, f"{OWL}differentFrom", row.other)
    elif row.decision == "successor":
        statements.relation(row.organisation, f"{CG}succeeds", row.other, reasoned)
    else:
        statements.relation(row.organisation, f"{SKOS}closeMatch", row.other, reasoned, certainty="uncertain")


ORGANISATION_NAMES: Final = TableKind(
    name="organisation_names",
    title="Names of organisations",
    model=OrganisationNameRow,
    subject=lambda row: row.organisation,
    emit=_emit,
    mints=False,
    foreign_keys={"organisation": ("organisations", "id")},
)
