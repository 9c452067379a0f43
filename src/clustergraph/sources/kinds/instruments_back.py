"""The way back from a named graph of instruments to the rows of the exchange format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCAT, DCT, RDF, SKOS
from clustergraph.sources.kinds.kind import Cells
from clustergraph.sources.kinds.read_back import NamedGraph, several
from clustergraph.sources.rules import Comparison
from clustergraph.sources.things import CLASSES, class_of, identifier_of, kind_of
from clustergraph.sources.triples import LABEL

#: The terms of an instrument: column, type of rule, comparison and unit.
TERMS: Final[tuple[tuple[str, str, Comparison, str | None], ...]] = (
    ("min_partners", "partners", ">=", "NUM"),
    ("min_countries", "countries", ">=", "NUM"),
    ("eligible_applicants", "applicant-type", "in", None),
    ("max_grant_eur", "grant", "<=", "EUR"),
    ("funding_rate_pct", "funding-rate", "<=", "PERCENT"),
)
#: The relations of an instrument, by column.
RELATIONS: Final = {
    "parent_programme": "fundedUnder",
    "part_of": "partOfInstrument",
    "predecessor_id": "succeeds",
    "successor_id": "succeededBy",
}


def extract_instruments(store: ox.Store, graph: str) -> Iterator[Cells]:
    """The rows that a graph of instruments was written from, by identifier."""
    named = NamedGraph(store, graph)
    for thing in named.subjects(f"{CG}statedIn"):
        if kind_of(thing) in CLASSES:
            yield _row(named, thing)


def _row(named: NamedGraph, thing: str) -> Cells:
    statements: list[str] = []
    cells: dict[str, str | None] = {
        "instrument_id": identifier_of(thing),
        "label": named.one(thing, LABEL) or named.one(thing, f"{SKOS}altLabel"),
        "class": _class(named, thing),
        "what_it_is": named.one(thing, f"{DCT}description"),
        "strand": named.one(thing, f"{CG}strandText"),
        "themes": named.joined(thing, f"{DCAT}keyword"),
        "policy_level": several(named.codes(thing, f"{CG}atLevel")),
    }
    for column, predicate in RELATIONS.items():
        claims = list(named.relations(thing, f"{CG}{predicate}"))
        cells[column] = several(identifier_of(value) for _, value in claims)
        statements += [claim for claim, _ in claims]
    operators = list(named.relations(thing, f"{CG}operatedBy"))
    words = [identifier_of(value) for _, value in operators] + named.values(thing, f"{CG}operatorText")
    cells["operator"] = several(words)
    calls = list(named.relations(thing, f"{CG}awardedThrough"))
    cells["call_id"] = next((identifier_of(call) for _, call in calls), None)
    statements += [claim for claim, _ in (*operators, *calls)]
    for found in (_budget(named, thing), _steps(named, thing), _terms(named, thing)):
        cells |= found[0]
        statements += found[1]
    return cells | named.evidence(thing, statements)


def _class(named: NamedGraph, thing: str) -> str | None:
    own = [name for name in named.values(thing, f"{RDF}type") if name != class_of(thing)]
    return own[0].removeprefix(CG) if own else None


def _budget(named: NamedGraph, thing: str) -> tuple[dict[str, str | None], list[str]]:
    figures = named.subjects(f"{CG}aboutEntity", thing)
    cells = {}
    for figure in figures:
        cells["budget_eur"] = named.one(figure, f"{CG}numericValue")
        cells["budget_status"] = named.code(figure, f"{CG}valueNature")
    return cells, figures


def _steps(named: NamedGraph, thing: str) -> tuple[dict[str, str | None], list[str]]:
    """The years of the instrument, and the deadline that its row dates, whatever thing it is of."""
    cells, steps = {}, []
    stem = f"{iris.CGI}milestone/{iris.slug_of(thing)}--"
    for column, kind in (("period_start", "start"), ("period_end", "ended"), ("deadline", "deadline")):
        for step in named.subjects(f"{CG}milestoneType", iris.concept("milestone-type", kind)):
            if step.startswith(f"{stem}{kind}--"):
                cells[column] = named.one(step, f"{CG}dateText")
                steps.append(step)
    return cells, steps


def _terms(named: NamedGraph, thing: str) -> tuple[dict[str, str | None], list[str]]:
    cells: dict[str, str | None] = {}
    rules = named.values(thing, f"{CG}hasRule")
    for rule in rules:
        kind = named.code(rule, f"{CG}ruleType")
        column = next(column for column, code, _, _ in TERMS if code == kind)
        value = "textValue" if column == "eligible_applicants" else "numericValue"
        cells[column] = named.joined(rule, f"{CG}{value}")
    return cells, rules
