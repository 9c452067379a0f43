"""What a release says of itself: its kinds, its sources with honest dates, VoID and DCAT."""

from __future__ import annotations

from datetime import UTC, datetime

import pyoxigraph as ox

from clustergraph.export.release import ExportedTable
from clustergraph.publish import catalogue


def test_the_date_of_a_source_is_said_as_far_as_it_is_known() -> None:
    store = ox.Store()
    store.load(
        b"""
        @prefix cg: <https://w3id.org/clustergraph/ontology#> .
        @prefix dct: <http://purl.org/dc/terms/> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        <urn:inferred> skos:notation "inferred" .
        <urn:a> a cg:SourceDocument ; dct:title "none" .
        <urn:b> a cg:SourceDocument ; dct:title "until" ; cg:asOfBasis <urn:inferred> ;
            cg:asOfLatest "2019-06-05"^^xsd:date .
        <urn:c> a cg:SourceDocument ; dct:title "from" ; cg:asOfBasis <urn:inferred> ;
            cg:asOfEarliest "2019-06-05"^^xsd:date .
        <urn:d> a cg:SourceDocument ; dct:title "day" ; cg:asOfBasis <urn:inferred> ;
            cg:asOfEarliest "2020-02-11"^^xsd:date ; cg:asOfLatest "2020-02-11"^^xsd:date .
        <urn:e> a cg:SourceDocument ; dct:title "between" ; cg:asOfBasis <urn:inferred> ;
            cg:asOfEarliest "2017-01-01"^^xsd:date ; cg:asOfLatest "2018-03-31"^^xsd:date .
        """,
        format=ox.RdfFormat.TURTLE,
    )
    assert [note.date for note in catalogue.sources(store)] == [
        "undated",
        "until 2019-06-05 (inferred)",
        "from 2019-06-05 (inferred)",
        "2020-02-11 (inferred)",
        "between 2017-01-01 and 2018-03-31 (inferred)",
    ]


def test_the_description_counts_classes_and_properties() -> None:
    store = ox.Store()
    store.load(b"<urn:a> a <urn:C> ; <urn:p> 1 , 2 .", format=ox.RdfFormat.TURTLE)
    described = ox.Store()
    described.load(
        catalogue.describe(store, release=7, built_at=datetime(2026, 1, 1, tzinfo=UTC), triples=3),
        format=ox.RdfFormat.TURTLE,
    )
    assert described.query(
        """
        PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX dcat: <http://www.w3.org/ns/dcat#>
        PREFIX dct: <http://purl.org/dc/terms/>
        ASK {
          ?dataset a void:Dataset, dcat:Dataset ; void:triples 3 ; dcat:version "7" ; dct:license ?licence ;
            void:classPartition [ void:class <urn:C> ; void:entities 1 ] ;
            void:propertyPartition [ void:property <urn:p> ; void:triples 2 ] .
        }
        """
    )


def test_each_table_is_a_part_with_a_file_to_download() -> None:
    table = ExportedTable("synthetic", "Synthetic table", "Made up.", b"id\n", b"{}")
    described = ox.Store()
    described.load(
        catalogue.describe(
            ox.Store(), release=7, built_at=datetime(2026, 1, 1, tzinfo=UTC), triples=0, tables=[table]
        ),
        format=ox.RdfFormat.TURTLE,
    )
    assert described.query(
        """
        PREFIX dcat: <http://www.w3.org/ns/dcat#>
        PREFIX dct: <http://purl.org/dc/terms/>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        ASK {
          <https://w3id.org/clustergraph/dataset> dct:hasPart ?table .
          ?table a dcat:Dataset ; dct:title "Synthetic table"@en ; dct:description "Made up."@en ;
            dct:isPartOf <https://w3id.org/clustergraph/dataset> ; dcat:distribution ?file .
          ?file a dcat:Distribution ; dct:license ?licence ; dct:title ?title ;
            dcat:accessURL <https://w3id.org/clustergraph/exports/synthetic.csv> ;
            dcat:downloadURL <https://w3id.org/clustergraph/exports/synthetic.csv> ;
            dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
            dcat:byteSize "3"^^xsd:nonNegativeInteger ;
            dct:conformsTo <https://w3id.org/clustergraph/exports/synthetic.csv-metadata.json> .
        }
        """
    )
