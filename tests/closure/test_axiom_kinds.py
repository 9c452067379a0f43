from __future__ import annotations

import pyoxigraph as ox
import pytest

from clustergraph.build.closure import compile_rules
from clustergraph.errors import BuildRefused

from .axiom_kinds import CASES, PREFIXES, WITHOUT_ORACLE, Case
from .graphs import closed, inferred, quads, triples

EVERY = [pytest.param(case, id=case.name) for case in (*CASES, *WITHOUT_ORACLE)]


@pytest.mark.parametrize("case", EVERY)
def test_exactly_what_follows_is_inferred(case: Case) -> None:
    _, report = closed(quads(PREFIXES + case.ontology), quads(PREFIXES + case.data))
    expected = {str(quad.triple) for quad in quads(PREFIXES + case.follows)}
    assert inferred(report) == expected
    assert report.inferred == len(expected)


@pytest.mark.parametrize("case", EVERY)
def test_the_rules_are_named_as_in_the_specification(case: Case) -> None:
    rules = compile_rules(quads(PREFIXES + case.ontology))
    assert set(case.kinds) <= {kind for rule in rules for kind in rule.kinds}
    assert all(rule.name.startswith(rule.kind) for rule in rules)


@pytest.mark.parametrize("case", EVERY)
def test_each_rule_is_a_sparql_update_that_draws_the_same(case: Case) -> None:
    ontology = quads(PREFIXES + case.ontology)
    store, _ = closed(ontology, quads(PREFIXES + case.data))
    by_update = ox.Store()
    by_update.extend([*ontology, *quads(PREFIXES + case.data)])
    before = -1
    while before != len(by_update):
        before = len(by_update)
        for rule in compile_rules(ontology):
            by_update.update(rule.update)
    assert triples_without_blanks(by_update) == triples_without_blanks(store)


def triples_without_blanks(store: ox.Store) -> set[str]:
    return {triple for triple in triples(store, ox.DefaultGraph()) if "_:" not in triple}


def test_an_inferred_triple_stands_once_in_the_default_graph() -> None:
    store, _ = closed(
        quads(PREFIXES + "ex:A rdfs:subClassOf ex:B . ex:p rdfs:domain ex:B ; rdfs:range ex:A ."),
        quads(PREFIXES + "ex:i a ex:A ; ex:p ex:i . ex:j a ex:A, ex:B ."),
    )
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    either = [
        (str(quad.subject), quad.graph_name)
        for quad in store.quads_for_pattern(None, kind, ox.NamedNode("http://example.org/B"), None)
    ]
    assert sorted(either, key=str) == sorted(
        [
            ("<http://example.org/i>", ox.DefaultGraph()),
            ("<http://example.org/j>", ox.DefaultGraph()),
        ],
        key=str,
    )


def test_no_graph_of_a_round_is_left_behind() -> None:
    case = next(case for case in CASES if case.name == "a chain that feeds itself")
    store, _ = closed(quads(PREFIXES + case.ontology), quads(PREFIXES + case.data))
    assert list(store.named_graphs()) == []


REFUSED = (
    ("ex:A rdfs:subClassOf [ owl:unionOf ( ex:B ex:C ) ] .", "⊔"),
    (
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ] .",
        "some",
    ),
    (
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:minCardinality 1 ] .",
        "owl:minCardinality",
    ),
    (
        "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:maxCardinality 3 ] .",
        "a maximum cardinality other than 0 and 1",
    ),
    ("[ a owl:Restriction ; owl:onProperty ex:p ; owl:hasSelf true ] rdfs:subClassOf ex:A .", "owl:hasSelf"),
    ("ex:A owl:disjointUnionOf ( ex:B ex:C ) .", "owl:disjointUnionOf"),
    ("[ owl:complementOf ex:B ] rdfs:subClassOf ex:A .", "¬"),
    ("ex:h owl:propertyChainAxiom ( ex:p 'q' ) .", "in the place of a property"),
    ("ex:h owl:propertyChainAxiom [ rdf:first ex:p ] .", "a list that is broken"),
    ("ex:h owl:propertyChainAxiom _:l . _:l rdf:first ex:p ; rdf:rest _:l .", "a list that is broken"),
    ("ex:p rdfs:domain [ owl:unionOf ( ex:A ex:B ) ] .", "⊔"),
    ("_:a owl:intersectionOf ( ex:B _:a ) ; rdfs:subClassOf ex:A .", "contains itself"),
    ("ex:A rdfs:subClassOf [ a owl:Class ] .", "0 definitions"),
    ("owl:Thing rdfs:subClassOf ex:A .", "owl:Thing as a condition"),
)


@pytest.mark.parametrize(("axiom", "words"), REFUSED)
def test_an_axiom_without_a_rule_is_refused_not_ignored(axiom: str, words: str) -> None:
    with pytest.raises(BuildRefused) as refusal:
        compile_rules(quads(PREFIXES + axiom))
    (fault, *others) = refusal.value.faults
    assert not others
    assert fault.rule == "OWL 2 RL profile"
    assert words in fault.message
    assert "DL axioms" in fault.fix


def test_all_axioms_without_a_rule_are_named_at_once() -> None:
    with pytest.raises(BuildRefused) as refusal:
        compile_rules(quads(PREFIXES + " ".join(axiom for axiom, _ in REFUSED[:6])))
    assert len(refusal.value.faults) == 6
