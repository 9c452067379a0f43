"""The evidence check: every statement leads to lines of a source and, with the decks at hand, found there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.faults import located
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.check.places import Fragment, Places, instances, objects
from clustergraph.check.quotes import against_decks
from clustergraph.errors import Fault
from clustergraph.evidence import Locator
from clustergraph.iris import CG, DCT, PROV, RDF

#: Things that are places themselves, or that several statements share.
_WITHOUT_EVIDENCE: Final = frozenset(
    f"{CG}{name}"
    for name in (
        "SourceDocument",
        "SourceFragment",
        "Slide",
        "WebPage",
        "SuppliedTable",
        "SourceState",
        "Period",
    )
)
#: Things that a whole document or table states, which they name instead of a fragment.
_OF_WHOLE_SOURCES: Final = frozenset(
    f"{CG}{name}" for name in ("Country", "Point", "Region", "TerritorialChange")
)
_DEFAULT: Final = ox.DefaultGraph()


@measured("evidence")
def check_evidence(dataset: CheckedDataset, decks: Path | None = None) -> Findings:
    """Follow every thing and statement to its fragment, slide and document; compare quotes with the decks.

    `decks` is a directory with the source texts under the names that `data/sources.ttl` gives.
    """
    store = dataset.asserted
    places = Places(store)
    statements = _statements(store)
    faults = [
        *_unevidenced(store, statements, places),
        *_fragments(places, set(instances(store, f"{CG}SourceDocument"))),
        *_overlapping_slides(places),
        *_relations(store),
    ]
    figures = f"{plural(len(statements), 'statement and thing', 'statements and things')}, "
    figures += f"{plural(len(places.fragments), 'fragment')}, {plural(len(places.states), 'state')} of pages"
    if decks is None:
        figures += "; quotes not compared, no decks given"
    else:
        compared, found = against_decks(store, places, decks)
        faults += found
        figures += f"; {plural(compared, 'quote')} compared"
    return Findings(figures, tuple(located(dataset.collection, fault) for fault in faults))


def _statements(store: ox.Store) -> dict[str, set[str]]:
    """Every thing of the project with its classes, as far as it needs evidence."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{RDF}type"), None, _DEFAULT):
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(iris.CGI):
            found[quad.subject.value].add(str(quad.object).strip("<>"))
    derived = f"{PROV}wasDerivedFrom"
    return {
        subject: classes
        for subject, classes in sorted(found.items())
        if not classes & _WITHOUT_EVIDENCE
        and any(name.startswith((CG, iris.FOAF, iris.ORG)) for name in classes)
        and not objects(store, subject, derived)
    }


def _unevidenced(store: ox.Store, statements: dict[str, set[str]], places: Places) -> Iterator[Fault]:
    for subject, classes in statements.items():
        kind = ", ".join(iris.compact(name) for name in sorted(classes))
        fragments = places.stated_in.get(subject, [])
        if not fragments and classes & _OF_WHOLE_SOURCES:
            if not objects(store, subject, f"{CG}sourcedFrom") + objects(store, subject, f"{DCT}source"):
                yield Fault(
                    rule="evidence",
                    message=f"{iris.compact(subject)} ({kind}) names no source.",
                    fix="Give cg:sourcedFrom with a source document, or dct:source with an address.",
                    focus=subject,
                )
        elif not fragments:
            yield Fault(
                rule="evidence",
                message=f"{iris.compact(subject)} ({kind}) is stated in no place of a source.",
                fix="Give its row a deck and lines, or a page; or add lines in data/decks/evidence.csv.",
                focus=subject,
            )
        for fragment in fragments:
            if fragment not in places.fragments and fragment not in places.states:
                yield Fault(
                    rule="evidence",
                    message=f"{iris.compact(subject)} is stated in {iris.compact(fragment)}, which is no "
                    "place in a source.",
                    fix="Point cg:statedIn at a source fragment, or at a state of a page or table.",
                    focus=subject,
                    value=fragment,
                )


def _fragments(places: Places, documents: set[str]) -> Iterator[Fault]:
    for fragment in places.fragments.values():
        for message in _wrong_with(fragment, places, documents):
            yield Fault(
                rule="located fragment",
                message=f"{iris.compact(fragment.iri)} {message}",
                fix="Correct the lines in the table, or the extents of the slides in data/decks/slides.csv.",
                focus=fragment.iri,
            )


def _wrong_with(fragment: Fragment, places: Places, documents: set[str]) -> Iterator[str]:
    place = fragment.place
    if fragment.document not in documents:
        yield "is a fragment of no source document, or of several."
        return
    if place is None or place.first < 1 or place.last < place.first:
        yield "has no first and last line that run forwards."
        return
    if fragment.is_slide:
        return
    if place.iri != fragment.iri:
        yield f"describes {place.source}, {place.words}, which its identifier does not."
    if len(fragment.slides) != 1:
        yield f"lies on {len(fragment.slides)} slides instead of one."
    for slide in fragment.slides:
        extent = places.fragments[slide].place if slide in places.fragments else None
        if extent is None or not _within(place, extent):
            yield f"does not lie within {iris.compact(slide)}."


def _overlapping_slides(places: Places) -> Iterator[Fault]:
    slides = [
        (place, fragment.iri)
        for fragment in places.fragments.values()
        if fragment.is_slide and (place := fragment.place) is not None
    ]
    for (before, earlier), (after, later) in pairwise(sorted(slides)):
        if before.source == after.source and after.first <= before.last:
            yield Fault(
                rule="slides apart",
                message=f"{iris.compact(later)} begins on line {after.first}, before "
                f"{iris.compact(earlier)} ends.",
                fix="Correct the extents in data/decks/slides.csv.",
                focus=later,
            )


def _relations(store: ox.Store) -> Iterator[Fault]:
    """A relation claim carries the evidence of a triple, so that triple stands in the graph too."""
    for claim in instances(store, f"{CG}RelationClaim"):
        parts = [objects(store, claim, f"{CG}asserted{part}") for part in ("Subject", "Property", "Object")]
        if any(len(values) != 1 or not isinstance(values[0], ox.NamedNode) for values in parts):
            message = "does not assert one subject, one property and one object"
        else:
            (subject,), (predicate,), (value,) = parts
            if ox.Quad(subject, predicate, value) in store:  # type: ignore[arg-type]
                continue
            message = "claims a triple that is not in the graph"
        yield Fault(
            rule="claimed relation",
            message=f"{iris.compact(claim)} {message}.",
            fix="Correct the row that states the relation.",
            focus=claim,
        )


def _within(inner: Locator, outer: Locator) -> bool:
    return inner.source == outer.source and outer.first <= inner.first and inner.last <= outer.last
