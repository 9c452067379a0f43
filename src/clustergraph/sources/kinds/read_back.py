"""The way back from a named graph to the cells of rows: what stands at a subject, and its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, RDF
from clustergraph.sources.kinds.placed import PLACE


@dataclass(frozen=True, slots=True)
class NamedGraph:
    """One named graph of a dataset, asked for cells; several values come sorted."""

    store: ox.Store
    graph: str

    def subjects(self, predicate: str, value: str | None = None) -> list[str]:
        """The IRIs that have a property, or have it with the IRI given."""
        quads = self._quads(None, predicate, None if value is None else ox.NamedNode(value))
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})

    def instances(self, class_iri: str) -> list[str]:
        """The IRIs of the things of a class."""
        return self.subjects(f"{RDF}type", class_iri)

    def values(self, subject: str, predicate: str) -> list[str]:
        """The values of a property as texts, whatever their kind and language."""
        terms = (quad.object for quad in self._quads(ox.NamedNode(subject), predicate, None))
        return sorted(term.value for term in terms if isinstance(term, ox.NamedNode | ox.Literal))

    def one(self, subject: str, predicate: str) -> str | None:
        """The first of the values, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def joined(self, subject: str, predicate: str) -> str | None:
        """The values as a cell writes several."""
        return several(self.values(subject, predicate))

    def language(self, subject: str, *predicates: str) -> str | None:
        """The language of the first text that a thing has for one of the properties."""
        for predicate in predicates:
            for quad in self._quads(ox.NamedNode(subject), predicate, None):
                if isinstance(quad.object, ox.Literal) and quad.object.language:
                    return quad.object.language
        return None

    def codes(self, subject: str, predicate: str) -> list[str]:
        """The codes of the concepts that a property leads to."""
        return [concept.rpartition("/")[2] for concept in self.values(subject, predicate)]

    def code(self, subject: str, predicate: str) -> str | None:
        """The first of these codes, or None."""
        return next(iter(self.codes(subject, predicate)), None)

    def period(self, subject: str, predicate: str) -> str | None:
        """The period that a property leads to, as a cell writes it."""
        period = self.one(subject, predicate)
        return None if period is None else period.removeprefix(f"{iris.CGI}period/").replace("_", "/")

    def relations(self, subject: str, predicate: str) -> Iterator[tuple[str, str]]:
        """Each (claim, object) by which a relation of the subject is claimed."""
        for claim in self.subjects(f"{CG}assertedSubject", subject):
            if self.one(claim, f"{CG}assertedProperty") == predicate:
                value = self.one(claim, f"{CG}assertedObject")
                if value is not None:
                    yield claim, value

    def place(self, subject: str) -> dict[str, str | None]:
        """The cells of a placed row that are kept as the table gave them."""
        return {column: self.joined(subject, predicate) for column, predicate in PLACE.items()}

    def pages(self, subject: str) -> list[tuple[str | None, str | None]]:
        """The cells source_url and as_of for each time of which a subject is stated, by time.

        A table that somebody supplied is a time without a page.
        """
        by_time: dict[tuple[str, bool], set[str]] = {}
        for state in self.values(subject, f"{CG}statedIn"):
            source = self.one(state, f"{CG}stateOf") or ""
            key = source.removeprefix(f"{iris.CGI}source/")
            when = state.removeprefix(f"{iris.CGI}state/").removeprefix(key).removeprefix("-")
            pages = self.values(source, f"{CG}webAddress")
            by_time.setdefault((when.replace("_", "/"), bool(pages)), set()).update(pages)
        return [(several(sorted(pages)), when or None) for (when, _), pages in sorted(by_time.items())]

    def evidence(self, subject: str, statements: Iterable[str] = ()) -> dict[str, str | None]:
        """The cells of evidence of a subject that one row states.

        Certainty and readings are those of the subject or of the statements that its row makes beside it.
        """
        source_url, as_of = next(iter(self.pages(subject)), (None, None))
        certainty: str | None = None
        readings: list[str] = []
        for statement in (subject, *statements):
            certainty = self.code(statement, f"{CG}certainty") or certainty
            readings = self.codes(statement, f"{CG}foundInReading") or readings
        return {
            "source_url": source_url,
            "as_of": as_of,
            "certainty": certainty,
            "readings": several(readings),
            "note": self.one(subject, f"{CG}extractionNote"),
        }

    def _quads(
        self, subject: ox.NamedNode | None, predicate: str, value: ox.NamedNode | None
    ) -> Iterator[ox.Quad]:
        return self.store.quads_for_pattern(subject, ox.NamedNode(predicate), value, ox.NamedNode(self.graph))


def several(values: Iterable[str]) -> str | None:
    """Values in one cell, or None where there are none."""
    return "|".join(values) or None
