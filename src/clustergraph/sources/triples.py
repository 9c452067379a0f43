"""A small builder of triples in one named graph."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pyoxigraph as ox

from clustergraph import iris

_XSD_DECIMAL = ox.NamedNode(f"{iris.XSD}decimal")
_XSD_INTEGER = ox.NamedNode(f"{iris.XSD}integer")
_XSD_DATE = ox.NamedNode(f"{iris.XSD}date")
TYPE = f"{iris.RDF}type"
LABEL = f"{iris.RDFS}label"


def iri(value: str) -> ox.NamedNode:
    """An IRI as a term."""
    return ox.NamedNode(value)


def english(text: str) -> ox.Literal:
    """An English text (BCP 47 `en`)."""
    return ox.Literal(text, language="en")


def language(text: str, tag: str) -> ox.Literal:
    """A text in a language (BCP 47)."""
    return ox.Literal(text, language=tag)


def decimal(value: Decimal) -> ox.Literal:
    """An xsd:decimal in its canonical form."""
    text = format(value.normalize(), "f")
    return ox.Literal(text, datatype=_XSD_DECIMAL)


def integer(value: int) -> ox.Literal:
    """An xsd:integer."""
    return ox.Literal(str(value), datatype=_XSD_INTEGER)


def day(value: object) -> ox.Literal:
    """An xsd:date."""
    return ox.Literal(str(value), datatype=_XSD_DATE)


class GraphBuilder:
    """Collects the triples of one named graph; None is nothing to say."""

    def __init__(self, source: str, sink: list[ox.Quad]) -> None:
        self._graph = ox.NamedNode(iris.graph(source))
        self._sink = sink

    def add(self, subject: str, predicate: str, value: ox.NamedNode | ox.Literal | str | None) -> None:
        """State one triple; a plain string is a plain literal."""
        if value is None:
            return
        term = ox.Literal(value) if isinstance(value, str) else value
        self._sink.append(ox.Quad(iri(subject), iri(predicate), term, self._graph))

    def add_english(self, subject: str, predicate: str, text: str | None) -> None:
        """State an English text, where there is one."""
        if text is not None:
            self.add(subject, predicate, english(text))

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """State a link to each object."""
        for value in objects:
            self.add(subject, predicate, iri(value))

    def types(self, subject: str, classes: Iterable[str]) -> None:
        """State the classes of a thing."""
        self.link(subject, TYPE, *classes)
