"""Counts over a dataset: statements by source, evidence by class, definitions.

Things are IRIs as text; every result has a fixed order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final, cast
from urllib.parse import urlsplit

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCT, OWL, RDF, RDFS, SKOS

_DEFAULT: Final = ox.DefaultGraph()
_UNKNOWN: Final = "unknown"

#: Classes whose members are records of what a source says, rather than things that sources name.
_RECORDS: Final = ("Observation", "Claim", "RelationClaim", "LevelSupport", "Milestone", "Discrepancy")
#: Classes whose members are sources, places in them, or the project's own yardsticks: no source states them.
_NOT_STATED: Final = ("Source", "SourceDocument", "Locator", "SourceFragment", "Slide", "Period", "Indicator")
#: Classes of reference data, which rest on whole documents and tables.
_REFERENCE: Final = ("Country", "Point", "Region", "TerritorialChange")


def label(store: ox.Store, iri: str) -> str:
    """The English label of a thing, or nothing."""
    names = (f"{SKOS}prefLabel", f"{RDFS}label", f"{DCT}title")
    found = (
        quad.object.value
        for name in names
        for quad in store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(name), None, _DEFAULT)
        if isinstance(quad.object, ox.Literal) and quad.object.language in (None, "en")
    )
    return min(found, default="")


def sources(store: ox.Store) -> tuple[str, ...]:
    """The source documents."""
    return tuple(sorted(_members(store, f"{CG}SourceDocument")))


def pages(store: ox.Store) -> tuple[int, int]:
    """How many web pages are sources, and on how many sites they are."""
    found = _members(store, f"{CG}WebPage")
    hosts = {
        urlsplit(address).hostname for page in found for address in _objects(store, page, f"{CG}webAddress")
    }
    return len(found), len(hosts)


def certainties(store: ox.Store) -> dict[str, int]:
    """How many statements there are of each degree of certainty, by its code, most first."""
    found = Counter(
        quad.object.value.removeprefix(f"{iris.CGS}certainty/")
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{CG}certainty"), None, _DEFAULT)
        if isinstance(quad.object, ox.NamedNode)
    )
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def corroborated(store: ox.Store) -> int:
    """How many statements more than one reading of the sources found."""
    readings = Counter(
        quad.subject
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{CG}foundInReading"), None, _DEFAULT)
    )
    return sum(1 for count in readings.values() if count > 1)


def statements_by_source(store: ox.Store, kind: str) -> Counter[str | None]:
    """How many records of a class each source states; None counts those that no source states.

    A record that two sources state counts for both.
    """
    found: Counter[str | None] = Counter()
    for record in _members(store, f"{CG}{kind}"):
        stating = _sources_of(store, record)
        found.update(stating if stating else (None,))
    return found


def instances(store: ox.Store, kind: str) -> int:
    """How many things there are of a class."""
    return len(_members(store, f"{CG}{kind}"))


def evidence_by_class(store: ox.Store) -> Iterator[tuple[str, frozenset[str], tuple[str, ...]]]:
    """For each class of the ontology with members: the class, its members, those without a place in a source.

    Derived observations, which rest on other observations, are left out.
    """
    exempt = {iri for kind in _NOT_STATED for iri in _members(store, f"{CG}{kind}")}
    exempt |= {
        quad.subject.value
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{iris.PROV}wasDerivedFrom"), None, _DEFAULT)
        if isinstance(quad.subject, ox.NamedNode)
    }
    whole = _of_whole_sources(store)
    for kind in _terms(store, "Class"):
        members = frozenset(_members(store, kind) - exempt)
        if members:
            yield (
                kind,
                members,
                tuple(sorted(each for each in members - whole if not _objects(store, each, f"{CG}statedIn"))),
            )


def _of_whole_sources(store: ox.Store) -> frozenset[str]:
    """The reference data that name a whole document or table as their source."""
    return frozenset(
        thing
        for kind in _REFERENCE
        for thing in _members(store, f"{CG}{kind}")
        if _objects(store, thing, f"{CG}sourcedFrom") or _objects(store, thing, f"{DCT}source")
    )


def things_by_number_of_sources(store: ox.Store) -> tuple[tuple[tuple[str, str], ...], int]:
    """Each thing that one source alone names, with that source; and how many things any source names.

    Sources are no such things, nor records of what a source says: those rest on their own by nature.
    """
    apart = {iri for kind in (*_RECORDS, *_NOT_STATED) for iri in _members(store, f"{CG}{kind}")}
    named: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{CG}statedIn"), None, _DEFAULT):
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value not in apart:
            named[quad.subject.value] |= _sources_of(store, quad.subject.value)
    single = [(thing, *found) for thing, found in named.items() if len(found) == 1]
    return tuple((thing, source) for thing, source in sorted(single)), len(named)


def kinds(store: ox.Store) -> dict[str, str]:
    """The narrowest class of each thing: of those it is a member of, the one with the fewest members."""
    found: dict[str, str] = {}
    by_size = sorted(
        (
            (members, kind)
            for kind in (*_terms(store, "Class"), f"{SKOS}Concept")
            if (members := _members(store, kind))
        ),
        key=lambda each: (len(each[0]), each[1]),
    )
    for members, kind in by_size:
        for member in members:
            found.setdefault(member, kind)
    return found


def discrepancies(store: ox.Store) -> dict[str, tuple[str, ...]]:
    """The discrepancies of each type, the type with most first."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{CG}discrepancyType"), None, _DEFAULT):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            found[quad.object.value].add(quad.subject.value)
    order = sorted(found, key=lambda kind: (-len(found[kind]), kind))
    return {kind: tuple(sorted(found[kind])) for kind in order}


