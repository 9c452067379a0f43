"""Small graphs for the tests of validation."""

from __future__ import annotations

import pyoxigraph as ox

PREFIXES = """
@prefix cgsh: <https://w3id.org/clustergraph/shapes#> .
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

SHAPES = """
ex:Call a sh:NodeShape ;
    sh:targetClass ex:Call ;
    sh:property ex:Call-budget, ex:Call-deadline ;
    sh:sparql [
        sh:message "A call closes after it opens."@en ;
        sh:prefixes ex:prefixes ;
        sh:select '''SELECT $this ?value
            WHERE { $this ex:opens ?opens ; ex:closes ?value . FILTER(?value < ?opens) }'''
    ] ;
    cgsh:remedy "Look the dates up in the source."@en .
ex:Call-budget a sh:PropertyShape ;
    sh:path ex:budget ;
    sh:datatype xsd:decimal ;
    sh:minCount 1 ;
    sh:message "A call has a budget, a decimal number."@en, "Ein Aufruf hat ein Budget."@de ;
    cgsh:remedy "Give the budget in euros."@en .
ex:Call-deadline a sh:PropertyShape ;
    sh:path [ sh:alternativePath ( ex:closes [ sh:inversePath ex:closing ] ) ] ;
    sh:minCount 1 ;
    sh:severity sh:Warning ;
    sh:message "No deadline is known."@en .
ex:prefixes sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/"^^xsd:anyURI ] .
"""

DATA = """
ex:good a ex:Call ; ex:budget 4300000.0 ; ex:opens 1 ; ex:closes 2 .
ex:words a ex:Call ; ex:budget "7,24"^^xsd:decimal ; ex:closes 2 .
ex:poor a ex:Call ; ex:closes 2 .
ex:open a ex:Call ; ex:budget 1.0 .
ex:turned a ex:Call ; ex:budget 1.0 ; ex:opens 3 ; ex:closes 2 .
"""


def quads(turtle: str) -> list[ox.Quad]:
    """The triples of a Turtle text with the prefixes above."""
    return list(ox.parse((PREFIXES + turtle).encode(), format=ox.RdfFormat.TURTLE))
