"""The way back from a named graph to the cells of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG

_TYPE = ox.NamedNode(f"{iris.RDF}type")


@dataclass(frozen=True, slots=True)
class Graphed:
    """One named graph of a dataset, asked for cells; several values come sorted."""

    store: ox.Store
    graph: str

    def instances(self, class_iri: str) -> list[str]:
        """The IRIs of the things of a class, sorted."""
        return sorted(self._subjects(_TYPE, ox.NamedNode(class_iri)))

    def subjects(self, predicate: str, value: str) -> list[str]:
        """The IRIs that lead to a thing by a property, sorted."""
        return sorted(self._subjects(ox.NamedNode(predicate), ox.NamedNode(value)))

    def values(self, subject: str, predicate: str) -> list[str]:
        """The IRIs or texts that a thing has for a property, sorted."""
        found = self.store.quads_for_pattern(
            ox.NamedNode(subject), ox.NamedNode(predicate), None, ox.NamedNode(self.graph)
        )
        terms = (quad.object for quad in found)
        return sorted(term.value for term in terms if isinstance(term, ox.NamedNode | ox.Literal))

    def value(self, subject: str, predicate: str) -> str | None:
        """The first of the values, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def language(self, subject: str, *predicates: str) -> str | None:
        """The language of the first text that a thing has for one of the properties."""
        for predicate in predicates:
            for quad in self.store.quads_for_pattern(
                ox.NamedNode(subject), ox.NamedNode(predicate), None, ox.NamedNode(self.graph)
            ):
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
        """The token of the period that a property leads to."""
        period = self.value(subject, predicate)
        return None if period is None else period.removeprefix(f"{iris.CGI}period/").replace("_", "/")

    def evidence(self, subject: str) -> dict[str, str | None]:
        """The cells of a sourced row: pages, time, certainty, readings, note."""
        pages, times = set(), set()
        for state in self.values(subject, f"{CG}statedIn"):
            source = self.value(state, f"{CG}stateOf") or ""
            pages.update(self.values(source, f"{CG}webAddress"))
            key = state.removeprefix(f"{iris.CGI}state/")
            times.add(key.removeprefix(source.removeprefix(f"{iris.CGI}source/")).removeprefix("-"))
        return {
            "source_url": several(sorted(pages)),
            "as_of": (min(times, default="") or "").replace("_", "/") or None,
            "certainty": self.code(subject, f"{CG}certainty"),
            "readings": several(self.codes(subject, f"{CG}foundInReading")),
            "note": self.value(subject, f"{CG}extractionNote"),
        }

    def place(self, subject: str) -> dict[str, str | None]:
        """The cells of a placed row that are kept as the table gave them."""
        return {
            "nuts_code": self.value(subject, f"{CG}codeAsStated"),
            "nuts_version": self.value(subject, f"{CG}codeVersionAsStated"),
            "region_name": self.value(subject, f"{CG}nameAsStated"),
            "derived": several(self.values(subject, f"{CG}derivedColumn")),
        }

    def _subjects(self, predicate: ox.NamedNode, value: ox.NamedNode) -> Iterator[str]:
        for quad in self.store.quads_for_pattern(None, predicate, value, ox.NamedNode(self.graph)):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value


def several(values: Iterator[str] | list[str]) -> str | None:
    """Values in one cell, or None where there are none."""
    return "|".join(values) or None
