"""Result formats and content negotiation, as pure functions (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ResultKind(StrEnum):
    """What a query returns: SELECT gives solutions, ASK a boolean, CONSTRUCT and DESCRIBE a graph."""

    SOLUTIONS = "solutions"
    BOOLEAN = "boolean"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """A serialisation: its `?format=` name, media type, the kinds of result it can carry and synonyms."""

    name: str
    media_type: str
    kinds: frozenset[ResultKind]
    synonyms: tuple[str, ...] = ()


_ROWS: Final = frozenset({ResultKind.SOLUTIONS, ResultKind.BOOLEAN})
_GRAPH: Final = frozenset({ResultKind.GRAPH})

JSON: Final = ResultFormat("json", "application/sparql-results+json", _ROWS, ("application/json",))
XML: Final = ResultFormat("xml", "application/sparql-results+xml", _ROWS, ("application/xml", "text/xml"))
CSV: Final = ResultFormat("csv", "text/csv", _ROWS)
TSV: Final = ResultFormat("tsv", "text/tab-separated-values", _ROWS)
TURTLE: Final = ResultFormat("turtle", "text/turtle", _GRAPH, ("application/x-turtle", "application/turtle"))
NTRIPLES: Final = ResultFormat("ntriples", "application/n-triples", _GRAPH, ("text/plain",))
RDFXML: Final = ResultFormat("rdfxml", "application/rdf+xml", _GRAPH, ("application/xml", "text/xml"))
JSONLD: Final = ResultFormat("jsonld", "application/ld+json", _GRAPH, ("application/json",))
TRIG: Final = ResultFormat("trig", "application/trig", _GRAPH)
NQUADS: Final = ResultFormat("nquads", "application/n-quads", _GRAPH)

#: In the order of preference where a client does not mind.
FORMATS: Final[tuple[ResultFormat, ...]] = (
    JSON,
    XML,
    CSV,
    TSV,
    TURTLE,
    NTRIPLES,
    RDFXML,
    JSONLD,
    TRIG,
    NQUADS,
)
