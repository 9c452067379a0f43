"""The deck tables as one: read, cross-checked row against row, and mapped to their named graphs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources import deck_tables as tables
from clustergraph.sources.content import Content
from clustergraph.sources.deck_triples import (
    DeckMapper,
    level_support_iri,
    observation_iri,
    relation_iri,
)
from clustergraph.sources.fragments import slide_at, slide_iri
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
    """Read `data/decks/*.csv` and `data/register.csv`.

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
    _check_register(content, readings, knowledge)
    described = known.keys() | knowledge.origins.keys() | knowledge.rejected
    _check_references(readings, described, knowledge)
    slides = [row for _, row in readings["slides"].rows]
    _check_slides(readings, slides, knowledge)
    mapper = DeckMapper(known, slides, authors)
    for table in DECK_TABLES:
        if table.emit is not None:
            for _, row in readings[table.name].rows:
                table.emit(mapper, row)
    _map_discrepancies(readings["discrepancies"], mapper, described, knowledge)
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


def _check_register(
    content: Content, readings: Mapping[str, TableReading[Any]], knowledge: DeckKnowledge
) -> None:
    path = content.data / "register.csv"
    register = read_table(path, content.relative(path), tables.RegisterRow)
    knowledge.faults.extend(register.faults)
    rows: dict[str, tuple[int, tables.RegisterRow]] = {}
    for number, row in register.rows:
        if row.id in rows:
            knowledge.faults.append(
                Fault(
                    rule="unique identifier",
                    message=f"{iris.compact(row.id)} is registered twice, first in row {rows[row.id][0]}.",
                    fix="Remove one of the two rows; an identifier is minted once.",
                    file=register.file,
                    row=number,
                    column="id",
                    focus=row.id,
                )
            )
        rows.setdefault(row.id, (number, row))
    described: set[str] = set()
    for table in DECK_TABLES:
        if not table.registered:
            continue
        for number, row in readings[table.name].rows:
            described.add(row.id)
            entry = rows.get(row.id)
            if entry is None or entry[1].status == "deprecated":
                state = "not registered" if entry is None else "deprecated in the register"
                knowledge.faults.append(
                    Fault(
                        rule="registered identifier",
                        message=f"{iris.compact(row.id)} is {state}.",
                        fix=f"Add it to {register.file}, or use an identifier that stands there as active.",
                        file=readings[table.name].file,
                        row=number,
                        column="id",
                        focus=row.id,
                    )
                )
    for identifier, (number, row) in rows.items():
        if row.status == "active" and identifier not in described | knowledge.rejected:
            knowledge.faults.append(
                Fault(
                    rule="registered identifier",
                    message=f"{iris.compact(identifier)} is registered as active, but no table describes it.",
                    fix="Describe it in data/decks/entities.csv, or mark it deprecated here.",
                    file=register.file,
                    row=number,
                    column="id",
                    focus=identifier,
                )
            )


def _rows(readings: Mapping[str, TableReading[Any]]) -> Iterator[tuple[DeckTable[Any], str, int, Any]]:
    for table in DECK_TABLES:
        reading = readings[table.name]
        for number, row in reading.rows:
            yield table, reading.file, number, row


def _check_references(
    readings: Mapping[str, TableReading[Any]], known: set[str], knowledge: DeckKnowledge
) -> None:
    for table, file, number, row in _rows(readings):
        for column, mentioned in row.references():
            if mentioned not in known:
                knowledge.faults.append(
                    _unknown(mentioned, known, file, number, column, focus=table.subject(row))
                )


def _unknown(mentioned: str, known: set[str], file: str, row: int, column: str, *, focus: str) -> Fault:
    kind = (
        "concept" if mentioned.startswith(iris.CGS) else "term" if mentioned.startswith(iris.CG) else "thing"
    )
    namespace = mentioned.rpartition("/")[0]
    near = difflib.get_close_matches(mentioned, [name for name in known if name.startswith(namespace)], n=1)
    advice = f"Did you mean {iris.compact(near[0])}? " if near else ""
    return Fault(
        rule=f"known {kind}",
        message=f"{iris.compact(mentioned)} is a {kind} that nobody describes.",
        fix=f"{advice}Correct the cell, or describe the {kind} first.",
        file=file,
        row=row,
        column=column,
        value=mentioned,
        focus=focus,
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
    reading: TableReading[tables.DiscrepancyRow],
    mapper: DeckMapper,
    known: set[str],
    knowledge: DeckKnowledge,
) -> None:
    for number, row in reading.rows:
        involved: list[str] = []
        for name in row.involves:
            if name in knowledge.carried:
                involved.extend(knowledge.carried[name])
                continue
            try:
                subject = iris.expand(name)
            except ValueError:
                subject = name
            if subject in known:
                involved.append(subject)
            else:
                knowledge.faults.append(
                    _unknown(
                        subject,
                        known | knowledge.carried.keys(),
                        reading.file,
                        number,
                        "involves",
                        focus=row.id,
                    )
                )
        mapper.discrepancy(row, involved)
