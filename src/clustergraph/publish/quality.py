"""What can be said about the quality of the knowledge in a release, as data for a page and for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pyoxigraph as ox
from pydantic import BaseModel, ConfigDict

from clustergraph.errors import Severity
from clustergraph.publish import evidence_measures as measures


class GateResult(Protocol):
    """What is read of one result of the SHACL gate."""

    @property
    def focus(self) -> str: ...
    @property
    def shape(self) -> str | None: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def message(self) -> str: ...


class GateReport(Protocol):
    """What is read of a validation report."""

    @property
    def results(self) -> Sequence[GateResult]: ...


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Share(_Frozen):
    """`part` of `whole`; `percent` is rounded to one decimal, None where there is nothing to share."""

    part: int
    whole: int
    percent: float | None


class Named(_Frozen):
    """A thing with its IRI and English label (empty where it has none)."""

    iri: str
    label: str


class SourceQuality(_Frozen):
    """One source: what it states and how much of it is cited.

    `as_of` is what is known of its date: a basis (stated, inferred, unknown) with the earliest and latest day
    (ISO 8601, None where unknown). `slides_cited` and `lines_cited` count slides and lines on slides that a
    cited fragment covers.
    """

    source: Named
    observations: int
    claims: int
    as_of_basis: str
    as_of_earliest: str | None
    as_of_latest: str | None
    slides_cited: Share
    lines_cited: Share


class PublicFacts(_Frozen):
    """What rests on public pages: how many pages on how many sites, and how sure the statements are.

    `certainty` counts statements by code of the scheme certainty; `corroborated` those that more than one
    reading of the sources found.
    """

    pages: int
    sites: int
    certainty: dict[str, int]
    corroborated: int


class ClassEvidence(_Frozen):
    """How many things of a class have a place in a source; `without` are those that have none."""

    kind: Named
    evidenced: Share
    without: tuple[Named, ...]


class DiscrepancyKind(_Frozen):
    """The discrepancies of one type."""

    type: Named
    count: int
    discrepancies: tuple[Named, ...]


class SingleSourced(_Frozen):
    """A thing that one source alone names, with its narrowest class."""

    thing: Named
    kind: str
    source: str


class OpenResult(_Frozen):
    """Results of one shape with one message that did not forbid publishing."""

    shape: str
    severity: Severity
    message: str
    count: int
    focus_nodes: tuple[str, ...]


class DefinitionShare(_Frozen):
    """How many terms of a kind have an English definition; `without` are those that have none."""

    kind: str
    defined: Share
    without: tuple[Named, ...]


class Quality(_Frozen):
    """Everything measured, in a fixed order; `open_results` is None where no report was given."""

    sources: tuple[SourceQuality, ...]
    public: PublicFacts
    observations: int
    observations_derived: int
    evidence: tuple[ClassEvidence, ...]
    discrepancies: int
    discrepancies_by_type: tuple[DiscrepancyKind, ...]
    things_with_evidence: int
    single_sourced: tuple[SingleSourced, ...]
    undated_sources: tuple[Named, ...]
    definitions: tuple[DefinitionShare, ...]
    triples: int
    inferred: Share
    open_results: tuple[OpenResult, ...] | None


def quality(store: ox.Store, report: GateReport | None = None, *, inferred: int) -> dict[str, Any]:
    """The measures of `measure` as a JSON object."""
    return measure(store, report, inferred=inferred).model_dump(mode="json")


def measure(store: ox.Store, report: GateReport | None = None, *, inferred: int) -> Quality:
    """Measures a closed dataset, and groups the open results of its validation report.

    The default graph holds every triple once; `inferred` is how many of them no source states.
    """
    figures = measures.statements_by_source(store, "Observation")
    claims = measures.statements_by_source(store, "Claim")
    single, with_evidence = measures.things_by_number_of_sources(store)
    kinds = measures.kinds(store)
    triples = measures.triples(store)
    discrepancies = measures.discrepancies(store)
    sources = [_source(store, source, figures, claims) for source in measures.sources(store)]
    return Quality(
        sources=tuple(sources),
        public=_public(store),
        observations=measures.instances(store, "Observation"),
        observations_derived=figures[None],
        evidence=tuple(
            ClassEvidence(
                kind=_named(store, kind),
                evidenced=_share(len(members) - len(without), len(members)),
                without=tuple(_named(store, thing) for thing in without),
            )
            for kind, members, without in measures.evidence_by_class(store)
        ),
        discrepancies=len({each for found in discrepancies.values() for each in found}),
        discrepancies_by_type=tuple(
            DiscrepancyKind(
                type=_named(store, kind),
                count=len(found),
                discrepancies=tuple(_named(store, each) for each in found),
            )
            for kind, found in discrepancies.items()
        ),
        things_with_evidence=with_evidence,
        single_sourced=tuple(
            SingleSourced(thing=_named(store, thing), kind=kinds.get(thing, ""), source=source)
            for thing, source in single
        ),
        undated_sources=tuple(
            source.source
            for source in sources
            if source.as_of_earliest is None and source.as_of_latest is None
        ),
        definitions=tuple(
            DefinitionShare(
                kind=kind,
                defined=_share(whole - len(without), whole),
                without=tuple(_named(store, term) for term in without),
            )
            for kind, whole, without in measures.definitions(store)
        ),
        triples=triples,
        inferred=_share(inferred, triples),
        open_results=None if report is None else _open_results(report.results),
    )


def _source(
    store: ox.Store, source: str, figures: Counter[str | None], claims: Counter[str | None]
) -> SourceQuality:
    slides, lines = measures.cited_extent(store, source)
    basis, earliest, latest = measures.as_of(store, source)
    return SourceQuality(
        source=_named(store, source),
        observations=figures[source],
        claims=claims[source],
        as_of_basis=basis,
        as_of_earliest=earliest,
        as_of_latest=latest,
        slides_cited=_share(*slides),
        lines_cited=_share(*lines),
    )


def _public(store: ox.Store) -> PublicFacts:
    pages, sites = measures.pages(store)
    return PublicFacts(
        pages=pages,
        sites=sites,
        certainty=measures.certainties(store),
        corroborated=measures.corroborated(store),
    )


def _open_results(results: Iterable[GateResult]) -> tuple[OpenResult, ...]:
    """Warnings and infos, grouped; the most frequent first within a severity."""
    groups: dict[tuple[Severity, str, str], list[str]] = defaultdict(list)
    for result in results:
        if result.severity is not Severity.VIOLATION:
            groups[result.severity, result.shape or "", result.message].append(result.focus)
    grades = list(Severity)
    found = [
        OpenResult(
            shape=shape,
            severity=severity,
            message=message,
            count=len(focus_nodes),
            focus_nodes=tuple(sorted(set(focus_nodes))),
        )
        for (severity, shape, message), focus_nodes in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda each: (grades.index(each.severity), -each.count, each.shape, each.message))
    )


def _named(store: ox.Store, iri: str) -> Named:
    return Named(iri=iri, label=measures.label(store, iri))


def _share(part: int, whole: int) -> Share:
    return Share(part=part, whole=whole, percent=round(100 * part / whole, 1) if whole else None)
