"""Every contradiction is told once, by the rule of the specification, in the words of the labels."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
import pytest

from clustergraph.build.closure import inconsistencies
from clustergraph.build.graphs import in_graph

from .axiom_kinds import PREFIXES
from .graphs import closed, quads

LABELS = (
    "ex:A rdfs:label 'programme'@en . ex:B rdfs:label 'policy instrument'@en . "
    "ex:p rdfs:label 'succeeds'@en . "
)
EX = "http://example.org/"
DECK = ox.NamedNode("https://w3id.org/clustergraph/graph/deck-001")


@dataclass(frozen=True)
class Contradiction:
    rule: str
    ontology: str
    data: str
    focus: str
    words: tuple[str, ...]
    value: str | None = None


CONTRADICTIONS = (
    Contradiction(
        "cax-dw",
        "ex:A owl:disjointWith ex:B . ex:Sub rdfs:subClassOf ex:A .",
        "ex:i a ex:Sub, ex:B . ex:j a ex:A . ex:k a ex:B .",
        "i",
        ("“programme” (inferred)", "“policy instrument” (stated in deck-001)", "owl:disjointWith"),
    ),
    Contradiction(
        "cax-adc",
        "[] a owl:AllDisjointClasses ; owl:members ( ex:A ex:B ex:C ) .",
        "ex:i a ex:B, ex:A . ex:j a ex:C .",
        "i",
        ("programme", "policy instrument"),
    ),
    Contradiction(
        "cls-com",
        "ex:A rdfs:subClassOf [ owl:complementOf ex:B ] .",
        "ex:i a ex:A, ex:B . ex:j a ex:A .",
        "i",
        ("programme", "policy instrument"),
    ),
    Contradiction(
        "cls-nothing2", "ex:A rdfs:subClassOf owl:Nothing .", "ex:i a ex:A .", "i", ("owl:Nothing",)
    ),
    Contradiction(
        "cls-maxc1",
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:maxCardinality 0 ] .",
        "ex:i a ex:A ; ex:p ex:j . ex:k a ex:A .",
        "i",
        ("programme", "succeeds"),
        "j",
    ),
    Contradiction(
        "cls-maxqc1",
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:onClass ex:B ; "
        "owl:maxQualifiedCardinality 0 ] .",
        "ex:i a ex:A ; ex:p ex:j, ex:k . ex:k a ex:B .",
        "i",
        ("programme", "succeeds"),
        "k",
    ),
    Contradiction(
        "prp-irp", "ex:p a owl:IrreflexiveProperty .", "ex:i ex:p ex:i . ex:j ex:p ex:k .", "i", ("succeeds",)
    ),
    Contradiction(
        "prp-asyp",
        "ex:p a owl:AsymmetricProperty .",
        "ex:i ex:p ex:j . ex:j ex:p ex:i . ex:k ex:p ex:i .",
        "i",
        ("succeeds", "one way only"),
        "j",
    ),
    Contradiction(
        "prp-pdw",
        "ex:p owl:propertyDisjointWith ex:q .",
        "ex:i ex:p ex:j ; ex:q ex:j . ex:k ex:p ex:l ; ex:q ex:m .",
        "i",
        ("succeeds", "example.org/q"),
        "j",
    ),
    Contradiction(
        "prp-adp",
        "[] a owl:AllDisjointProperties ; owl:members ( ex:p ex:q ex:r ) .",
        "ex:i ex:p ex:j ; ex:r ex:j .",
        "i",
        ("succeeds",),
        "j",
    ),
    Contradiction(
        "prp-npa1",
        "[] owl:sourceIndividual ex:i ; owl:assertionProperty ex:p ; owl:targetIndividual ex:j .",
        "ex:i ex:p ex:j, ex:k .",
        "i",
        ("succeeds", "denies"),
        "j",
    ),
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.rule) for case in CONTRADICTIONS])
def test_a_contradiction_is_found_once_and_said_in_words(case: Contradiction) -> None:
    ontology = quads(PREFIXES + LABELS + case.ontology)
    stated = quads(PREFIXES + case.data)
    store, _ = closed(ontology, stated)
    store.extend(in_graph(DECK, stated))
    (fault,) = inconsistencies(store, ontology)
    assert fault.rule == case.rule
    assert fault.focus == EX + case.focus
    assert fault.value == (EX + case.value if case.value else None)
    assert all(word in fault.message for word in case.words), fault.message
    assert fault.fix


@pytest.mark.parametrize("case", [pytest.param(case, id=case.rule) for case in CONTRADICTIONS])
def test_the_axiom_alone_contradicts_nothing(case: Contradiction) -> None:
    ontology = quads(PREFIXES + LABELS + case.ontology)
    store, _ = closed(ontology, [])
    assert inconsistencies(store, ontology) == ()


def test_every_contradiction_is_told_not_only_the_first() -> None:
    ontology = quads(PREFIXES + LABELS + "ex:A owl:disjointWith ex:B . ex:B owl:disjointWith ex:A .")
    store, _ = closed(ontology, quads(PREFIXES + "ex:i a ex:A, ex:B . ex:j a ex:A, ex:B ."))
    assert [fault.focus for fault in inconsistencies(store, ontology)] == [f"{EX}i", f"{EX}j"]


def test_the_graphs_that_state_a_type_are_named() -> None:
    ontology = quads(PREFIXES + LABELS + "ex:A owl:disjointWith ex:B .")
    store, _ = closed(ontology, quads(PREFIXES + "ex:i a ex:A, ex:B ."))
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    store.add(ox.Quad(ox.NamedNode(f"{EX}i"), kind, ox.NamedNode(f"{EX}A"), DECK))
    (fault,) = inconsistencies(store, ontology)
    assert "“programme” (stated in deck-001)" in fault.message


def test_a_prohibition_that_cannot_be_checked_is_a_fault() -> None:
    ontology = quads(PREFIXES + "ex:A owl:disjointWith [ owl:complementOf ex:B ] .")
    (fault,) = inconsistencies(ox.Store(), ontology)
    assert fault.rule == "OWL 2 RL profile"
