"""Lineage: what took the place of what, was merged into what, or builds on what, and since when."""

from __future__ import annotations

from typing import Final, Literal

from clustergraph.iris import CG
from clustergraph.sources.cells import Name, OptionalPeriod
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements


class LineageRow(SourcedRow):
    """A step from an earlier thing to a later one.

    `succeeds` says that the later one took the place of the earlier, `absorbs` that the earlier was merged
    into it, `follows` that the later builds on the earlier, which goes on beside it, and `linkedTo` that the
    later is one contract for the earlier, which has its own funding.
    """

    later: Name
    relation: Literal["succeeds", "absorbs", "follows", "linkedTo"]
    earlier: Name
    since: OptionalPeriod = None


def _emit(statements: Statements, row: LineageRow) -> str:
    claim = statements.relation(row.later, f"{CG}{row.relation}", row.earlier, row)
    if row.since is not None:
        statements.graph.link(claim, f"{CG}duringPeriod", statements.period(row.since))
    return claim


LINEAGE: Final = TableKind(
    name="lineage",
    title="Lineage of programmes, instruments and bodies",
    model=LineageRow,
    subject=lambda row: row.later,
    emit=_emit,
    mints=False,
)
