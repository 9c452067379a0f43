"""Links of regions to other graphs, and the points that sources state for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pydantic import Field, model_validator

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.iris import CG, DCT, SKOS
from clustergraph.sources.content import Content
from clustergraph.sources.nuts.index import NutsIndex
from clustergraph.sources.nuts.points import Point, describe_point
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.table import Row, read_table
from clustergraph.sources.triples import GraphBuilder

TABLE: Final = "data/tables/region_links.csv"
_WIKIDATA: Final = "http://www.wikidata.org/entity/"
_EU_KNOWLEDGE_GRAPH: Final = "https://linkedopendata.eu/entity/"
_ENTITY: Final = r"^Q[1-9]\d*$"


class LinkRow(Row):
    """A row of `region_links.csv`: a region by its newest code, its entities elsewhere, a point in degrees.

    `note` says what of the source was left out, and why; `place` is where in the source the row stands.
    """

    nuts_code: str
    wikidata: str | None = Field(pattern=_ENTITY)
    eu_knowledge_graph: str | None = Field(pattern=_ENTITY)
    lat: Decimal | None = Field(ge=-90, le=90)
    long: Decimal | None = Field(ge=-180, le=180)
    note: str | None
    source: str
    place: str

    @model_validator(mode="after")
    def _has_both_coordinates(self) -> LinkRow:
        if (self.lat is None) != (self.long is None):
            raise ValueError("a point has a latitude and a longitude")
        return self


def read_links(content: Content, graph: GraphBuilder, index: NutsIndex, reading: Reading) -> None:
    """State links and points; a row without a table is none, and an unknown code is a fault."""
    if not (content.root / TABLE).is_file():
        return
    table = read_table(content.root / TABLE, TABLE, LinkRow)
    reading.faults.extend(table.faults)
    for number, row in table.rows:
        region = index.territory(row.nuts_code)
        if region is None:
            reading.faults.append(
                Fault(
                    rule="NUTS",
                    message=f"{row.nuts_code} is a code of no version of NUTS that is known.",
                    fix="Correct the code.",
                    file=TABLE,
                    row=number,
                    column="nuts_code",
                    value=row.nuts_code,
                )
            )
            continue
        if row.wikidata is not None:
            graph.link(region, f"{SKOS}closeMatch", _WIKIDATA + row.wikidata)
        if row.eu_knowledge_graph is not None:
            graph.link(region, f"{SKOS}closeMatch", _EU_KNOWLEDGE_GRAPH + row.eu_knowledge_graph)
        if row.lat is not None and row.long is not None:
            point = describe_point(graph, region, row.nuts_code, Point(row.lat, row.long))
            graph.link(point, f"{CG}certainty", iris.concept("certainty", "stated"))
            graph.link(point, f"{DCT}source", row.source)
            reading.origins[point] = Origin(TABLE, number)
        graph.link(region, f"{DCT}source", row.source)
