"""Territories in thematic partnerships: who takes part in what, in which role, from when to when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final

import pyoxigraph as ox
from pydantic import BeforeValidator, model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCAT, SKOS
from clustergraph.sources.cells import Code, OptionalPeriod, ThingId
from clustergraph.sources.kinds.kind import Cells, TableKind
from clustergraph.sources.kinds.placed import PLACE, PlacedRow, following, place_label, state_place
from clustergraph.sources.kinds.read_back import NamedGraph
from clustergraph.sources.statements import Statements
from clustergraph.sources.triples import LABEL, day

#: The columns of the exchange format.
_COLUMNS: Final = (
    "partnership_id",
    "partnership_name",
    "platform",
    "nuts_code",
    "nuts_level",
    "nuts2_code",
    "nuts1_code",
    "country_code",
    "role",
    "start",
    "end",
    "source_url",
    "as_of",
)


def _role(value: object) -> object:
    return "member" if value is None else value


class PartnershipRegionRow(PlacedRow):
    """One territory in one partnership, as one source has it; a role that changed has a row for each time."""

    partnership_id: ThingId
    partnership_name: str | None = None
    platform: ThingId | None = None
    nuts_level: str | None = None
    nuts2_code: str | None = None
    nuts1_code: str | None = None
    role: Annotated[Code, BeforeValidator(_role)] = "member"
    start: OptionalPeriod = None
    end: OptionalPeriod = None

    schemes: ClassVar[Mapping[str, str]] = {"role": "participant-role"}

    @model_validator(mode="after")
    def _says_where(self) -> PartnershipRegionRow:
        if self.nuts_code is None and self.region_name is None:
            raise ValueError("give nuts_code, or region_name where the place has no code")
        return self


def participation_iri(row: PartnershipRegionRow) -> str:
    """The IRI of the participation: partnership, place, role, and what tells one statement from the next."""
    place = row.nuts_code.lower() if row.nuts_code else "unplaced"
    parts = [iris.slug_of(row.partnership_id), place, row.role]
    apart = (
        row.region_name,
        row.nuts_version,
        row.start and row.start.token,
        row.end and row.end.token,
        row.as_of and row.as_of.token,
        *sorted(row.source_url),
    )
    key = hashlib.sha256("\n".join(part or "" for part in apart).encode()).hexdigest()[:8]
    return f"{iris.CGI}participation/{'--'.join((*parts, key))}"


def emit(statements: Statements, row: PartnershipRegionRow) -> str:
    """The participation with its place, role and times, and the partnership as the row names it."""
    graph = statements.graph
    subject = participation_iri(row)
    partnership = row.partnership_id
    statements.mentioned(partnership, row)
    if row.partnership_name is not None:
        statements.named(partnership, row, [f"{CG}ThematicPartnership"], row.partnership_name)
    if row.platform is not None:
        graph.link(partnership, f"{CG}underInstrument", row.platform)
    graph.link(partnership, f"{CG}hasParticipation", subject)
    graph.types(subject, [f"{CG}Participation"])
    role = iris.concept("participant-role", row.role)
    place = place_label(statements, row)
    graph.add_english(
        subject,
        LABEL,
        f"{place} in {statements.label_elsewhere(partnership)}, {statements.label(role).lower()}",
    )
    graph.link(subject, f"{CG}participantRole", role)
    if row.territory is not None:
        graph.link(subject, f"{CG}participatingTerritory", row.territory)
    state_place(statements, subject, row)
    if row.start is not None:
        graph.link(subject, f"{CG}beginsDuring", statements.period(row.start))
        graph.add(subject, f"{DCAT}startDate", day(row.start.start) if row.start.start else None)
    if row.end is not None:
        graph.link(subject, f"{CG}endsDuring", statements.period(row.end))
        graph.add(subject, f"{DCAT}endDate", day(row.end.end) if row.end.end else None)
    return statements.stated(subject, row)


def extract(store: ox.Store, graph: str) -> Iterator[Cells]:
    """A row for each participation of a territory in the named graph, the codes above computed."""
    named = NamedGraph(store, graph)
    turns: dict[str, int] = {}
    for subject in named.instances(f"{CG}Participation"):
        for partnership in named.subjects(f"{CG}hasParticipation", subject):
            turn = turns[partnership] = turns.get(partnership, -1) + 1
            names = [
                *named.values(partnership, LABEL),
                *named.values(partnership, f"{SKOS}altLabel"),
            ]
            platforms = named.values(partnership, f"{CG}underInstrument")
            place = named.place(subject)
            yield {
                "partnership_id": partnership.removeprefix(iris.CGI),
                "partnership_name": names[turn % len(names)] if names else None,
                "platform": platforms[turn % len(platforms)].removeprefix(iris.CGI) if platforms else None,
                "role": named.code(subject, f"{CG}participantRole"),
                "start": named.period(subject, f"{CG}beginsDuring"),
                "end": named.period(subject, f"{CG}endsDuring"),
                **place,
                **(following(place["nuts_code"]) if place["nuts_code"] else {}),
                **named.evidence(subject),
            }


PARTNERSHIP_REGIONS: Final = TableKind(
    name="partnership_regions",
    title="Territories in thematic partnerships of smart specialisation",
    model=PartnershipRegionRow,
    subject=participation_iri,
    emit=emit,
    extract=extract,
    exchange=_COLUMNS,
    properties={**PLACE, "note": f"{CG}extractionNote"},
)
