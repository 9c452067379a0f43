"""The profile check refuses every construct that OWL 2 RL has not, and what a DL reasoner cannot take.

Sections are those of OWL 2 Profiles (4.2, the RL grammar) and of the Structural Specification (5.8, 11.2).
"""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.check.expressions import AxiomGraph
from clustergraph.check.hermit import Hermit
from clustergraph.check.outcome import Status
from clustergraph.check.profile import check_profile
from clustergraph.check.property_restrictions import property_complaints
from clustergraph.check.rl_profile import rl_complaints
from clustergraph.errors import UnusableInput
from clustergraph.sources.content import Content

from .conftest import ROOT, Spoil

PREFIXES = f"""
@prefix : <{iris.CG}> .
@prefix owl: <{iris.OWL}> .
@prefix rdf: <{iris.RDF}> .
@prefix rdfs: <{iris.RDFS}> .
@prefix xsd: <{iris.XSD}> .
"""
DECLARED = """
:A a owl:Class . :B a owl:Class . :C a owl:Class .
:p a owl:ObjectProperty . :q a owl:ObjectProperty . :r a owl:ObjectProperty .
:d a owl:DatatypeProperty .
"""


def graph(turtle: str) -> AxiomGraph:
    return AxiomGraph(ox.parse(PREFIXES + DECLARED + turtle, format=ox.RdfFormat.TURTLE))


def restriction(content: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty {content} ]"


RL = {
    "an axiom of names": ":A rdfs:subClassOf :B ; owl:disjointWith :C ; owl:equivalentClass :C .",
    "an existential on the left": f"{restriction(':p ; owl:someValuesFrom :B')} rdfs:subClassOf :A .",
    "an existential of anything on the left": (
        f"{restriction(':p ; owl:someValuesFrom owl:Thing')} rdfs:subClassOf :A ."
    ),
    "a union on the left": "[ a owl:Class ; owl:unionOf ( :A :B ) ] rdfs:subClassOf :C .",
    "an enumeration on the left": "[ a owl:Class ; owl:oneOf ( :x :y ) ] rdfs:subClassOf :C .",
    "a value on both sides of an equivalence": (
        ":A owl:equivalentClass [ a owl:Class ; owl:intersectionOf "
        f"( :B {restriction(':p ; owl:hasValue :x')} ) ] ."
    ),
    "a universal on the right": f":A rdfs:subClassOf {restriction(':p ; owl:allValuesFrom :B')} .",
    "a complement on the right": ":A rdfs:subClassOf [ a owl:Class ; owl:complementOf :B ] .",
    "at most one on the right": f":A rdfs:subClassOf {restriction(':p ; owl:maxCardinality 1')} .",
    "at most none of a class on the right": (
        f":A rdfs:subClassOf {restriction(':p ; owl:maxQualifiedCardinality 0 ; owl:onClass :B')} ."
    ),
    "a datatype as range": ":d rdfs:range xsd:decimal .",
    "chain, key and characteristics": (
        ":r owl:propertyChainAxiom ( :p :q ) . :A owl:hasKey ( :d ) . "
        ":p a owl:AsymmetricProperty , owl:IrreflexiveProperty , owl:FunctionalProperty ."
    ),
    "an anonymous inverse": f":A rdfs:subClassOf {restriction('[ owl:inverseOf :p ] ; owl:hasValue :x')} .",
    "classes that are all disjoint": "[] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) .",
}

