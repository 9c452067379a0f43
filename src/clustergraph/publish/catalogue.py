"""The release described for machines: VoID (with class and property partitions) and DCAT.

Sources: VoID (W3C Interest Group Note, 2011) section 4; DCAT 3 section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, cast

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.export.release import ExportedTable
from clustergraph.iris import DCAT, DCT, RDF, VOID, XSD
from clustergraph.snapshot import KindCount, SourceNote

DATASET_IRI: Final = f"{iris.BASE}dataset"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
#: The media type of CSV, as DCAT names it (IANA).
_CSV: Final = "https://www.iana.org/assignments/media-types/text/csv"

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


def describe(
    store: ox.Store,
    *,
    release: int,
    built_at: datetime,
    triples: int,
    tables: Iterable[ExportedTable] = (),
) -> bytes:
    """The VoID and DCAT description of a release, in Turtle.

    `triples` counts the default graph; partitions count its classes and properties. Each of the `tables` is
    a dataset that is part of the whole, with the CSV file as its distribution.
    """
    dataset = ox.NamedNode(DATASET_IRI)
    found = [
        _triple(dataset, f"{RDF}type", ox.NamedNode(f"{VOID}Dataset")),
        _triple(dataset, f"{RDF}type", ox.NamedNode(f"{DCAT}Dataset")),
        _triple(dataset, f"{DCT}title", _english("clustergraph: European cluster policy")),
        _triple(
            dataset,
            f"{DCT}description",
            _english(
                "Programmes, instruments, partnerships, clusters, regions and figures of cluster policy, "
                "each statement with the place in a document or the web page that makes it."
            ),
        ),
        _triple(dataset, f"{DCT}license", ox.NamedNode(LICENCE)),
        _triple(dataset, f"{DCT}conformsTo", ox.NamedNode(iris.ONTOLOGY)),
        _triple(dataset, f"{DCAT}version", ox.Literal(str(release))),
        _triple(dataset, f"{DCT}modified", _typed(built_at.isoformat(), "dateTime")),
        _triple(dataset, f"{VOID}triples", _typed(str(triples), "integer")),
        _triple(dataset, f"{VOID}vocabulary", ox.NamedNode(iris.CG)),
        _triple(dataset, f"{VOID}uriSpace", ox.Literal(iris.BASE)),
    ]
    for query, link, key in (
        (_CLASSES, "classPartition", "class"),
        (_PROPERTIES, "propertyPartition", "property"),
    ):
        count = "entities" if key == "class" else "triples"
        for row in _rows(store, query):
            partition = ox.BlankNode()
            found += [
                _triple(dataset, f"{VOID}{link}", partition),
                _triple(partition, f"{VOID}{key}", ox.NamedNode(_text(row, key))),
                _triple(partition, f"{VOID}{count}", _typed(_text(row, "count"), "integer")),
            ]
    for table in tables:
        found += _table(dataset, table, built_at)
    return ox.serialize(found, format=ox.RdfFormat.TURTLE, prefixes=iris.PREFIXES) or b""


def _table(whole: ox.NamedNode, table: ExportedTable, built_at: datetime) -> Iterator[ox.Triple]:
    """A table as a part of the dataset, with one distribution (DCAT 3 sections 6.6 to 6.8)."""
    part = ox.NamedNode(f"{DATASET_IRI}/{table.name}")
    file = ox.NamedNode(f"{DATASET_IRI}/{table.name}/csv")
    address = ox.NamedNode(iris.BASE + table.path)
    yield _triple(whole, f"{DCT}hasPart", part)
    yield _triple(part, f"{RDF}type", ox.NamedNode(f"{DCAT}Dataset"))
    yield _triple(part, f"{DCT}isPartOf", whole)
    yield _triple(part, f"{DCAT}distribution", file)
    yield _triple(file, f"{RDF}type", ox.NamedNode(f"{DCAT}Distribution"))
    for node in (part, file):
        yield _triple(node, f"{DCT}title", _english(table.title))
        yield _triple(node, f"{DCT}license", ox.NamedNode(LICENCE))
        yield _triple(node, f"{DCT}modified", _typed(built_at.isoformat(), "dateTime"))
        if table.description:
            yield _triple(node, f"{DCT}description", _english(table.description))
    yield _triple(file, f"{DCAT}accessURL", address)
    yield _triple(file, f"{DCAT}downloadURL", address)
    yield _triple(file, f"{DCAT}mediaType", ox.NamedNode(_CSV))
    yield _triple(file, f"{DCAT}byteSize", _typed(str(len(table.csv)), "nonNegativeInteger"))
    yield _triple(file, f"{DCT}conformsTo", ox.NamedNode(iris.BASE + table.notes))


def _triple(
    subject: ox.NamedNode | ox.BlankNode, predicate: str, value: ox.NamedNode | ox.Literal | ox.BlankNode
) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def _english(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")


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
