"""One small ontology, its data and what follows, for every kind of axiom the closure knows."""

from __future__ import annotations

from dataclasses import dataclass

PREFIXES = """
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@dataclass(frozen=True)
class Case:
    """An axiom, data, and exactly the triples that follow; `kinds` must all be applied by its rules."""

    name: str
    kinds: tuple[str, ...]
    ontology: str
    data: str
    follows: str


CASES = (
    Case(
        "a subclass",
        ("cax-sco", "scm-sco"),
        "ex:A rdfs:subClassOf ex:B . ex:B rdfs:subClassOf ex:C .",
        "ex:i a ex:A . ex:j a ex:C .",
        "ex:i a ex:B, ex:C . ex:A rdfs:subClassOf ex:C .",
    ),
    Case(
        "equivalent classes",
        ("cax-eqc1", "cax-eqc2", "scm-eqc1"),
        "ex:A owl:equivalentClass ex:B .",
        "ex:i a ex:A . ex:j a ex:B .",
        "ex:i a ex:B . ex:j a ex:A . ex:A rdfs:subClassOf ex:B . ex:B rdfs:subClassOf ex:A . "
        "ex:B owl:equivalentClass ex:A .",
    ),
    Case(
        "classes that contain each other",
        ("scm-eqc2",),
        "ex:A rdfs:subClassOf ex:B . ex:B rdfs:subClassOf ex:A .",
        "ex:i a ex:A .",
        "ex:i a ex:B . ex:A owl:equivalentClass ex:B . ex:B owl:equivalentClass ex:A .",
    ),
    Case(
        "a subproperty",
        ("prp-spo1", "scm-spo"),
        "ex:p rdfs:subPropertyOf ex:q . ex:q rdfs:subPropertyOf ex:r .",
        "ex:i ex:p ex:j . ex:i ex:q 'literal'@en .",
        "ex:i ex:q ex:j ; ex:r ex:j, 'literal'@en . ex:p rdfs:subPropertyOf ex:r .",
    ),
    Case(
        "equivalent properties",
        ("prp-eqp1", "prp-eqp2", "scm-eqp1"),
        "ex:p owl:equivalentProperty ex:q .",
        "ex:i ex:p ex:j . ex:k ex:q 5 .",
        "ex:i ex:q ex:j . ex:k ex:p 5 . ex:p rdfs:subPropertyOf ex:q . ex:q rdfs:subPropertyOf ex:p . "
        "ex:q owl:equivalentProperty ex:p .",
    ),
    Case(
        "properties that contain each other",
        ("scm-eqp2",),
        "ex:p rdfs:subPropertyOf ex:q . ex:q rdfs:subPropertyOf ex:p .",
        "ex:i ex:p ex:j .",
        "ex:i ex:q ex:j . ex:p owl:equivalentProperty ex:q . ex:q owl:equivalentProperty ex:p .",
    ),
    Case(
        "an inverse, and a literal that never becomes a subject",
        ("prp-inv1", "prp-inv2"),
        "ex:p owl:inverseOf ex:q .",
        "ex:i ex:p ex:j . ex:k ex:q ex:l . ex:m ex:p 'literal' .",
        "ex:j ex:q ex:i . ex:l ex:p ex:k .",
    ),
    Case(
        "a symmetric property",
        ("prp-symp",),
        "ex:p a owl:SymmetricProperty .",
        "ex:i ex:p ex:j . ex:k ex:p 7 .",
        "ex:j ex:p ex:i .",
    ),
    Case(
        "a transitive property",
        ("prp-trp",),
        "ex:p a owl:TransitiveProperty .",
        "ex:i ex:p ex:j . ex:j ex:p ex:k . ex:k ex:p ex:l .",
        "ex:i ex:p ex:k, ex:l . ex:j ex:p ex:l .",
    ),
    Case(
        "a chain of two",
        ("prp-spo2",),
        "ex:h owl:propertyChainAxiom ( ex:p ex:q ) .",
        "ex:i ex:p ex:j . ex:j ex:q ex:k, 'literal' .",
        "ex:i ex:h ex:k, 'literal' .",
    ),
    Case(
        "a chain of four",
        ("prp-spo2",),
        "ex:h owl:propertyChainAxiom ( ex:p ex:q ex:p ex:r ) .",
        "ex:i ex:p ex:j . ex:j ex:q ex:k . ex:k ex:p ex:l . ex:l ex:r ex:m .",
        "ex:i ex:h ex:m .",
    ),
    Case(
        "a chain that feeds itself",
        ("prp-spo2",),
        "ex:h owl:propertyChainAxiom ( ex:h ex:p ) , ( ex:q ex:h ) .",
        "ex:i ex:h ex:j . ex:j ex:p ex:k . ex:k ex:p ex:l . ex:a ex:q ex:i .",
        "ex:i ex:h ex:k, ex:l . ex:a ex:h ex:j, ex:k, ex:l .",
    ),
    Case(
        "a domain and its superclass",
        ("prp-dom", "scm-dom1"),
        "ex:p rdfs:domain ex:A . ex:A rdfs:subClassOf ex:B .",
        "ex:i ex:p ex:j . ex:k ex:p 1 .",
        "ex:i a ex:A, ex:B . ex:k a ex:A, ex:B . ex:p rdfs:domain ex:B .",
    ),
    Case(
        "a domain of a superproperty",
        ("prp-dom", "scm-dom2"),
        "ex:q rdfs:domain ex:A . ex:p rdfs:subPropertyOf ex:q .",
        "ex:i ex:p ex:j .",
        "ex:i a ex:A ; ex:q ex:j . ex:p rdfs:domain ex:A .",
    ),
    Case(
        "a range, and a literal that is never typed",
        ("prp-rng", "scm-rng1"),
        "ex:p rdfs:range ex:A . ex:A rdfs:subClassOf ex:B .",
        "ex:i ex:p ex:j . ex:k ex:p 'literal' .",
        "ex:j a ex:A, ex:B . ex:p rdfs:range ex:B .",
    ),
    Case(
        "a range of a superproperty",
        ("prp-rng", "scm-rng2"),
        "ex:q rdfs:range ex:A . ex:p rdfs:subPropertyOf ex:q .",
        "ex:i ex:p ex:j .",
        "ex:j a ex:A . ex:i ex:q ex:j . ex:p rdfs:range ex:A .",
    ),
    Case(
        "a range of literals",
        (),
        "ex:p a owl:DatatypeProperty ; rdfs:range xsd:date .",
        "ex:i ex:p '2020-02-11'^^xsd:date .",
        "",
    ),
    Case(
        "a value that makes a member",
        ("cls-hv2",),
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] rdfs:subClassOf ex:A .",
        "ex:i ex:p ex:v . ex:j ex:p ex:w .",
        "ex:i a ex:A .",
    ),
    Case(
        "a value that every member has",
        ("cls-hv1",),
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue 'v'@en ] .",
        "ex:i a ex:A . ex:j a ex:B .",
        "ex:i ex:p 'v'@en .",
    ),
    Case(
        "a defined class: an intersection with a value",
        ("cls-int1", "cls-int2", "cls-hv1", "cls-hv2", "scm-sco"),
        "ex:D owl:equivalentClass [ owl:intersectionOf ( ex:A "
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] ) ] .",
        "ex:i a ex:A ; ex:p ex:v . ex:j a ex:D . ex:k ex:p ex:v . ex:l a ex:A ; ex:p ex:w .",
        "ex:i a ex:D . ex:j a ex:A ; ex:p ex:v . ex:D rdfs:subClassOf ex:A .",
    ),
    Case(
        "an intersection written on the class itself",
        ("cls-int1", "cls-int2", "scm-int"),
        "ex:D owl:intersectionOf ( ex:A ex:B ) .",
        "ex:i a ex:A, ex:B . ex:j a ex:D . ex:k a ex:A .",
        "ex:i a ex:D . ex:j a ex:A, ex:B . ex:D rdfs:subClassOf ex:A, ex:B .",
    ),
    Case(
        "a union on the left",
        ("cls-uni",),
        "[ owl:unionOf ( ex:A ex:B ) ] rdfs:subClassOf ex:C .",
        "ex:i a ex:A . ex:j a ex:B .",
        "ex:i a ex:C . ex:j a ex:C . ex:A rdfs:subClassOf ex:C . ex:B rdfs:subClassOf ex:C .",
    ),
    Case(
        "a union written on the class itself",
        ("scm-uni",),
        "ex:C owl:unionOf ( ex:A ex:B ) .",
        "ex:i a ex:A . ex:j a ex:B . ex:k a ex:C .",
        "ex:i a ex:C . ex:j a ex:C . ex:A rdfs:subClassOf ex:C . ex:B rdfs:subClassOf ex:C .",
    ),
    Case(
        "some value of a class",
        ("cls-svf1",),
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:A ] rdfs:subClassOf ex:B .",
        "ex:i ex:p ex:j . ex:j a ex:A . ex:k ex:p ex:l .",
        "ex:i a ex:B .",
    ),
    Case(
        "some value of any kind",
        ("cls-svf2",),
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom owl:Thing ] rdfs:subClassOf ex:B .",
        "ex:i ex:p ex:j . ex:k ex:q ex:l .",
        "ex:i a ex:B .",
    ),
    Case(
        "all values of a class",
        ("cls-avf",),
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:B ] .",
        "ex:i a ex:A ; ex:p ex:j, 'literal' . ex:k ex:p ex:l .",
        "ex:j a ex:B .",
    ),
    Case(
        "nested expressions",
        ("cls-avf", "cls-svf1", "cls-int1", "cls-uni"),
        "[ owl:intersectionOf ( ex:A [ a owl:Restriction ; owl:onProperty ex:p ; "
        "owl:someValuesFrom [ owl:unionOf ( ex:B ex:C ) ] ] ) ] rdfs:subClassOf "
        "[ a owl:Restriction ; owl:onProperty ex:q ; owl:allValuesFrom "
        "[ a owl:Restriction ; owl:onProperty ex:r ; owl:hasValue ex:v ] ] .",
        "ex:i a ex:A ; ex:p ex:j ; ex:q ex:k . ex:j a ex:C . ex:l a ex:A ; ex:q ex:m .",
        "ex:k ex:r ex:v .",
    ),
    Case(
        "an anonymous class between two named ones",
        ("cax-sco",),
        "ex:A rdfs:subClassOf _:between . _:between a owl:Restriction ; owl:onProperty ex:p ; "
        "owl:hasValue ex:v ; rdfs:subClassOf ex:C .",
        "ex:i a ex:A .",
        "ex:i a ex:C ; ex:p ex:v . ex:A rdfs:subClassOf ex:C .",
    ),
    Case(
        "restrictions that contain each other",
        ("scm-sco", "cls-svf1"),
        "ex:Sub owl:equivalentClass "
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:A ] . "
        "ex:Super owl:equivalentClass "
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ] . "
        "ex:A rdfs:subClassOf ex:B .",
        "ex:i a ex:Sub . ex:j ex:p ex:k . ex:k a ex:A .",
        "ex:i a ex:Super . ex:j a ex:Sub, ex:Super . ex:k a ex:B . ex:Sub rdfs:subClassOf ex:Super .",
    ),
    Case(
        "restrictions on properties that contain each other",
        ("scm-hv", "scm-svf2"),
        "ex:p rdfs:subPropertyOf ex:q . "
        "ex:P a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v . "
        "ex:Q a owl:Restriction ; owl:onProperty ex:q ; owl:hasValue ex:v . "
        "ex:R a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:A . "
        "ex:S a owl:Restriction ; owl:onProperty ex:q ; owl:someValuesFrom ex:A .",
        "ex:i ex:p ex:v .",
        "ex:i a ex:P, ex:Q ; ex:q ex:v . ex:P rdfs:subClassOf ex:Q . ex:R rdfs:subClassOf ex:S .",
    ),
    Case(
        "restrictions on all values that contain each other",
        ("scm-avf1", "scm-avf2"),
        "ex:p rdfs:subPropertyOf ex:q . ex:A rdfs:subClassOf ex:B . "
        "ex:Pa a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:A . "
        "ex:Pb a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:B . "
        "ex:Qb a owl:Restriction ; owl:onProperty ex:q ; owl:allValuesFrom ex:B .",
        "ex:i a ex:Pa ; ex:p ex:j .",
        "ex:i a ex:Pb ; ex:q ex:j . ex:j a ex:A, ex:B . "
        "ex:Pa rdfs:subClassOf ex:Pb . ex:Qb rdfs:subClassOf ex:Pb .",
    ),
    Case(
        "an enumeration",
        ("cls-oo",),
        "ex:A owl:oneOf ( ex:i ex:j ) .",
        "ex:k a ex:A .",
        "ex:i a ex:A . ex:j a ex:A .",
    ),
)

#: Kinds that owlrl does not draw (it knows no anonymous inverse), so they have no oracle.
WITHOUT_ORACLE = (
    Case(
        "a chain through an inverse",
        ("prp-spo2",),
        "ex:h owl:propertyChainAxiom ( [ owl:inverseOf ex:p ] ex:q ) .",
        "ex:i ex:p ex:j . ex:i ex:q ex:k . ex:l ex:p 'literal' ; ex:q ex:m .",
        "ex:j ex:h ex:k .",
    ),
    Case(
        "a value of an inverse",
        ("cls-hv2",),
        "[ a owl:Restriction ; owl:onProperty [ owl:inverseOf ex:p ] ; owl:hasValue ex:v ] "
        "rdfs:subClassOf ex:A .",
        "ex:v ex:p ex:i, 'literal' .",
        "ex:i a ex:A .",
    ),
    Case(
        "a subproperty that is an inverse",
        ("prp-spo1",),
        "ex:p rdfs:subPropertyOf [ owl:inverseOf ex:q ] .",
        "ex:i ex:p ex:j .",
        "ex:j ex:q ex:i .",
    ),
    Case(
        "an individual in an anonymous class",
        ("cls-hv1",),
        "ex:i a [ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] .",
        "",
        "ex:i ex:p ex:v .",
    ),
    Case(
        "owl:sameAs is never concluded, so duplicates stay visible",
        (),
        "ex:p a owl:FunctionalProperty, owl:InverseFunctionalProperty . ex:A owl:hasKey ( ex:p ) . "
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:maxCardinality 1 ] .",
        "ex:i a ex:A ; ex:p ex:j, ex:k . ex:l a ex:A ; ex:p ex:j .",
        "",
    ),
)
