"""Instruments, in the columns of the exchange format: what they are, who pays, for whom, on which terms.

The terms (partners, countries, applicants, grant, rate) become rules, the years and the deadline milestones,
the budget an observation, what the instrument hangs together with relation claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCAT, DCT
from clustergraph.sources.cells import Code, OptionalPeriod, PlainDecimal
from clustergraph.sources.figures import Figure, state_figure
from clustergraph.sources.kinds.instruments_back import RELATIONS, TERMS, extract_instruments
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.programmes import state_operators
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.rules import Comparison, Rule, state_rule
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import (
    CLASSES,
    Instrument,
    Instruments,
    Programmes,
    Words,
    class_of,
    kind_of,
    slug,
)

#: The columns of the exchange format.
_COLUMNS: Final = (
    "instrument_id",
    "label",
    "parent_programme",
    "strand",
    "budget_eur",
    "budget_status",
    "period_start",
    "period_end",
    "call_id",
    "deadline",
    "min_partners",
    "min_countries",
    "eligible_applicants",
    "max_grant_eur",
    "funding_rate_pct",
    "themes",
    "policy_level",
    "predecessor_id",
    "successor_id",
    "source_url",
    "as_of",
)
#: Words for the standing of a budget that people write, and the codes of the scheme nature for them.
_STATUS_WORDS: Final = {"indicative": "planned", "estimated": "planned", "maximum": "cap", "awarded": "stock"}


def _status(value: object) -> object:
    return _STATUS_WORDS.get(value.lower(), value.lower()) if isinstance(value, str) else value


def _levels(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Status = Annotated[Code, BeforeValidator(_status)]
Amount = Annotated[PlainDecimal, Field(ge=0)]


class InstrumentRow(SourcedRow):
    """An instrument; a bare identifier is read as `instrument/…`, `budget_status` as a code of nature.

    `call_id` is an identifier `call/…` or the code of the call; the deadline is that of the call, where one
    is named. `class`, `part_of`, `what_it_is` and `operator` are not of the exchange format.
    """

    schemes: ClassVar[Mapping[str, str]] = {"policy_level": "policy-level", "budget_status": "nature"}

    instrument_id: Instrument
    label: str
    parent_programme: Programmes = ()
    strand: str | None = None
    budget_eur: Amount | None = None
    budget_status: Status = "stock"
    period_start: OptionalPeriod = None
    period_end: OptionalPeriod = None
    call_id: str | None = None
    deadline: OptionalPeriod = None
    min_partners: Amount | None = None
    min_countries: Amount | None = None
    eligible_applicants: Words = ()
    max_grant_eur: Amount | None = None
    funding_rate_pct: Annotated[Amount, Field(le=100)] | None = None
    themes: Words = ()
    policy_level: Annotated[Words, BeforeValidator(_levels)] = ()
    predecessor_id: Instruments = ()
    successor_id: Instruments = ()
    class_: str | None = Field(default=None, alias="class")
    part_of: Instruments = ()
    what_it_is: str | None = None
    operator: Words = ()

    @model_validator(mode="before")
    @classmethod
    def _empty_status_is_the_default(cls, cells: object) -> object:
        if isinstance(cells, dict) and cells.get("budget_status") is None:
            return {key: value for key, value in cells.items() if key != "budget_status"}
        return cells

    @model_validator(mode="after")
    def _is_of_a_kind_with_a_class(self) -> Self:
        if kind_of(self.instrument_id) not in CLASSES:
            raise ValueError(f"an instrument's identifier begins with one of {', '.join(sorted(CLASSES))}")
        if self.call_id is not None:
            call_of(self.call_id)
        return self


def call_of(cell: str) -> str:
    """The IRI of the call that a cell names, by its identifier or by its code."""
    return iris.thing(cell) if cell.startswith("call/") else iris.thing(f"call/{slug(cell)}")


def _emit(statements: Statements, row: InstrumentRow) -> str:
    graph = statements.graph
    thing = row.instrument_id
    class_iri = class_of(thing) if row.class_ is None else iris.expand(f"cg:{row.class_}")
    statements.named(thing, row, [class_iri], row.label)
    graph.add_english(thing, f"{DCT}description", row.what_it_is)
    graph.add_english(thing, f"{CG}extractionNote", row.note)
    graph.add(thing, f"{CG}strandText", row.strand)
    for theme in row.themes:
        graph.add(thing, f"{DCAT}keyword", theme)
    for level in row.policy_level:
        graph.link(thing, f"{CG}atLevel", iris.concept("policy-level", level))
    for column, predicate in RELATIONS.items():
        for value in getattr(row, column):
            statements.relation(thing, f"{CG}{predicate}", value, row)
    state_operators(statements, thing, row.operator, row)
    if row.budget_eur is not None:
        qualifier = "at-most" if row.budget_status == "cap" else "exact"
        figure = Figure(thing, "budget", row.budget_eur, "EUR", qualifier=qualifier, nature=row.budget_status)
        state_figure(statements, figure, row)
    for kind, period in (("start", row.period_start), ("ended", row.period_end)):
        if period is not None:
            state_step(statements, Step(thing, kind, period), row)
    _emit_call(statements, row)
    for column, kind, operator, unit in TERMS:
        _emit_term(statements, row, getattr(row, column), (kind, operator, unit))
    return thing


def _emit_call(statements: Statements, row: InstrumentRow) -> None:
    about = row.instrument_id
    if row.call_id is not None:
        about = call_of(row.call_id)
        statements.relation(row.instrument_id, f"{CG}awardedThrough", about, row)
        if about not in statements.labels:
            statements.named(about, row, [f"{CG}Call"], iris.slug_of(about).removeprefix("call-").upper())
            if row.parent_programme:
                statements.graph.link(about, f"{CG}fundedUnder", *row.parent_programme)
            else:
                statements.graph.link(about, f"{CG}underInstrument", row.instrument_id)
    if row.deadline is not None:
        state_step(statements, Step(about, "deadline", row.deadline, of=row.instrument_id), row)


def _emit_term(
    statements: Statements, row: InstrumentRow, value: object, term: tuple[str, Comparison, str | None]
) -> None:
    if value is None or value == ():
        return
    kind, operator, unit = term
    subject = f"{iris.CGI}rule/{iris.slug_of(row.instrument_id)}--{kind}--{statements.states(row)[0].key}"
    rule = Rule(
        about=(row.instrument_id,),
        type=kind,
        operator=operator,
        numbers=() if isinstance(value, tuple) else (value,),  # type: ignore[arg-type]
        unit=unit,
        texts=value if isinstance(value, tuple) else (),
    )
    state_rule(statements, subject, rule, row)


INSTRUMENTS: Final = TableKind(
    name="instruments",
    title="Instruments",
    model=InstrumentRow,
    subject=lambda row: row.instrument_id,
    emit=_emit,
    label=lambda row: row.label,
    registered=True,
    extract=extract_instruments,
    exchange=_COLUMNS,
    properties={
        "strand": f"{CG}strandText",
        "themes": f"{DCAT}keyword",
        "what_it_is": f"{DCT}description",
        "note": f"{CG}extractionNote",
    },
    foreign_keys={"call_id": ("calls", "id")},
)
