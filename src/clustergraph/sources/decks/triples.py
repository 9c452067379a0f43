"""The mapping from rows of the deck tables to triples in the deck's named graph.

The vocabulary is that of `ontology/clustergraph.ttl`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCT, PROV, QB, SKOS
from clustergraph.sources.cells import Period
from clustergraph.sources.decks.fragments import FragmentMint, source_iri
from clustergraph.sources.decks.tables import (
    ClaimRow,
    DiscrepancyRow,
    EntityRow,
    EvidencedRow,
    EvidenceRow,
    LevelSupportRow,
    MilestoneRow,
    ObservationRow,
    PhaseRow,
    RelationRow,
    SlideRow,
)
from clustergraph.sources.triples import (
    LABEL,
    UNITS,
    GraphBuilder,
    decimal,
    describe_period,
    integer,
    iri,
    state_interval,
)

#: The one QB data set of figures the decks state.
FIGURES = iris.thing("dataset/deck-figures")
#: What curators state about sources, rather than a source itself.
CURATION = "curation"


def observation_iri(row: ObservationRow) -> str:
    """The IRI of an observation: subject, indicator, period and the place that states it."""
    place = row.locators[0]
    return (
        f"{iris.CGI}obs/{iris.slug_of(row.subject)}--{row.indicator}--{row.period.slug}"
        f"--{place.source}-l{place.first}"
    )


def relation_iri(row: RelationRow) -> str:
    """The IRI of the claim that a source states a relation."""
    place = row.locators[0]
    return (
        f"{iris.CGI}claim/{iris.slug_of(row.subject)}--{iris.slug_of(row.property)}--{iris.slug_of(row.object)}"
        f"--{place.source}-l{place.first}"
    )


def level_support_iri(row: LevelSupportRow) -> str:
    """The IRI of a cell of the role-by-level matrix."""
    return iris.thing(f"level-support/{row.role}--{row.level}")


class DeckMapper:
    """Turns rows into quads, knowing the labels of what they mention and the slide each line is on.

    `labels` maps IRIs of terms, concepts and things to English labels; `slides` is every slide;
    `authors` maps a source's IRI to the agents its statements are attributed to.
    """

    def __init__(
        self, labels: Mapping[str, str], slides: Iterable[SlideRow], authors: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.quads: list[ox.Quad] = []
        self._labels = labels
        self._fragments = FragmentMint(slides, self.quads)
        self._authors = authors
        self._periods: set[str] = set()

    def label(self, subject: str) -> str:
        """The English label of an IRI, or its last part where none is known."""
        return self._labels.get(subject) or iris.slug_of(subject)

    def entity(self, row: EntityRow) -> str:
        """A thing with its names, description and introducing place."""
        graph = self._stated(row.id, row)
        graph.types(row.id, row.class_)
        graph.add_english(row.id, LABEL, row.label)
        for name in row.alt_labels:
            graph.add_english(row.id, f"{SKOS}altLabel", name)
        graph.add(row.id, f"{CG}acronym", row.acronym)
        graph.add_english(row.id, f"{DCT}description", row.description)
        if f"{CG}WebResource" in row.class_ and row.identifier:
            graph.add(
                row.id, f"{CG}webAddress", ox.Literal(row.identifier, datatype=iri(f"{iris.XSD}anyURI"))
            )
        else:
            graph.add(row.id, f"{DCT}identifier", row.identifier)
        for code in row.instrument_types:
            graph.link(row.id, f"{CG}instrumentType", iris.concept("instrument-type", code))
        return row.id

    def evidence(self, row: EvidenceRow) -> str:
        """A further place that names a thing."""
        self._stated(row.subject, row)
        return row.subject

    def relation(self, row: RelationRow) -> str:
        """The stated triple itself, and the claim that says who states it where."""
        subject = relation_iri(row)
        graph = self._stated(subject, row)
        graph.link(row.subject, row.property, row.object)
        graph.types(subject, [f"{CG}RelationClaim"])
        text = f"{self.label(row.subject)} – {self.label(row.property)} – {self.label(row.object)}"
        graph.add_english(subject, LABEL, text)
        graph.add_english(subject, f"{CG}claimText", text)
        graph.link(subject, f"{CG}claimType", iris.concept("claim-type", "relation"))
        graph.link(subject, f"{CG}claimAbout", row.subject)
        graph.link(subject, f"{CG}assertedSubject", row.subject)
        graph.link(subject, f"{CG}assertedProperty", row.property)
        graph.link(subject, f"{CG}assertedObject", row.object)
        self._quoted_and_attributed(graph, subject, row.deck, row.raw_text)
        return subject

    def milestone(self, row: MilestoneRow) -> str:
        """A dated step, to the precision its source gives."""
        graph = self._stated(row.id, row)
        graph.types(row.id, [f"{CG}Milestone"])
        kind = iris.concept("milestone-type", row.type)
        graph.add_english(row.id, LABEL, f"{self.label(kind)} of {self.label(row.subject)}: {row.date_text}")
        graph.link(row.id, f"{CG}milestoneOf", row.subject)
        graph.link(row.id, f"{CG}milestoneType", kind)
        state_interval(graph, row.id, row.period)
        graph.add(row.id, f"{CG}datePrecision", row.period.precision)
        graph.add_english(row.id, f"{CG}dateText", row.date_text)
        graph.add_english(row.id, f"{CG}rawText", row.raw_text)
        return row.id

    def observation(self, row: ObservationRow) -> str:
        """A figure with value, unit, qualifier, nature, period and quote."""
        subject = observation_iri(row)
        graph = self._stated(subject, row)
        indicator = iris.concept("indicator", row.indicator)
        graph.types(subject, [f"{CG}Observation"])
        graph.add_english(
            subject,
            LABEL,
            f"{self.label(row.subject)}, {self.label(indicator)}: {row.value:,} {row.unit} ({row.deck})",
        )
        graph.link(subject, f"{QB}dataSet", FIGURES)
        graph.link(subject, f"{CG}aboutEntity", row.subject)
        graph.link(subject, f"{CG}indicator", indicator)
        graph.add(subject, f"{CG}numericValue", decimal(row.value))
        graph.link(subject, f"{CG}unit", UNITS[row.unit])
        graph.link(subject, f"{CG}qualifier", iris.concept("qualifier", row.qualifier))
        graph.link(subject, f"{CG}valueNature", iris.concept("nature", row.nature))
        graph.link(subject, f"{CG}refPeriod", row.period.iri)
        graph.add_english(subject, f"{CG}rawText", row.raw_text)
        self._period(row.period)
        return subject

    def level_support(self, row: LevelSupportRow) -> str:
        """A cell of the matrix: what supports a role of clusters at a level, or that it is not stated."""
        subject = level_support_iri(row)
        graph = self._stated(subject, row)
        role = iris.concept("cluster-role", row.role)
        level = iris.concept("policy-level", row.level)
        graph.types(subject, [f"{CG}LevelSupport"])
        graph.add_english(
            subject, LABEL, f"{self.label(role)}: support at the level {self.label(level)} ({row.deck})"
        )
        graph.link(subject, f"{CG}addressesRole", role)
        graph.link(subject, f"{CG}atLevel", level)
        graph.link(subject, f"{CG}coverage", iris.concept("coverage", row.coverage))
        graph.link(subject, f"{CG}viaInstrument", *row.via)
        self._quoted_and_attributed(graph, subject, row.deck, row.raw_text)
        return subject

    def phase(self, row: PhaseRow) -> str:
        """A phase or an activity with its place in the order."""
        graph = self._stated(row.id, row)
        graph.types(row.id, [f"{CG}{'Phase' if row.kind == 'phase' else 'PhaseActivity'}"])
        graph.add_english(row.id, LABEL, row.label)
        graph.add_english(row.id, f"{DCT}description", row.description)
        graph.add(row.id, f"{CG}stepOrder", integer(row.order))
        if row.kind == "phase":
            graph.link(row.instrument, f"{CG}hasPhase", row.id)
        elif row.kind == "activity":
            graph.link(row.phase[0], f"{CG}hasActivity", row.id)
        else:
            graph.link(row.instrument, f"{CG}hasCrossCuttingActivity", row.id)
        return row.id

    def claim(self, row: ClaimRow) -> str:
        """A statement that is not a figure."""
        graph = self._stated(row.id, row)
        graph.types(row.id, [f"{CG}Claim"])
        graph.add_english(row.id, LABEL, row.text)
        graph.add_english(row.id, f"{CG}claimText", row.text)
        graph.link(row.id, f"{CG}claimType", iris.concept("claim-type", row.type))
        graph.link(row.id, f"{CG}claimAbout", *row.about)
        if row.order is not None:
            graph.add(row.id, f"{CG}stepOrder", integer(row.order))
        self._quoted_and_attributed(graph, row.id, row.deck, row.raw_text)
        return row.id

    def discrepancy(self, row: DiscrepancyRow, involved: Iterable[str]) -> str:
        """A disagreement: its type, what it involves and where; observations of a value conflict conflict."""
        graph = GraphBuilder(CURATION, self.quads)
        graph.types(row.id, [f"{CG}Discrepancy"])
        graph.add_english(row.id, LABEL, row.label)
        graph.link(row.id, f"{CG}discrepancyType", iris.concept("discrepancy-type", row.type))
        graph.add_english(row.id, f"{SKOS}note", row.note)
        members = list(dict.fromkeys(involved))
        graph.link(row.id, f"{CG}involves", *members)
        if row.type == "value-conflict":
            figures = [member for member in members if member.startswith(f"{iris.CGI}obs/")]
            for position, figure in enumerate(figures):
                graph.link(figure, f"{CG}conflictsWith", *figures[position + 1 :])
        for place in row.locators:
            graph.link(row.id, f"{CG}statedIn", self._fragments.iri(place))
        return row.id

    def _stated(self, subject: str, row: EvidencedRow) -> GraphBuilder:
        graph = GraphBuilder(row.deck, self.quads)
        for place in row.locators:
            graph.link(subject, f"{CG}statedIn", self._fragments.iri(place))
        graph.add_english(subject, f"{CG}extractionNote", row.note)
        return graph

    def _quoted_and_attributed(
        self, graph: GraphBuilder, subject: str, deck: str, raw_text: str | None
    ) -> None:
        graph.add_english(subject, f"{CG}rawText", raw_text)
        graph.link(subject, f"{PROV}wasAttributedTo", *self._authors.get(source_iri(deck), ()))

    def _period(self, period: Period) -> None:
        if period.token in self._periods:
            return
        self._periods.add(period.token)
        describe_period(GraphBuilder(CURATION, self.quads), period)
