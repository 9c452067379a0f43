"""A store with the real dataset, closed, and one with a small hostile ontology."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import snapshot

HOSTILE = (
    '"><script>alert(1)</script> `code` [x](javascript:alert(2)) | *b* &amp; <img src=x onerror=alert(3)>'
)

_HOSTILE_ONTOLOGY = """
@prefix cg: <https://w3id.org/clustergraph/ontology#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

GRAPH <https://w3id.org/clustergraph/graph/ontology> {
  <https://w3id.org/clustergraph/ontology> a owl:Ontology ;
    rdfs:label TEXT@en ;
    dct:description TEXT@en ;
    rdfs:comment TEXT@en ;
    dct:license <javascript:alert(4)> .
  cg:Claim a owl:Class ;
    rdfs:label TEXT@en ;
    skos:definition TEXT@en ;
    skos:scopeNote TEXT@en ;
    rdfs:subClassOf cg:Loop , <javascript:alert(5)> .
  cg:Loop a owl:Class ; rdfs:label "1. a list? no"@en ; rdfs:subClassOf cg:Claim ; owl:deprecated true .
  cg:claimText a owl:DatatypeProperty ; rdfs:label TEXT@en ; schema:domainIncludes cg:Claim .
  <javascript:alert(5)> a owl:Class ; rdfs:label TEXT@en .
}
GRAPH <https://w3id.org/clustergraph/graph/schemes> {
  <https://w3id.org/clustergraph/def/claim-type> a skos:ConceptScheme ; skos:prefLabel TEXT@en .
  <https://w3id.org/clustergraph/def/claim-type/x> a skos:Concept ;
    skos:inScheme <https://w3id.org/clustergraph/def/claim-type> ;
    skos:prefLabel TEXT@en ; skos:altLabel TEXT@en ; skos:notation TEXT ; skos:definition TEXT@en ;
    skos:closeMatch <javascript:alert(6)> .
}
GRAPH <https://w3id.org/clustergraph/graph/deck-000> {
  <https://w3id.org/clustergraph/id/claim/x> a cg:Claim ; rdfs:label TEXT@en ; cg:claimText TEXT@en .
}
"""


def merged(quads: list[ox.Quad]) -> ox.Store:
    """Named graphs, and every triple once in the default graph."""
    store = ox.Store()
    for quad in quads:
        store.add(quad)
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    return store


@pytest.fixture(scope="session")
def store(built_home: Path) -> ox.Store:
    """The real dataset as published: default graph, source graphs, inferred graph."""
    release = snapshot.current_release(built_home)
    assert release is not None
    found = ox.Store()
    found.load(path=release.dataset, format=ox.RdfFormat.N_QUADS)
    return found


@pytest.fixture(scope="session")
def hostile() -> ox.Store:
    """An ontology whose every text is an attack, and some of whose IRIs are."""
    text = _HOSTILE_ONTOLOGY.replace("TEXT", str(ox.Literal(HOSTILE)))
    return merged(list(ox.parse(text, format=ox.RdfFormat.TRIG)))
