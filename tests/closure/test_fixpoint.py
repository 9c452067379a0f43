"""The ordered, semi-naive closure draws exactly what the naive fixpoint of the same rules draws."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from benchmarks.naive import fixpoint

from clustergraph import iris
from clustergraph.build.closure import compile_rules
from clustergraph.build.joins import everywhere, from_new
from clustergraph.build.ordering import in_dependency_order

from .axiom_kinds import PREFIXES
from .graphs import closed, inferred, quads, triples

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology" / "clustergraph.ttl"
EX = "http://example.org/"
TYPE = ox.NamedNode(f"{iris.RDF}type")
PROPERTIES = [f"ex:p{number}" for number in range(6)]
CLASSES = [f"ex:C{number}" for number in range(5)]

RESTRICTIONS = (
    "[ a owl:Restriction ; owl:onProperty {p} ; owl:hasValue ex:n1 ]",
    "[ a owl:Restriction ; owl:onProperty {p} ; owl:someValuesFrom {c} ]",
    "[ owl:intersectionOf ( {c} [ a owl:Restriction ; owl:onProperty {p} ; owl:hasValue ex:n2 ] ) ]",
    "[ owl:intersectionOf ( {c} {d} ) ]",
    "[ owl:unionOf ( {c} {d} ) ]",
)
AXIOMS = (
    "{p} a owl:TransitiveProperty .",
    "{p} a owl:SymmetricProperty .",
    "{p} owl:inverseOf {q} .",
    "{p} rdfs:subPropertyOf {q} .",
    "{p} owl:equivalentProperty {q} .",
    "{p} rdfs:subPropertyOf [ owl:inverseOf {q} ] .",
    "{p} owl:propertyChainAxiom ( {q} {r} ) .",
    "{p} owl:propertyChainAxiom ( {p} {q} ) .",
    "{p} owl:propertyChainAxiom ( {q} [ owl:inverseOf {r} ] {p} ) .",
    "{p} rdfs:domain {c} .",
    "{p} rdfs:range {c} .",
    "{c} rdfs:subClassOf {d} .",
    "{c} rdfs:subClassOf [ a owl:Restriction ; owl:onProperty {p} ; owl:hasValue ex:n3 ] .",
    "{c} rdfs:subClassOf [ a owl:Restriction ; owl:onProperty {p} ; owl:allValuesFrom {d} ] .",
    *(f"{restriction} rdfs:subClassOf {{d}} ." for restriction in RESTRICTIONS),
)


def generated(seed: int) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """A synthetic ontology of some axioms of every kind, and links with hubs, chains, circles, literals."""
    chance = random.Random(seed)
    axioms = []
    for axiom in chance.sample(AXIOMS, 7):
        p, q, r = chance.sample(PROPERTIES, 3)
        c, d = chance.sample(CLASSES, 2)
        axioms.append(axiom.format(p=p, q=q, r=r, c=c, d=d))
    nodes = [ox.NamedNode(f"{EX}n{number}") for number in range(12)]
    names = [ox.NamedNode(EX + name.removeprefix("ex:")) for name in PROPERTIES]
    data = [ox.Quad(one, chance.choice(names), other) for one, other in itertools.pairwise(nodes)]
    data += [ox.Quad(chance.choice(nodes), chance.choice(names), chance.choice(nodes)) for _ in range(8)]
    data += [ox.Quad(nodes[0], chance.choice(names), node) for node in chance.sample(nodes, 4)]
    data += [
        ox.Quad(node, TYPE, ox.NamedNode(EX + chance.choice(CLASSES).removeprefix("ex:")))
        for node in chance.sample(nodes, 5)
    ]
    data.append(ox.Quad(chance.choice(nodes), chance.choice(names), ox.Literal("a literal")))
    return quads(PREFIXES + " ".join(axioms)), data


def by_fixpoint(ontology: list[ox.Quad], data: list[ox.Quad], *, by_hash: bool = False) -> set[str]:
    store = ox.Store()
    store.extend([*ontology, *data])
    asserted = triples(store, ox.DefaultGraph())
    fixpoint(store, compile_rules(ontology), by_hash=by_hash)
    return triples(store, ox.DefaultGraph()) - asserted


@pytest.mark.parametrize("seed", range(80))
def test_generated_graphs_close_to_what_the_naive_fixpoint_draws(seed: int) -> None:
    ontology, data = generated(seed)
    _, report = closed(ontology, data)
    expected = by_fixpoint(ontology, data)
    assert inferred(report) == expected
    assert report.inferred == len(expected) == sum(report.by_rule.values())
    assert by_fixpoint(ontology, data, by_hash=True) == expected


@pytest.mark.parametrize("seed", range(20))
def test_what_a_transitive_property_carries_along_is_complete_when_its_links_come_late(seed: int) -> None:
    """`ex:p0 ∘ ex:p1 ⊑ ex:p0` is not asked about what it concluded, also where that leads to new `ex:p1`."""
    ontology = quads(
        PREFIXES + "ex:p1 a owl:TransitiveProperty ; owl:propertyChainAxiom ( ex:p0 ex:p3 ) ; "
        "owl:inverseOf ex:p4 . ex:p0 owl:propertyChainAxiom ( ex:p0 ex:p1 ) . "
        "ex:p5 rdfs:subPropertyOf ex:p0 . "
        "ex:p2 owl:propertyChainAxiom ( ex:p1 ex:p2 ) . ex:p3 owl:propertyChainAxiom ( ex:p2 ex:p5 ) ."
    )
    _, data = generated(seed)
    _, report = closed(ontology, data)
    assert inferred(report) == by_fixpoint(ontology, data)


def test_the_generated_graphs_say_something() -> None:
    drawn = [by_fixpoint(*generated(seed)) for seed in range(30)]
    assert sum(len(found) > 10 for found in drawn) > 20


@pytest.mark.parametrize(
    "links",
    [
        pytest.param([(n, n + 1) for n in range(40)], id="a chain"),
        pytest.param([(n + 1, n) for n in reversed(range(40))], id="a chain from its end"),
        pytest.param([(n, (n + 1) % 15) for n in range(15)], id="a circle"),
        pytest.param([(n, (n - 1) // 2) for n in range(1, 31)], id="a tree"),
        pytest.param([(0, n) for n in range(1, 9)] + [(n, 9) for n in range(1, 9)] + [(9, 0)], id="a hub"),
        pytest.param([(0, 0), (0, 1)], id="a node that leads to itself"),
    ],
)
def test_a_transitive_property_with_its_inverse_reaches_all_that_it_should(
    links: list[tuple[int, int]],
) -> None:
    ontology = quads(
        PREFIXES + "ex:p a owl:TransitiveProperty ; owl:inverseOf ex:q . ex:q a owl:TransitiveProperty . "
        "ex:r rdfs:subPropertyOf ex:p . ex:s owl:propertyChainAxiom ( ex:s ex:p ) ."
    )
    data = [
        ox.Quad(
            ox.NamedNode(f"{EX}n{one}"),
            ox.NamedNode(EX + ("p", "r", "s")[place % 3]),
            ox.NamedNode(f"{EX}n{other}"),
        )
        for place, (one, other) in enumerate(links)
    ]
    _, report = closed(ontology, data)
    assert inferred(report) == by_fixpoint(ontology, data)


def test_a_class_that_only_a_rule_names_wakes_the_rules_about_it() -> None:
    """`ex:kind ⊑ rdf:type` concludes a type with whatever class the data name."""
    ontology = quads(
        PREFIXES + "ex:kind rdfs:subPropertyOf rdf:type . ex:A rdfs:subClassOf ex:B . "
        "ex:near rdfs:subPropertyOf ex:kind . [ a owl:Restriction ; owl:onProperty rdf:type ; "
        "owl:someValuesFrom owl:Thing ] rdfs:subClassOf ex:Typed ."
    )
    data = quads(PREFIXES + "ex:i ex:near ex:A . ex:j ex:kind ex:B .")
    _, report = closed(ontology, data)
    assert inferred(report) == by_fixpoint(ontology, data)
    assert f"<{EX}i> <{iris.RDF}type> <{EX}Typed>" in inferred(report)


def test_a_long_chain_of_links_is_drawn_once_for_each_pair() -> None:
    """400 links joined with themselves would take ten million rows."""
    ontology = quads(PREFIXES + "ex:p a owl:TransitiveProperty .")
    link = ox.NamedNode(f"{EX}p")
    data = [
        ox.Quad(ox.NamedNode(f"{EX}n{n}"), link, ox.NamedNode(f"{EX}n{n + 1}")) for n in reversed(range(400))
    ]
    _, report = closed(ontology, data)
    assert report.inferred == 400 * 399 // 2
    assert report.rounds == 1


def test_a_hub_between_two_properties_costs_no_more_than_its_links() -> None:
    """10,000 things under one with links back to each: a look-up for each row would take 10^8 steps."""
    ontology = quads(
        PREFIXES + "ex:up owl:inverseOf ex:down . ex:far owl:propertyChainAxiom ( ex:up ex:by ) ."
    )
    hub, top = ox.NamedNode(f"{EX}hub"), ox.NamedNode(f"{EX}top")
    up, by = ox.NamedNode(f"{EX}up"), ox.NamedNode(f"{EX}by")
    things = [ox.NamedNode(f"{EX}thing/{number}") for number in range(10_000)]
    data = [ox.Quad(thing, up, hub) for thing in things] + [ox.Quad(thing, by, thing) for thing in things]
    data.append(ox.Quad(hub, by, top))
    store, report = closed(ontology, data)
    assert report.inferred == 20_000
    assert report.seconds < 2
    assert ox.Quad(things[0], ox.NamedNode(f"{EX}far"), top) in store


def test_rules_come_after_those_they_read_from() -> None:
    ontology = quads(
        PREFIXES + "ex:A rdfs:subClassOf ex:B . ex:B rdfs:subClassOf ex:C . ex:p rdfs:domain ex:A . "
        "ex:q rdfs:subPropertyOf ex:p . ex:r owl:inverseOf ex:q ."
    )
    rules = compile_rules(ontology)
    ordered = in_dependency_order(rules)
    assert sorted(rule.name for rule in ordered) == sorted(rule.name for rule in rules)
    assert ordered == in_dependency_order(rules)
    place = {rule.name: number for number, rule in enumerate(ordered)}
    before = ["prp-inv2", "prp-spo1", "prp-dom <http://example.org/p> → <http://example.org/A>"]
    found = [min(place[name] for name in place if name.startswith(start)) for start in before]
    last = place["cax-sco <http://example.org/B> ⊑ <http://example.org/C>"]
    assert found == sorted(found)
    assert found[-1] < last


def test_every_query_of_every_rule_of_this_project_is_valid_sparql() -> None:
    root = ox.parse(path=str(ONTOLOGY), format=ox.RdfFormat.TURTLE)
    ontology = [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in root]
    store = ox.Store()
    for rule in compile_rules(ontology):
        assert list(store.query(everywhere(rule))) == [] or not rule.body.patterns
        for position in range(len(rule.body.patterns)):
            assert list(store.query(from_new(rule, position, "urn:new"))) == []


def test_an_individual_listed_twice_counts_once() -> None:
    ontology = quads(PREFIXES + "ex:A owl:oneOf ( ex:i ex:i ) .")
    _, report = closed(ontology, [])
    assert report.inferred == 1
