"""The deck tables as one: read, cross-checked row against row, and mapped to their named graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.content import Content
from clustergraph.sources.decks import tables
from clustergraph.sources.decks.fragments import slide_at, slide_iri
from clustergraph.sources.decks.triples import (
    DeckMapper,
    level_support_iri,
    observation_iri,
    relation_iri,
)
from clustergraph.sources.mentions import Mention
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.table import TableReading, read_table

RowT = TypeVar("RowT", bound=tables.DeckRow)


@dataclass(frozen=True, slots=True)
class DeckTable(Generic[RowT]):
    """One deck table: its row model, the IRI a row describes, and how the row becomes triples.

    `subject` is the IRI that the row's statements stand for; `mints` says that the row is the one place
    which introduces it, so that a second row with the same subject is a duplicate.
    """

    name: str
    model: type[RowT]
    subject: Callable[[RowT], str]
    emit: Callable[[DeckMapper, RowT], object] | None
    mints: bool = True
    registered: bool = False


DECK_TABLES: tuple[DeckTable[Any], ...] = (
    DeckTable("slides", tables.SlideRow, slide_iri, None),
    DeckTable("entities", tables.EntityRow, lambda row: row.id, DeckMapper.entity, registered=True),
    DeckTable("phases", tables.PhaseRow, lambda row: row.id, DeckMapper.phase, registered=True),
    DeckTable("milestones", tables.MilestoneRow, lambda row: row.id, DeckMapper.milestone),
    DeckTable("observations", tables.ObservationRow, observation_iri, DeckMapper.observation),
    DeckTable("level_support", tables.LevelSupportRow, level_support_iri, DeckMapper.level_support),
    DeckTable("claims", tables.ClaimRow, lambda row: row.id, DeckMapper.claim),
    DeckTable("relations", tables.RelationRow, relation_iri, DeckMapper.relation),
    DeckTable("evidence", tables.EvidenceRow, lambda row: row.subject, DeckMapper.evidence, mints=False),
    DeckTable("discrepancies", tables.DiscrepancyRow, lambda row: row.id, None),
)


@dataclass(slots=True)
class DeckKnowledge(Reading):
    """The reading of all deck tables; `carried` maps each inventory id to the IRIs that carry it."""

    carried: dict[str, list[str]] = field(default_factory=dict)


def read_decks(
    content: Content, labels: Mapping[str, str], authors: Mapping[str, tuple[str, ...]]
) -> DeckKnowledge:
    """Read `data/decks/*.csv`.

    `labels` holds every term, concept and thing that RDF files declare, with its English label; `authors`
    maps each source document to the agents its statements are attributed to. Faults of all tables are
    collected: syntax, cells, duplicate and unregistered identifiers, mentions of what nobody describes,
    lines outside every slide.
    """
    knowledge = DeckKnowledge()
    readings: dict[str, TableReading[Any]] = {}
    for table in DECK_TABLES:
        path = content.data / "decks" / f"{table.name}.csv"
        readings[table.name] = read_table(path, content.relative(path), table.model)
        knowledge.faults.extend(readings[table.name].faults)
        knowledge.rejected |= {iris.CGI + identifier for identifier in readings[table.name].rejected}
    _mint(readings, knowledge)
    known = dict(labels)
    for name in ("entities", "phases"):
        known.update((row.id, row.label) for _, row in readings[name].rows)
    _register(readings, knowledge)
    _mention(readings, knowledge)
    slides = [row for _, row in readings["slides"].rows]
    _check_slides(readings, slides, knowledge)
    mapper = DeckMapper(known, slides, authors)
    for table in DECK_TABLES:
        if table.emit is not None:
            for _, row in readings[table.name].rows:
                table.emit(mapper, row)
    _map_discrepancies(readings["discrepancies"], mapper, knowledge)
    for _, file, number, row in _rows(readings):
        for place in getattr(row, "locators", ()):
            knowledge.origins.setdefault(place.iri, Origin(file, number))
    knowledge.quads = mapper.quads
    return knowledge


def _mint(readings: Mapping[str, TableReading[Any]], knowledge: DeckKnowledge) -> None:
    for table in DECK_TABLES:
        reading = readings[table.name]
        for number, row in reading.rows:
            subject = table.subject(row)
            for statement in row.statements:
                knowledge.carried.setdefault(statement, []).append(subject)
            if not table.mints:
                continue
            first = knowledge.origins.setdefault(subject, Origin(reading.file, number))
            if first != Origin(reading.file, number):
                knowledge.faults.append(
                    Fault(
                        rule="unique identifier",
                        message=f"{iris.compact(subject)} is already described in {first.file}, "
                        f"row {first.row}.",
                        fix="Give the second one an identifier of its own, or merge the two rows.",
                        file=reading.file,
                        row=number,
                        focus=subject,
                    )
                )


def _register(readings: Mapping[str, TableReading[Any]], knowledge: DeckKnowledge) -> None:
    for table in DECK_TABLES:
        if table.registered:
            for number, row in readings[table.name].rows:
                knowledge.registered.setdefault(row.id, Origin(readings[table.name].file, number))


def _rows(readings: Mapping[str, TableReading[Any]]) -> Iterator[tuple[DeckTable[Any], str, int, Any]]:
    for table in DECK_TABLES:
        reading = readings[table.name]
        for number, row in reading.rows:
            yield table, reading.file, number, row


def _mention(readings: Mapping[str, TableReading[Any]], knowledge: DeckKnowledge) -> None:
    for table, file, number, row in _rows(readings):
        focus = table.subject(row)
        knowledge.mentions.extend(
            Mention(mentioned, file, number, column, focus) for column, mentioned in row.references()
        )


def _check_slides(
    readings: Mapping[str, TableReading[Any]], slides: list[tables.SlideRow], knowledge: DeckKnowledge
) -> None:
    for table, file, number, row in _rows(readings):
        for place in getattr(row, "locators", ()):
            if slide_at(slides, place) is None:
                knowledge.faults.append(
                    Fault(
                        rule="evidence on a slide",
                        message=f"No slide of {place.source} holds {place.words}.",
                        fix="Correct the lines, or the extents of the slides in data/decks/slides.csv.",
                        file=file,
                        row=number,
                        column="lines",
                        value=place.key,
                        focus=table.subject(row),
                    )
                )


def _map_discrepancies(
    reading: TableReading[tables.DiscrepancyRow], mapper: DeckMapper, knowledge: DeckKnowledge
) -> None:
    for number, row in reading.rows:
        involved: list[str] = []
        for name in row.involves:
            if name in knowledge.carried:
                involved.extend(knowledge.carried[name])
                continue
            try:
                subject = iris.expand(name)
                involved.append(subject)
            except ValueError:
                subject = name
            knowledge.mentions.append(Mention(subject, reading.file, number, "involves", row.id))
        mapper.discrepancy(row, involved)
