"""Cluster partnerships and projects: what they are called, and which readings found them.

What else sources say of them is in the table `partnership_facts`, each fact with its own pages.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from clustergraph.iris import CG, DCT, SKOS
from clustergraph.sources.cells import Classes, Texts, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements

_CORDIS: Final = "https://cordis.europa.eu/project/id/"


class PartnershipRow(SourcedRow):
    """A partnership or project: `label` is the name it goes by, `title` its long name as most pages have it.

    `grant_id` is the number of the grant agreement; `cordis` is yes where CORDIS has a page of that number.
    """

    id: ThingId
    class_: Classes = Field(alias="class")
    label: str
    title: str | None = None
    alt_labels: Texts = ()
    grant_id: Annotated[str, StringConstraints(pattern=r"^\d{6,9}$")] | None = None
    cordis: Annotated[str, StringConstraints(pattern=r"^yes$")] | None = None


def _emit(statements: Statements, row: PartnershipRow) -> str:
    graph = statements.graph
    statements.named(row.id, row, row.class_, row.label)
    graph.add(row.id, f"{CG}acronym", row.label if " " not in row.label else None)
    for name in dict.fromkeys((row.title, *row.alt_labels)):
        graph.add_english(row.id, f"{SKOS}altLabel", name)
    graph.add(row.id, f"{DCT}identifier", row.grant_id)
    if row.cordis and row.grant_id:
        graph.link(row.id, f"{SKOS}exactMatch", f"{_CORDIS}{row.grant_id}")
    return statements.stated(row.id, row)


PARTNERSHIPS: Final = TableKind(
    name="partnerships",
    title="Cluster partnerships and projects",
    model=PartnershipRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
