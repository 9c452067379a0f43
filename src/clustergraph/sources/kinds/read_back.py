"""The way back from a named graph to the rows of a table: what stands at a subject, and its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, RDF

_WEB_STATE: Final = re.compile(r"state/web-[0-9a-f]{10}(?:-(.*))?")


class NamedGraph:
    """The statements of one named graph of a dataset."""

    def __init__(self, store: ox.Store, graph: str) -> None:
        self._store = store
        self._graph = ox.NamedNode(graph)
        self._table_state = f"state/table-{graph.removeprefix(iris.GRAPH).replace('_', '-')}"

    def subjects(self, predicate: str, value: str | None = None) -> list[str]:
        """The IRIs that have a property, or have it with the IRI given, sorted."""
        term = None if value is None else ox.NamedNode(value)
        quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), term, self._graph)
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})

    def values(self, subject: str, predicate: str) -> list[str]:
        """The values of a property as texts, whatever their kind and language, sorted."""
        quads = self._store.quads_for_pattern(
            ox.NamedNode(subject), ox.NamedNode(predicate), None, self._graph
        )
        return sorted(
            quad.object.value for quad in quads if not isinstance(quad.object, ox.Triple | ox.BlankNode)
        )

    def one(self, subject: str, predicate: str) -> str | None:
        """The first of the values, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def joined(self, subject: str, predicate: str) -> str | None:
        """The values as a cell writes several."""
        return "|".join(self.values(subject, predicate)) or None

    def codes(self, subject: str, predicate: str) -> list[str]:
        """The codes of the concepts that a property leads to."""
        return [value.rpartition("/")[2] for value in self.values(subject, predicate)]

    def classes(self, subject: str) -> list[str]:
        """The classes of a subject."""
        return self.values(subject, f"{RDF}type")

    def relations(self, subject: str, predicate: str) -> Iterator[tuple[str, str]]:
        """Each (claim, object) by which a relation of the subject is claimed."""
        for claim in self.subjects(f"{CG}assertedSubject", subject):
            if self.one(claim, f"{CG}assertedProperty") == predicate:
                value = self.one(claim, f"{CG}assertedObject")
                if value is not None:
                    yield claim, value

    def evidence(self, subject: str, statements: Iterable[str]) -> dict[str, str | None]:
        """The cells of evidence: pages and note of the subject; certainty and readings of its statements."""
        states = self.values(subject, f"{CG}statedIn")
        sources = (self.one(state, f"{CG}stateOf") for state in states)
        addresses = (self.one(source, f"{CG}webAddress") for source in sources if source is not None)
        certainty: str | None = None
        readings: list[str] = []
        for statement in (subject, *statements):
            certainty = next(iter(self.codes(statement, f"{CG}certainty")), certainty)
            readings = self.codes(statement, f"{CG}foundInReading") or readings
        return {
            "source_url": "|".join(sorted(address for address in addresses if address)) or None,
            "as_of": next((self._as_of(state) for state in states), None),
            "certainty": certainty,
            "readings": "|".join(readings) or None,
            "note": self.one(subject, f"{CG}extractionNote"),
        }

    def _as_of(self, state: str) -> str | None:
        key = state.removeprefix(iris.CGI)
        if match := _WEB_STATE.fullmatch(key):
            return match[1] and match[1].replace("_", "/")
        return key.removeprefix(self._table_state).removeprefix("-").replace("_", "/") or None


def period_token(period: str | None) -> str | None:
    """The period of an IRI as a cell writes it."""
    return None if period is None else period.rpartition("/")[2].replace("_", "/")
