"""Triples written as lines of N-Quads, without a quad in between: for inputs of a million rows."""

from __future__ import annotations

from functools import lru_cache

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.sources.triples import GraphBuilder


class LineSink(list[str]):
    """Takes lines of N-Quads; a list, so that whoever fills it empties it."""

    def append(self, quad: ox.Quad | str, /) -> None:
        """Take a line, or one quad as a line."""
        super().append(quad if isinstance(quad, str) else f"{quad} .\n")


class LineBuilder(GraphBuilder):
    """Writes the triples of one named graph as lines."""

    def __init__(self, source: str, sink: LineSink) -> None:
        super().__init__(source, sink)
        self._lines: list[str] = sink
        self._end = f" {written_iri(iris.graph(source))} .\n"

    def add(self, subject: str, predicate: str, value: ox.NamedNode | ox.Literal | str | None) -> None:
        """State one triple; a plain string is a plain literal."""
        if value is None:
            return
        term = str(ox.Literal(value)) if isinstance(value, str) else str(value)
        list.append(self._lines, f"{written_iri(subject)} {written_iri(predicate)} {term}{self._end}")

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """State a link to each object."""
        begun = f"{written_iri(subject)} {written_iri(predicate)} "
        for value in objects:
            list.append(self._lines, f"{begun}{written_iri(value)}{self._end}")


@lru_cache(maxsize=65_536)
def written_iri(value: str) -> str:
    """An IRI as N-Quads write it; raises ValueError where it is none."""
    return str(ox.NamedNode(value))
