"""A small builder of triples in one named graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.sources.cells import Period

_XSD_DECIMAL = ox.NamedNode(f"{iris.XSD}decimal")
_XSD_INTEGER = ox.NamedNode(f"{iris.XSD}integer")
_XSD_DATE = ox.NamedNode(f"{iris.XSD}date")
_XSD_BOOLEAN = ox.NamedNode(f"{iris.XSD}boolean")
TYPE: Final = f"{iris.RDF}type"
LABEL: Final = f"{iris.RDFS}label"
#: The units of figures, by the code that tables use.
UNITS: Final[Mapping[str, str]] = {
    "EUR": f"{iris.CURRENCY}EUR",
    "NUM": f"{iris.UNIT}NUM",
    "PERCENT": f"{iris.UNIT}PERCENT",
    "MO": f"{iris.UNIT}MO",
    "DAY": f"{iris.UNIT}DAY",
    "KM": f"{iris.UNIT}KiloM",
}


class QuadSink(Protocol):
    """What takes quads one by one: a list, or a file that is being written."""

    def append(self, quad: ox.Quad, /) -> None:
        """Take one quad."""


@lru_cache(maxsize=65_536)
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


def in_words(value: Decimal) -> str:
    """A number as labels write it: with commas between thousands, without zeros that say nothing."""
    whole, point, rest = format(value.normalize(), "f").partition(".")
    return f"{int(whole):,}{point}{rest}"


def integer(value: int) -> ox.Literal:
    """An xsd:integer."""
    return ox.Literal(str(value), datatype=_XSD_INTEGER)


def boolean(value: bool) -> ox.Literal:
    """An xsd:boolean."""
    return ox.Literal("true" if value else "false", datatype=_XSD_BOOLEAN)


def day(value: object) -> ox.Literal:
    """An xsd:date."""
    return ox.Literal(str(value), datatype=_XSD_DATE)


class GraphBuilder:
    """Collects the triples of one named graph; None is nothing to say.

    `latest_label` is the thing that was labelled last, with its label.
    """

    latest_label: tuple[str, str] | None = None

    def __init__(self, source: str, sink: QuadSink) -> None:
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
            if predicate == LABEL:
                self.latest_label = (subject, text)
            self.add(subject, predicate, english(text))

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """State a link to each object."""
        for value in objects:
            self.add(subject, predicate, iri(value))

    def types(self, subject: str, classes: Iterable[str]) -> None:
        """State the classes of a thing."""
        self.link(subject, TYPE, *classes)


def state_interval(graph: GraphBuilder, subject: str, period: Period) -> None:
    """State the first and the last day of a period, where it has them."""
    if period.start is not None and period.end is not None:
        graph.add(subject, f"{iris.DCAT}startDate", day(period.start))
        graph.add(subject, f"{iris.DCAT}endDate", day(period.end))


def describe_period(graph: GraphBuilder, period: Period) -> None:
    """State the class, the label and the days of a period."""
    graph.types(period.iri, [f"{iris.CG}Period"])
    graph.add_english(period.iri, LABEL, period.label)
    state_interval(graph, period.iri, period)
