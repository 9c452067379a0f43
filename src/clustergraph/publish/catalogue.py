"""The release described for machines: VoID (with class and property partitions) and DCAT.

Sources: VoID (W3C Interest Group Note, 2011) section 4; DCAT 3 section 6.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import DCAT, DCT, RDF, VOID, XSD
from clustergraph.snapshot import KindCount, SourceNote

DATASET_IRI: Final = f"{iris.BASE}dataset"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"

_KINDS: Final = f"""
SELECT ?class (SAMPLE(?name) AS ?label) (COUNT(DISTINCT ?thing) AS ?count) WHERE {{
  ?thing a ?class .
  ?class <{iris.RDFS}isDefinedBy> <{iris.ONTOLOGY}> .
  ?class <{iris.RDFS}label> ?name .
  FILTER(LANG(?name) = "en")
}}
GROUP BY ?class
ORDER BY DESC(?count) ?class
"""

_SOURCES: Final = f"""
SELECT ?source ?title ?basis ?earliest ?latest WHERE {{
  ?source a <{iris.CG}SourceDocument> .
  ?source <{DCT}title> ?title .
  OPTIONAL {{ ?source <{iris.CG}asOfBasis>/<{iris.SKOS}notation> ?basis }}
  OPTIONAL {{ ?source <{iris.CG}asOfEarliest> ?earliest }}
  OPTIONAL {{ ?source <{iris.CG}asOfLatest> ?latest }}
}}
ORDER BY ?source
"""

_PROPERTIES: Final = "SELECT ?property (COUNT(*) AS ?count) WHERE { ?s ?property ?o } GROUP BY ?property"
_CLASSES: Final = "SELECT ?class (COUNT(*) AS ?count) WHERE { ?s a ?class } GROUP BY ?class"


def kinds(store: ox.Store) -> tuple[KindCount, ...]:
    """How many things there are of each class of the ontology, most first."""
    return tuple(
        KindCount(iri=_text(row, "class"), label=_text(row, "label"), count=int(_text(row, "count")))
        for row in _rows(store, _KINDS)
    )


def sources(store: ox.Store) -> tuple[SourceNote, ...]:
    """The source documents with their titles and what is known of their dates."""
    return tuple(
        SourceNote(iri=_text(row, "source"), title=_text(row, "title"), date=_date_in_words(row))
        for row in _rows(store, _SOURCES)
    )


def describe(store: ox.Store, *, release: int, built_at: datetime, triples: int) -> bytes:
    """The VoID and DCAT description of a release, in Turtle.

    `triples` counts the default graph; partitions count its classes and properties.
    """
    found: list[ox.Triple] = []

    def state(
        subject: ox.NamedNode | ox.BlankNode, predicate: str, value: ox.NamedNode | ox.Literal | ox.BlankNode
    ) -> None:
        found.append(ox.Triple(subject, ox.NamedNode(predicate), value))

    dataset = ox.NamedNode(DATASET_IRI)
    for kind in (f"{VOID}Dataset", f"{DCAT}Dataset"):
        state(dataset, f"{RDF}type", ox.NamedNode(kind))
    state(dataset, f"{DCT}title", ox.Literal("clustergraph: European cluster policy", language="en"))
    state(
        dataset,
        f"{DCT}description",
        ox.Literal(
            "Programmes, instruments, partnerships, clusters, regions and figures of cluster policy, "
            "each statement with the place in a document or the web page that makes it.",
            language="en",
        ),
    )
    state(dataset, f"{DCT}license", ox.NamedNode(LICENCE))
    state(dataset, f"{DCT}conformsTo", ox.NamedNode(iris.ONTOLOGY))
    state(dataset, f"{DCAT}version", ox.Literal(str(release)))
    state(dataset, f"{DCT}modified", _typed(built_at.isoformat(), "dateTime"))
    state(dataset, f"{VOID}triples", _typed(str(triples), "integer"))
    state(dataset, f"{VOID}vocabulary", ox.NamedNode(iris.CG))
    state(dataset, f"{VOID}uriSpace", ox.Literal(iris.BASE))
    for query, link, key in (
        (_CLASSES, "classPartition", "class"),
        (_PROPERTIES, "propertyPartition", "property"),
    ):
        count = "entities" if key == "class" else "triples"
        for row in _rows(store, query):
            partition = ox.BlankNode()
            state(dataset, f"{VOID}{link}", partition)
            state(partition, f"{VOID}{key}", ox.NamedNode(_text(row, key)))
            state(partition, f"{VOID}{count}", _typed(_text(row, "count"), "integer"))
    return ox.serialize(found, format=ox.RdfFormat.TURTLE, prefixes=iris.PREFIXES) or b""


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}{datatype}"))


def _rows(store: ox.Store, query: str) -> list[ox.QuerySolution]:
    solutions = cast(ox.QuerySolutions, store.query(query))
    return [row for row in solutions if not isinstance(row[0], ox.BlankNode)]


def _text(row: ox.QuerySolution, variable: str) -> str:
    return cast(ox.NamedNode | ox.Literal, row[variable]).value


def _date_in_words(row: ox.QuerySolution) -> str:
    earliest, latest, basis = (row[name] for name in ("earliest", "latest", "basis"))
    how = basis.value if isinstance(basis, ox.Literal) else "unknown"
    if not isinstance(earliest, ox.Literal):
        if not isinstance(latest, ox.Literal):
            return "undated"
        span = f"until {latest.value}"
    elif not isinstance(latest, ox.Literal):
        span = f"from {earliest.value}"
    else:
        same = earliest == latest
        span = earliest.value if same else f"between {earliest.value} and {latest.value}"
    return f"{span} ({how})"
