"""Organisations: cluster organisations, authorities, agencies and other bodies, each described once."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import pyoxigraph as ox
from pydantic import Field, StringConstraints

from clustergraph import iris
from clustergraph.iris import CG, ORG, SKOS
from clustergraph.sources.cells import Addresses, Classes, Texts, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import iri

_ANY_URI: Final = iri(f"{iris.XSD}anyURI")
_UNIT: Final = f"{ORG}OrganizationalUnit"


class OrganisationRow(SourcedRow):
    """An organisation as the page that introduces it describes it.

    `country` is the identifier of the country that the source gives. `region`, `city`, `sectors`, `themes`
    and `networks` (what it is a member of) are texts of the source. `territory` is the region that `region`
    names; `territory_basis` says whether the source gives its code or this project found it by the name.
    """

    id: ThingId
    class_: Classes = Field(alias="class")
    label: str
    short_name: Annotated[str, StringConstraints(min_length=2)] | None
    alt_labels: Texts
    country: ThingId | None
    region: str | None
    territory: ThingId | None
    territory_basis: Literal["stated", "derived"] | None
    city: str | None
    sectors: Texts
    themes: Texts
    networks: Texts
    website: Addresses
    parent: ThingId | None


def _emit(statements: Statements, row: OrganisationRow) -> None:
    graph = statements.graph
    statements.named(row.id, row, row.class_, row.label)
    statements.stated(row.id, row)
    graph.add(row.id, f"{CG}acronym", row.short_name)
    for name in row.alt_labels:
        graph.add_english(row.id, f"{SKOS}altLabel", name)
    for address in row.website:
        graph.add(row.id, f"{CG}webAddress", ox.Literal(address, datatype=_ANY_URI))
    graph.add(row.id, f"{CG}regionText", row.region)
    graph.add(row.id, f"{CG}cityText", row.city)
    for text in row.sectors:
        graph.add(row.id, f"{CG}sectorText", text)
    for text in row.themes:
        graph.add(row.id, f"{CG}themeText", text)
    for text in row.networks:
        graph.add(row.id, f"{CG}networkText", text)
    if row.country is not None:
        graph.link(row.id, f"{CG}basedIn", row.country)
    if row.territory is not None:
        certainty = "derived" if row.territory_basis == "derived" else None
        statements.relation(row.id, f"{CG}basedIn", row.territory, row, certainty=certainty)
    if row.parent is not None:
        relation = "unitOf" if _UNIT in row.class_ else "subOrganizationOf"
        graph.link(row.id, f"{ORG}{relation}", row.parent)


ORGANISATIONS: Final = TableKind(
    name="organisations",
    title="Organisations",
    model=OrganisationRow,
    subject=lambda row: row.id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
)
