"""What the endpoint says of itself: a SPARQL 1.1 Service Description over the graphs it really serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from clustergraph.iris import RDF, VOID, XSD
from clustergraph.negotiation import ResultFormat
from clustergraph.pages.results import read_json

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_ENTAILMENT: Final = "http://www.w3.org/ns/entailment/Simple"
#: W3C's IRIs of file formats (http://www.w3.org/ns/formats/), by our names.
_FORMAT_IRIS: Final[Mapping[str, str]] = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nquads": "N-Quads",
}
_SERIALISERS: Final[Mapping[str, ox.RdfFormat]] = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}

#: The size of the default graph (`graph` unbound) and of every named graph; solutions of `graph`, `triples`.
SIZES_QUERY: Final = """\
SELECT ?graph ?triples WHERE {
  { SELECT (COUNT(*) AS ?triples) WHERE { ?subject ?predicate ?object } }
  UNION
  {
    SELECT ?graph (COUNT(*) AS ?triples) WHERE { GRAPH ?graph { ?subject ?predicate ?object } }
    GROUP BY ?graph
  }
}
ORDER BY ?graph
"""


@dataclass(frozen=True, slots=True)
class DatasetSizes:
    """Triples in the default graph and in each named graph, by IRI."""

    default: int
    named: Mapping[str, int]


def read_sizes(body: bytes) -> DatasetSizes:
    """The sizes from the JSON that answers SIZES_QUERY."""
    found = read_json(body)
    default, named = 0, {}
    for graph, triples in () if isinstance(found, bool) else found[1]:
        if isinstance(triples, ox.Literal) and graph is None:
            default = int(triples.value)
        elif isinstance(triples, ox.Literal) and isinstance(graph, ox.NamedNode):
            named[graph.value] = int(triples.value)
    return DatasetSizes(default, named)


def describe(endpoint: str, sizes: DatasetSizes) -> list[ox.Triple]:
    """The service description (SPARQL 1.1 Service Description section 3) of an endpoint."""
    service, dataset, default = ox.NamedNode(endpoint), ox.BlankNode("dataset"), ox.BlankNode("default")
    triples = [
        _triple(service, RDF + "type", _sd("Service")),
        _triple(service, SD + "endpoint", service),
        _triple(service, SD + "supportedLanguage", _sd("SPARQL11Query")),
        *(
            _triple(service, SD + "resultFormat", ox.NamedNode(f"http://www.w3.org/ns/formats/{iri}"))
            for iri in _FORMAT_IRIS.values()
        ),
        _triple(service, SD + "defaultEntailmentRegime", ox.NamedNode(_ENTAILMENT)),
        _triple(service, SD + "defaultDataset", dataset),
        _triple(dataset, RDF + "type", _sd("Dataset")),
        _triple(dataset, SD + "defaultGraph", default),
    ]
    parts = [*_graph(default, sizes.default)]
    for number, (iri, size) in enumerate(sizes.named.items()):
        named, graph = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        triples.append(_triple(dataset, SD + "namedGraph", named))
        parts += [
            _triple(named, RDF + "type", _sd("NamedGraph")),
            _triple(named, SD + "name", ox.NamedNode(iri)),
            _triple(named, SD + "graph", graph),
            *_graph(graph, size),
        ]
    return [*triples, *parts]


def serialise(triples: list[ox.Triple], result_format: ResultFormat) -> bytes:
    """The description in one of the graph formats."""
    serialiser = _SERIALISERS[result_format.name]
    prefixes = {"sd": SD, "void": VOID}
    return ox.serialize(triples, format=serialiser, prefixes=prefixes) or b""


def _graph(node: ox.BlankNode, triples: int) -> tuple[ox.Triple, ox.Triple]:
    size = ox.Literal(str(triples), datatype=ox.NamedNode(XSD + "integer"))
    return _triple(node, RDF + "type", _sd("Graph")), _triple(node, VOID + "triples", size)


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)


def _triple(
    subject: ox.NamedNode | ox.BlankNode, predicate: str, value: ox.NamedNode | ox.BlankNode | ox.Literal
) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)
