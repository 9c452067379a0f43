"""Thematic partnerships of smart specialisation: what each public page says of them, a row for each page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator

from clustergraph import iris
from clustergraph.iris import CG, SKOS
from clustergraph.sources.cells import Code, OptionalPeriod, PlainDecimal, Texts, ThingId
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.languages import Language
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import language


class S3PartnershipRow(SourcedRow):
    """What one page, or several that agree, say of a partnership: name, platform, start, regions, fields.

    `thematic_area` is the area of the decks that is meant, as the curators matched it by name. `lang` is the
    language of the name and the working areas.
    """

    id: ThingId
    name: str
    lang: Language = "en"
    platform: ThingId | None = None
    thematic_area: Code | None = None
    established: OptionalPeriod = None
    established_text: str | None = None
    regions: PlainDecimal | None = None
    regions_qualifier: Annotated[Code, BeforeValidator(lambda value: "exact" if value is None else value)] = (
        "exact"
    )
    working_areas: Texts = ()

    schemes: ClassVar[Mapping[str, str]] = {
        "thematic_area": "thematic-area",
        "regions_qualifier": "qualifier",
    }


def emit(statements: Statements, row: S3PartnershipRow) -> str:
    """The partnership as the row has it; what can be doubted apart is a statement of its own."""
    graph = statements.graph
    if row.lang == "en":
        statements.named(row.id, row, [f"{CG}ThematicPartnership"], row.name)
    else:
        statements.mentioned(row.id, row)
        graph.add(row.id, f"{SKOS}altLabel", language(row.name, row.lang))
    for area in row.working_areas:
        graph.add(row.id, f"{CG}workingArea", language(area, row.lang))
    if row.platform is not None:
        statements.relation(row.id, f"{CG}underInstrument", row.platform, row)
    if row.thematic_area is not None:
        area = iris.concept("thematic-area", row.thematic_area)
        statements.relation(row.id, f"{CG}addressesTheme", area, row, certainty="derived")
    if row.established is not None:
        step = Step(row.id, "start", row.established, words=row.established_text)
        state_step(statements, step, row)
    if row.regions is not None:
        figure = Figure(
            row.id,
            "regions-involved",
            row.regions,
            qualifier=row.regions_qualifier,
            period=row.as_of or UNSTATED,
        )
        state_figure(statements, figure, row)
    return row.id


S3_PARTNERSHIPS: Final = TableKind(
    name="s3_partnerships",
    title="Thematic partnerships of smart specialisation",
    model=S3PartnershipRow,
    subject=lambda row: row.id,
    emit=emit,
    label=lambda row: row.name if row.lang == "en" else None,
    mints=False,
    registered=True,
)