NOT_RL = {
    "owl:Thing as a superclass": (":A rdfs:subClassOf owl:Thing .", "owl:Thing may not stand on the right"),
    "owl:Thing as a subclass": ("owl:Thing rdfs:subClassOf :A .", "owl:Thing may not stand on the left"),
    "an existential on the right": (
        f":A rdfs:subClassOf {restriction(':p ; owl:someValuesFrom :B')} .",
        "someValuesFrom on cg:p may not stand on the right",
    ),
    "a union on the right": (
        ":A rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :B :C ) ] .",
        "unionOf may not stand on the right",
    ),
    "a union in an equivalence": (
        ":A owl:equivalentClass [ a owl:Class ; owl:unionOf ( :B :C ) ] .",
        "unionOf may not stand in an equivalence",
    ),
    "a union written on the class itself": (
        ":A owl:unionOf ( :B :C ) .",
        "unionOf may not stand in an equivalence",
    ),
    "an enumeration on the right": (
        ":A rdfs:subClassOf [ a owl:Class ; owl:oneOf ( :x :y ) ] .",
        "oneOf may not stand on the right",
    ),
    "a complement on the left": (
        "[ a owl:Class ; owl:complementOf :A ] rdfs:subClassOf :B .",
        "complementOf may not stand on the left",
    ),
    "an existential in an equivalence": (
        f":A owl:equivalentClass {restriction(':p ; owl:someValuesFrom :B')} .",
        "someValuesFrom on cg:p may not stand in an equivalence",
    ),
    "a universal on the left": (
        f"{restriction(':p ; owl:allValuesFrom :B')} rdfs:subClassOf :A .",
        "allValuesFrom on cg:p may not stand on the left",
    ),
    "a minimum": (
        f":A rdfs:subClassOf {restriction(':p ; owl:minCardinality 1')} .",
        "min cardinality 1 on cg:p may not stand on the right",
    ),
    "an exact number": (
        f":A rdfs:subClassOf {restriction(':p ; owl:qualifiedCardinality 1 ; owl:onClass :B')} .",
        "exact cardinality 1 on cg:p may not stand on the right",
    ),
    "a maximum above one": (
        f":A rdfs:subClassOf {restriction(':p ; owl:maxCardinality 2')} .",
        "max cardinality 2 on cg:p may not stand on the right",
    ),
    "a thing related to itself": (
        f"{restriction(':p ; owl:hasSelf true')} rdfs:subClassOf :A .",
        "hasSelf on cg:p may not stand on the left",
    ),
    "a disjoint union": (":A owl:disjointUnionOf ( :B :C ) .", "disjointUnionOf is no axiom"),
    "a reflexive property": (":p a owl:ReflexiveProperty .", "Reflexive properties"),
    "the top property": (":p rdfs:subPropertyOf owl:topObjectProperty .", "owl:topObjectProperty is not in"),
    "a union as a range": (
        ":p rdfs:range [ a owl:Class ; owl:unionOf ( :A :B ) ] .",
        "unionOf may not stand on the right",
    ),
    "a date as a range": (":d rdfs:range xsd:date .", "xsd:date may not stand as a data range"),
    "an enumeration of values as a range": (
        ':d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( "a" "b" ) ] .',
        "oneOf may not stand as a data range",
    ),
    "facets": (
        ":d rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 1 ] ) ] .",
        "facets",
    ),
    "a forbidden construct deep inside": (
        ":A rdfs:subClassOf [ a owl:Class ; owl:intersectionOf "
        f"( :B {restriction(':p ; owl:allValuesFrom [ a owl:Class ; owl:unionOf ( :B :C ) ]')} ) ] .",
        "unionOf may not stand on the right",
    ),
    "a union among disjoint classes' complements": (
        "[] a owl:AllDisjointClasses ; owl:members ( :A [ a owl:Class ; owl:complementOf :B ] ) .",
        "complementOf may not stand on the left",
    ),
    "a type that no rule can use": (
        f":x a {restriction(':p ; owl:someValuesFrom :B')} .",
        "someValuesFrom on cg:p may not stand on the right",
    ),
    "a restriction that restricts nothing": (
        f":A rdfs:subClassOf {restriction(':p')} .",
        "restricts nothing",
    ),
}

NOT_DL = {
    "a transitive property that is irreflexive": (
        ":p a owl:TransitiveProperty , owl:IrreflexiveProperty .",
        "It may not be declared IrreflexiveProperty",
    ),
    "a functional property with a chain": (
        ":p a owl:FunctionalProperty ; owl:propertyChainAxiom ( :q :r ) .",
        "It may not be declared FunctionalProperty",
    ),
    "an asymmetric property above a transitive one": (
        ":q a owl:TransitiveProperty ; rdfs:subPropertyOf :p . :p a owl:AsymmetricProperty .",
        "It may not be declared AsymmetricProperty",
    ),
    "a functional inverse of a transitive property": (
        ":q a owl:TransitiveProperty ; owl:inverseOf :p . :p a owl:InverseFunctionalProperty .",
        "It may not be declared InverseFunctionalProperty",
    ),
    "a number of a property with a chain": (
        ":p owl:propertyChainAxiom ( :q :r ) . "
        f":A rdfs:subClassOf {restriction(':p ; owl:minCardinality 2')} .",
        "It may not have a min cardinality",
    ),
    "a disjointness with a transitive property": (
        ":p a owl:TransitiveProperty ; owl:propertyDisjointWith :q .",
        "disjointness of properties",
    ),
    "a transitive property among disjoint ones": (
        ":p a owl:TransitiveProperty . [] a owl:AllDisjointProperties ; owl:members ( :p :q ) .",
        "disjointness of properties",
    ),
    "chains that need each other": (
        ":p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :p :r ) .",
        "is not regular",
    ),
    "a chain through its own superproperty": (
        ":p owl:propertyChainAxiom ( :q :r ) ; rdfs:subPropertyOf :q .",
        "is not regular",
    ),
    "a chain that meets itself at both ends": (
        ":p owl:propertyChainAxiom ( :p :q :p ) .",
        "is not regular",
    ),
    "a chain through its own inverse": (
        ":p owl:inverseOf :q ; owl:propertyChainAxiom ( :q :r ) .",
        "is not regular",
    ),
}

