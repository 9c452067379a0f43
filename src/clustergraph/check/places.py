"""Where the dataset says that something is stated: fragments and slides as locators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.evidence import Locator
from clustergraph.iris import CG, RDF

SOURCE_PREFIX: Final = f"{iris.CGI}source/"
_DEFAULT: Final = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Fragment:
    """A source fragment as the dataset describes it; a value that is missing or doubled is None.

    `document` is the IRI of its source document, `slides` are those it lies on, `is_slide` says it is one.
    """

    iri: str
    document: str | None
    first: int | None
    last: int | None
    slides: tuple[str, ...]
    is_slide: bool

    @property
    def place(self) -> Locator | None:
        """The fragment's lines as a locator, where it has a document and lines."""
        if self.document is None or self.first is None or self.last is None:
            return None
        return Locator(self.document.removeprefix(SOURCE_PREFIX), self.first, self.last)


class Places:
    """Every fragment and state of a source, and which things and statements are stated in each."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.fragments: dict[str, Fragment] = {}
        for kind in ("SourceFragment", "Slide"):
            for subject in instances(store, f"{CG}{kind}"):
                self.fragments[subject] = self._fragment(subject, is_slide=kind == "Slide")
        self.states = frozenset(instances(store, f"{CG}SourceState"))
        self.stated_in: dict[str, list[str]] = defaultdict(list)
        for subject, fragment in links(store, f"{CG}statedIn"):
            self.stated_in[subject].append(fragment)

    def of(self, subject: str) -> tuple[Locator, ...]:
        """The places that state a thing, in order; those of a fragment are its own lines."""
        own = [subject] if subject in self.fragments else self.stated_in.get(subject, [])
        found = (self.fragments[each].place for each in own if each in self.fragments)
        return tuple(sorted(place for place in found if place is not None))

    def _fragment(self, subject: str, *, is_slide: bool) -> Fragment:
        def only(predicate: str) -> str | None:
            values = objects(self._store, subject, f"{CG}{predicate}")
            return values[0].value if len(values) == 1 else None

        first, last = only("lineStart"), only("lineEnd")
        return Fragment(
            iri=subject,
            document=only("fragmentOf"),
            first=int(first) if first and first.isdecimal() else None,
            last=int(last) if last and last.isdecimal() else None,
            slides=tuple(value.value for value in objects(self._store, subject, f"{CG}onSlide")),
            is_slide=is_slide,
        )


def instances(store: ox.Store, class_iri: str) -> list[str]:
    """The IRIs of a class's asserted instances, sorted."""
    kind = ox.NamedNode(class_iri)
    quads = store.quads_for_pattern(None, ox.NamedNode(f"{RDF}type"), kind, _DEFAULT)
    return sorted(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))


def links(store: ox.Store, predicate: str) -> Iterator[tuple[str, str]]:
    """Each pair of IRIs that a property relates."""
    for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None, _DEFAULT):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            yield quad.subject.value, quad.object.value


def objects(store: ox.Store, subject: str, predicate: str) -> list[ox.NamedNode | ox.Literal]:
    """The values of a subject's property, in a fixed order."""
    found = store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None, _DEFAULT)
    values = [quad.object for quad in found if isinstance(quad.object, ox.NamedNode | ox.Literal)]
    return sorted(values, key=lambda value: value.value)
