"""Statements of public sources: rows that name an address, and how such evidence is written as triples.

A page, as it stood at a time or at a time that is not known, is a `cg:SourceState`; what it states leads to
it by `cg:statedIn`. A row that names no page rests on the table it stands in, which somebody supplied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Final, Literal

import pyoxigraph as ox
from pydantic import BeforeValidator

from clustergraph import iris
from clustergraph.iris import CG, SKOS
from clustergraph.sources.cells import Addresses, OptionalPeriod, Period, Texts
from clustergraph.sources.lines import LineBuilder, LineSink
from clustergraph.sources.table.row import Row
from clustergraph.sources.triples import LABEL, GraphBuilder, QuadSink, day, describe_period, iri

#: How sure a row is, in the codes of the scheme certainty; an empty cell is `stated`.
Certainty = Annotated[
    Literal["stated", "secondary", "inferred", "derived", "uncertain"],
    BeforeValidator(lambda value: "stated" if value is None else value),
]

_ANY_URI: Final = iri(f"{iris.XSD}anyURI")


class SourcedRow(Row):
    """A row with the pages that state it, the time of which they state it, and how sure that is.

    `readings` are codes of the scheme reading, `note` is in the words of the curators.
    """

    source_url: Addresses = ()
    as_of: OptionalPeriod = None
    certainty: Certainty = "stated"
    readings: Annotated[Texts, BeforeValidator(lambda value: () if value is None else value)] = ()
    note: str | None = None


@dataclass(frozen=True)
class SourceState:
    """A page or a supplied table as it stood at a time; `address` is None for a table."""

    address: str | None
    table: str
    as_of: Period | None

    @cached_property
    def key(self) -> str:
        """The state as it stands in IRIs, such as `web-1a2b3c4d5e-2019-03`."""
        if self.address is None:
            stem = f"table-{self.table.replace('_', '-')}"
        else:
            stem = f"web-{hashlib.sha256(self.address.encode()).hexdigest()[:10]}"
        return stem if self.as_of is None else f"{stem}-{self.as_of.slug}"

    @cached_property
    def iri(self) -> str:
        """The IRI of the state."""
        return f"{iris.CGI}state/{self.key}"

    @property
    def source_iri(self) -> str:
        """The IRI of the page or table."""
        return iris.thing(f"source/{SourceState(self.address, self.table, None).key}")

    @property
    def source_label(self) -> str:
        """What the page or table is called: its address without the scheme, or its name."""
        if self.address is None:
            return f"Table {self.table}"
        return self.address.partition("://")[2].removesuffix("/")

    def describe(self, graph: GraphBuilder) -> None:
        """State the page or table, and the state of it."""
        if self.address is None:
            graph.types(self.source_iri, [f"{CG}SuppliedTable"])
        else:
            graph.types(self.source_iri, [f"{CG}WebPage"])
            graph.add(self.source_iri, f"{CG}webAddress", ox.Literal(self.address, datatype=_ANY_URI))
        graph.add_english(self.source_iri, LABEL, self.source_label)
        graph.types(self.iri, [f"{CG}SourceState"])
        graph.link(self.iri, f"{CG}stateOf", self.source_iri)
        when = "undated" if self.as_of is None else f"as of {self.as_of.label}"
        graph.add_english(self.iri, LABEL, f"{self.source_label}, {when}")
        if self.as_of is not None and self.as_of.start is not None and self.as_of.end is not None:
            graph.add(self.iri, f"{CG}asOfEarliest", day(self.as_of.start))
            graph.add(self.iri, f"{CG}asOfLatest", day(self.as_of.end))


@dataclass(slots=True)
class Statements:
    """Writes what the rows of one table state into that table's named graph.

    `source` names the graph; `labels` maps every IRI that is described elsewhere to its English label, so
    that nothing is labelled twice. Pages and periods are described once each.
    """

    source: str
    sink: QuadSink
    labels: Mapping[str, str]
    graph: GraphBuilder = field(init=False)
    _described: set[str] = field(init=False, default_factory=set)
    _schemes: frozenset[str] | None = field(init=False, default=None)
    _states: dict[tuple[str | None, Period | None], SourceState] = field(init=False, default_factory=dict)
    _latest: tuple[SourcedRow, tuple[SourceState, ...]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.graph = (
            LineBuilder(self.source, self.sink)
            if isinstance(self.sink, LineSink)
            else GraphBuilder(self.source, self.sink)
        )

    def label(self, subject: str) -> str:
        """The English label of an IRI, also of what was labelled last, else its last part."""
        known = self.labels.get(subject)
        if not known and self.graph.latest_label is not None and self.graph.latest_label[0] == subject:
            return self.graph.latest_label[1]
        return known or iris.slug_of(subject)

    def label_elsewhere(self, subject: str) -> str:
        """The English label of an IRI outside this table, so that no row depends on another."""
        return self.labels.get(subject) or iris.slug_of(subject)

    def has_concepts(self, scheme: str) -> bool:
        """Whether concepts of a scheme are described, so that a code can be held against them."""
        if self._schemes is None:
            self._schemes = frozenset(
                known.rpartition("/")[0] for known in self.labels if known.startswith(iris.CGS)
            )
        return f"{iris.CGS}{scheme}" in self._schemes

    def states(self, row: SourcedRow) -> tuple[SourceState, ...]:
        """The states of pages that a row rests on; without a page, the table it stands in."""
        if self._latest is not None and self._latest[0] is row:
            return self._latest[1]
        states = tuple(self._state(address, row.as_of) for address in sorted(set(row.source_url)) or (None,))
        self._latest = (row, states)
        return states

    def _state(self, address: str | None, as_of: Period | None) -> SourceState:
        key = (address, as_of)
        if key not in self._states:
            self._states[key] = SourceState(address, self.source, as_of)
        return self._states[key]

    def stated(self, subject: str, row: SourcedRow, *, certainty: str | None = None) -> str:
        """Say where something is stated, how sure it is, and which readings found it; returns the subject."""
        self._evidence(subject, row)
        self.graph.link(subject, f"{CG}certainty", iris.concept("certainty", certainty or row.certainty))
        for code in row.readings:
            self.graph.link(subject, f"{CG}foundInReading", iris.concept("reading", code))
        self.graph.add_english(subject, f"{CG}extractionNote", row.note)
        return subject

    def mentioned(self, subject: str, row: SourcedRow) -> str:
        """Say that the pages of a row name a thing that is described elsewhere; returns the thing."""
        self._evidence(subject, row)
        return subject

    def named(self, subject: str, row: SourcedRow, classes: Iterable[str], label: str) -> str:
        """Say that a thing is named by the pages of a row; its class and label only where nobody else does.

        A name that differs from the label it has elsewhere is a further name (`skos:altLabel`).
        """
        known = self.labels.get(subject)
        if known is None or known == label:
            self.graph.types(subject, classes)
            self.graph.add_english(subject, LABEL, label)
        else:
            self.graph.add_english(subject, f"{SKOS}altLabel", label)
        self._evidence(subject, row)
        return subject

    def relation(
        self, subject: str, predicate: str, value: str, row: SourcedRow, *, certainty: str | None = None
    ) -> str:
        """The triple itself, and the claim that says who states it where and how sure it is."""
        at_hand = self.graph.latest_label
        self.graph.link(subject, predicate, value)
        parts = (*(iris.slug_of(term) for term in (subject, predicate, value)), self.states(row)[0].key)
        claim = f"{iris.CGI}claim/{'--'.join(parts)}"
        self.graph.types(claim, [f"{CG}RelationClaim"])
        text = f"{self.label(subject)} – {self.label(predicate)} – {self.label(value)}"
        self.graph.add_english(claim, LABEL, text)
        self.graph.add_english(claim, f"{CG}claimText", text)
        self.graph.link(claim, f"{CG}claimType", iris.concept("claim-type", "relation"))
        self.graph.link(claim, f"{CG}claimAbout", subject)
        self.graph.link(claim, f"{CG}assertedSubject", subject)
        self.graph.link(claim, f"{CG}assertedProperty", predicate)
        self.graph.link(claim, f"{CG}assertedObject", value)
        self.stated(claim, row, certainty=certainty)
        self.graph.latest_label = at_hand
        return claim

    def period(self, period: Period) -> str:
        """The IRI of a period, described on its first use."""
        if period.iri not in self._described:
            self._described.add(period.iri)
            at_hand = self.graph.latest_label
            describe_period(self.graph, period)
            self.graph.latest_label = at_hand
        return period.iri

    def _evidence(self, subject: str, row: SourcedRow) -> None:
        for state in self.states(row):
            self.graph.link(subject, f"{CG}statedIn", state.iri)
            if state.iri not in self._described:
                self._described.add(state.iri)
                at_hand = self.graph.latest_label
                state.describe(self.graph)
                self.graph.latest_label = at_hand
