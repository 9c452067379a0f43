"""Value chains as lists of policy name them: which list, by whom, with which standing there."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from clustergraph.iris import CG
from clustergraph.sources.cells import ThingId
from clustergraph.sources.claims import state_claim
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import integer


class ValueChainRow(SourcedRow):
    """One entry of one list; the same chain in another list is another row.

    `status` is the standing that the list gives its entries, such as recommended or identified.
    """

    id: ThingId
    label: str
    list_name: str
    position: Annotated[int, Field(ge=1)]
    issuer: str
    status: str


def emit(statements: Statements, row: ValueChainRow) -> str:
    """The value chain, and the claim that the list has it at its place."""
    statements.named(row.id, row, [f"{CG}ValueChain"], row.label)
    text = f"{row.label}: no. {row.position} of the list {row.list_name} ({row.issuer}), {row.status}"
    claim = state_claim(statements, row.id, text, row)
    statements.graph.add(claim, f"{CG}stepOrder", integer(row.position))
    statements.graph.add_english(claim, f"{CG}listName", row.list_name)
    statements.graph.add_english(claim, f"{CG}listIssuer", row.issuer)
    statements.graph.add_english(claim, f"{CG}listStatus", row.status)
    return row.id


VALUE_CHAINS: Final = TableKind(
    name="value_chains",
    title="Value chains in lists of policy",
    model=ValueChainRow,
    subject=lambda row: row.id,
    emit=emit,
    label=lambda row: row.label,
    mints=False,
    registered=True,
)