def as_of(store: ox.Store, source: str) -> tuple[str, str | None, str | None]:
    """What is known of a source's date: the code of the basis, the earliest and the latest day."""
    bases = [
        code
        for basis in _objects(store, source, f"{CG}asOfBasis")
        for code in _objects(store, basis, f"{SKOS}notation")
    ]
    earliest, latest = (
        min(_objects(store, source, f"{CG}asOf{end}"), default=None) for end in ("Earliest", "Latest")
    )
    return min(bases, default=_UNKNOWN), earliest, latest


def cited_extent(store: ox.Store, source: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(slides cited, slides) and (lines cited, lines on slides) of a source."""
    slides = _members(store, f"{CG}Slide")
    fragments = {
        quad.subject.value
        for quad in store.quads_for_pattern(
            None, ox.NamedNode(f"{CG}fragmentOf"), ox.NamedNode(source), _DEFAULT
        )
        if isinstance(quad.subject, ox.NamedNode)
    }
    cited = [_lines(store, fragment) for fragment in fragments - slides]
    lines_cited = {line for extent in cited for line in extent}
    extents = [_lines(store, slide) for slide in fragments & slides]
    on_slides = {line for extent in extents for line in extent}
    return (
        (sum(not lines_cited.isdisjoint(extent) for extent in extents), len(extents)),
        (len(lines_cited & on_slides), len(on_slides)),
    )


def definitions(store: ox.Store) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """For each kind of term of the project: how many, and those without an English definition."""
    kinds = {
        "class": _terms(store, "Class"),
        "object property": _terms(store, "ObjectProperty"),
        "datatype property": _terms(store, "DatatypeProperty"),
        "concept": tuple(
            sorted(
                iri
                for iri in _members(store, f"{SKOS}Concept") | _members(store, f"{CG}Indicator")
                if iri.startswith(iris.CGS)
            )
        ),
    }
    for kind, terms in kinds.items():
        if terms:
            yield kind, len(terms), tuple(term for term in terms if not _is_defined(store, term))


def triples(store: ox.Store) -> int:
    """How many triples there are."""
    return sum(1 for _ in store.quads_for_pattern(None, None, None, _DEFAULT))


def _members(store: ox.Store, class_iri: str) -> set[str]:
    return {
        quad.subject.value
        for quad in store.quads_for_pattern(
            None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(class_iri), _DEFAULT
        )
        if isinstance(quad.subject, ox.NamedNode)
    }


def _terms(store: ox.Store, kind: str) -> tuple[str, ...]:
    return tuple(sorted(iri for iri in _members(store, f"{OWL}{kind}") if iri.startswith(CG)))


def _objects(store: ox.Store, subject: str, predicate: str) -> list[str]:
    quads = store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None, _DEFAULT)
    return sorted(cast(ox.NamedNode | ox.Literal, quad.object).value for quad in quads)


def _sources_of(store: ox.Store, subject: str) -> set[str]:
    return {
        source
        for fragment in _objects(store, subject, f"{CG}statedIn")
        for link in ("fragmentOf", "stateOf")
        for source in _objects(store, fragment, f"{CG}{link}")
    }


def _lines(store: ox.Store, fragment: str) -> range:
    first = min(map(int, _objects(store, fragment, f"{CG}lineStart")), default=0)
    last = max(map(int, _objects(store, fragment, f"{CG}lineEnd")), default=-1)
    return range(first, last + 1)


def _is_defined(store: ox.Store, term: str) -> bool:
    return any(
        isinstance(quad.object, ox.Literal) and quad.object.language == "en" and quad.object.value.strip()
        for quad in store.quads_for_pattern(
            ox.NamedNode(term), ox.NamedNode(f"{SKOS}definition"), None, _DEFAULT
        )
    )