SIMPLE_ENOUGH = {
    "a transitive property written as a chain": ":p owl:propertyChainAxiom ( :p :p ) .",
    "a chain that begins with its own conclusion": ":p owl:propertyChainAxiom ( :p :q ) .",
    "a chain that ends with its own conclusion": ":p owl:propertyChainAxiom ( :q :p ) .",
    "chains in an order": ":p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :r :r ) .",
    "an asymmetric property below a transitive one": (
        ":p a owl:AsymmetricProperty ; rdfs:subPropertyOf :q . :q a owl:TransitiveProperty ."
    ),
    "a chain of a symmetric property": ":q a owl:SymmetricProperty . :p owl:propertyChainAxiom ( :q :r ) .",
}


@pytest.mark.parametrize("turtle", RL.values(), ids=RL)
def test_what_the_profile_has_is_admitted(turtle: str) -> None:
    assert list(rl_complaints(graph(turtle))) == []


@pytest.mark.parametrize(("turtle", "sentence"), NOT_RL.values(), ids=NOT_RL)
def test_what_the_profile_has_not_is_refused(turtle: str, sentence: str) -> None:
    assert any(sentence in complaint for _, complaint in rl_complaints(graph(turtle)))


@pytest.mark.parametrize(("turtle", "sentence"), NOT_DL.values(), ids=NOT_DL)
def test_what_a_dl_reasoner_cannot_take_is_refused(turtle: str, sentence: str) -> None:
    assert any(sentence in complaint for _, complaint in property_complaints(graph(turtle)))


@pytest.mark.parametrize("turtle", SIMPLE_ENOUGH.values(), ids=SIMPLE_ENOUGH)
def test_regular_chains_and_simple_properties_are_admitted(turtle: str) -> None:
    assert list(property_complaints(graph(turtle))) == []


@pytest.mark.parametrize("turtle", [turtle for turtle, _ in NOT_DL.values()], ids=NOT_DL)
def test_hermit_refuses_what_the_check_refuses(hermit: Hermit, turtle: str) -> None:
    with pytest.raises(UnusableInput, match="HermiT cannot judge"):
        hermit.judge(
            quad.triple for quad in ox.parse(PREFIXES + DECLARED + turtle, format=ox.RdfFormat.TURTLE)
        )


@pytest.mark.parametrize(
    ("turtle", "sentence"),
    [
        (":A rdfs:subClassOf :Undeclared .", "used as Class but not declared"),
        (":p rdfs:subPropertyOf :undeclared .", "used as ObjectProperty but not declared"),
        (":p owl:propertyChainAxiom ( :q :undeclared ) .", "used as ObjectProperty but not declared"),
        (":p a owl:DatatypeProperty .", "as ObjectProperty and as DatatypeProperty"),
        (":A a rdfs:Datatype .", "as a class and as a datatype"),
    ],
)
def test_terms_are_declared_as_one_kind(turtle: str, sentence: str) -> None:
    assert any(sentence in complaint for _, complaint in property_complaints(graph(turtle)))


def test_the_ontology_is_owl_2_rl() -> None:
    outcome = check_profile(Content(ROOT))
    assert outcome.faults == ()
    assert outcome.status is Status.PASSED


def test_a_dl_axiom_in_the_core_fails_the_check_with_its_line(copied: Content, spoil: Spoil) -> None:
    spoil(
        "ontology/clustergraph.ttl",
        "cg:ClusterPartnership a owl:Class ;",
        "cg:ClusterPartnership a owl:Class ; rdfs:subClassOf "
        "[ a owl:Restriction ; owl:onProperty cg:hasParticipation ; owl:someValuesFrom cg:Participation ] ;",
    )
    outcome = check_profile(copied)
    assert outcome.status is Status.FAILED
    [fault] = outcome.faults
    assert fault.focus == f"{iris.CG}ClusterPartnership"
    assert fault.place().startswith("ontology/clustergraph.ttl, line ")
    assert "someValuesFrom on cg:hasParticipation" in fault.message


def test_a_cardinality_on_a_chain_fails_the_check_even_among_the_dl_axioms(
    copied: Content, spoil: Spoil
) -> None:
    spoil(
        "ontology/clustergraph-dl.ttl",
        "owl:onProperty cg:involves ;",
        "owl:onProperty cg:involvesTerritory ;",
    )
    outcome = check_profile(copied)
    assert outcome.status is Status.FAILED
    assert {fault.focus for fault in outcome.faults} == {f"{iris.CG}involvesTerritory"}


def test_an_ontology_that_is_not_turtle_fails_the_check(copied: Content, spoil: Spoil) -> None:
    spoil("ontology/clustergraph.ttl", "cg:Call a owl:Class ;", "cg:Call a owl:Class")
    outcome = check_profile(copied)
    assert outcome.status is Status.FAILED
    assert "RDF syntax" in {fault.rule for fault in outcome.faults}
