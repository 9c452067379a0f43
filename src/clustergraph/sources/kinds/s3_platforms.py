"""Thematic platforms of smart specialisation: their launch, and how many partnerships they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator

from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import Code, OptionalPeriod, PlainDecimal, ThingId
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.statements import SourcedRow, Statements


class S3PlatformRow(SourcedRow):
    """What one page says of a platform.

    `counted` is the rule of the count: all partnerships, or those that qualified at a steering committee.
    """

    id: ThingId
    name: str
    description: str | None = None
    launched: OptionalPeriod = None
    launched_text: str | None = None
    partnerships: PlainDecimal | None = None
    qualifier: Annotated[Code, BeforeValidator(lambda value: "exact" if value is None else value)] = "exact"
    counted: Annotated[
        Literal["thematic-partnerships", "thematic-partnerships-qualified"],
        BeforeValidator(lambda value: "thematic-partnerships" if value is None else value),
    ] = "thematic-partnerships"

    schemes: ClassVar[Mapping[str, str]] = {"qualifier": "qualifier", "counted": "indicator"}


def emit(statements: Statements, row: S3PlatformRow) -> str:
    """The platform with its launch as a milestone and its count as an observation."""
    statements.named(row.id, row, [f"{CG}Platform"], row.name)
    statements.graph.add_english(row.id, f"{DCT}description", row.description)
    if row.launched is not None:
        state_step(statements, Step(row.id, "start", row.launched, words=row.launched_text), row)
    if row.partnerships is not None:
        figure = Figure(
            row.id, row.counted, row.partnerships, qualifier=row.qualifier, period=row.as_of or UNSTATED
        )
        state_figure(statements, figure, row)
    return row.id


S3_PLATFORMS: Final = TableKind(
    name="s3_platforms",
    title="Thematic platforms of smart specialisation",
    model=S3PlatformRow,
    subject=lambda row: row.id,
    emit=emit,
    label=lambda row: row.name,
    mints=False,
    registered=True,
)
