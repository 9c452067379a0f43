"""A closure that grows without measure is stopped, with the rule that did it."""

from __future__ import annotations

import time

import pyoxigraph as ox
import pytest

from clustergraph.build.closure import close, compile_rules
from clustergraph.errors import BuildRefused

from .axiom_kinds import PREFIXES
from .graphs import closed, inferred, quads

GROWING = quads(
    PREFIXES + "ex:A rdfs:subClassOf ex:B . ex:near owl:propertyChainAxiom ( ex:near ex:next ) ; "
    "rdfs:subPropertyOf ex:linked . ex:linked a owl:SymmetricProperty ."
)


def ring(size: int) -> list[ox.Quad]:
    """Synthetic nodes in a circle: a chain that leads back to its start relates all to all."""
    nodes = [ox.NamedNode(f"http://example.org/node/{number}") for number in range(size)]
    following = zip(nodes, [*nodes[1:], nodes[0]], strict=True)
    links = [(one, other) for one, other in following]
    return [
        ox.Quad(one, ox.NamedNode(f"http://example.org/{name}"), other)
        for one, other in links
        for name in ("near", "next")
    ]


def run(size: int, *, triple_budget: int = 10**7, deadline_seconds: float = 60) -> BuildRefused:
    store = ox.Store()
    store.extend([*GROWING, *ring(size)])
    with pytest.raises(BuildRefused) as refusal:
        close(
            store,
            compile_rules(GROWING),
            triple_budget=triple_budget,
            deadline_seconds=deadline_seconds,
        )
    assert not list(store.named_graphs())
    return refusal.value


def test_a_chain_that_runs_away_ends_at_the_budget_and_is_named() -> None:
    refusal = run(2_000, triple_budget=20_000)
    (fault,) = refusal.faults
    assert (
        fault.rule
        == "prp-spo2 <http://example.org/near> ∘ <http://example.org/next> ⊑ <http://example.org/near>"
    )
    assert "20,000" in fault.message
    assert "cycle" in fault.fix
    assert "CLUSTERGRAPH_CLOSURE_TRIPLES" in fault.fix


def test_a_closure_ends_at_its_deadline() -> None:
    begun = time.monotonic()
    refusal = run(3_000, deadline_seconds=0.3)
    assert time.monotonic() - begun < 10
    (fault,) = refusal.faults
    assert fault.rule.startswith(("prp-spo2", "prp-spo1", "prp-symp"))
    assert "0.3 s" in fault.message
    assert "CLUSTERGRAPH_CLOSURE_SECONDS" in fault.fix


def test_a_single_rule_is_stopped_within_itself() -> None:
    """One join of 1,500 × 1,500 rows that would take far longer than the deadline."""
    ontology = quads(PREFIXES + "ex:h owl:propertyChainAxiom ( ex:p ex:q ) .")
    hub = ox.NamedNode("http://example.org/hub")
    store = ox.Store()
    store.extend(ontology)
    for number in range(1_500):
        node = ox.NamedNode(f"http://example.org/node/{number}")
        store.add(ox.Quad(node, ox.NamedNode("http://example.org/p"), hub))
        store.add(ox.Quad(hub, ox.NamedNode("http://example.org/q"), node))
    begun = time.monotonic()
    with pytest.raises(BuildRefused):
        close(
            store,
            compile_rules(ontology),
            triple_budget=10**7,
            deadline_seconds=0.2,
        )
    assert time.monotonic() - begun < 2
    assert len(store) == 3_000 + len(ontology)


def test_a_budget_that_is_just_enough_is_enough() -> None:
    data = ring(5)
    _, report = closed(GROWING, data)
    _, again = closed(GROWING, data, triple_budget=report.inferred)
    assert again.inferred == report.inferred == len(inferred(again))
    with pytest.raises(BuildRefused):
        closed(GROWING, data, triple_budget=report.inferred - 1)


def test_the_same_input_gives_the_same_conclusions_and_counts() -> None:
    _, one = closed(GROWING, ring(12))
    _, other = closed(list(reversed(GROWING)), list(reversed(ring(12))))
    assert inferred(one) == inferred(other)
    assert one.by_rule == other.by_rule
    assert one.rounds == other.rounds


def test_closing_twice_adds_nothing() -> None:
    store, report = closed(GROWING, ring(6))
    before = set(store)
    again = close(
        store,
        compile_rules(GROWING),
        triple_budget=10**6,
        deadline_seconds=60,
    )
    assert report.inferred > 0
    assert again.inferred == 0
    assert set(store) == before


def test_progress_is_told_by_round() -> None:
    said: list[str] = []
    store = ox.Store()
    store.extend([*GROWING, *ring(4)])
    report = close(
        store,
        compile_rules(GROWING),
        triple_budget=10**6,
        deadline_seconds=60,
        progress=said.append,
    )
    assert len(said) == report.rounds
    assert said[-1].endswith("0 new triples")


def test_rules_come_in_the_same_order_whatever_the_names_of_blank_nodes() -> None:
    text = (
        "ex:D owl:equivalentClass [ owl:intersectionOf ( ex:A "
        "[ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue ex:v ] ) ] . "
        "[ owl:unionOf ( ex:A ex:B ) ] rdfs:subClassOf ex:C ."
    )
    orders = {tuple(rule.update for rule in compile_rules(quads(PREFIXES + text))) for _ in range(5)}
    assert len(orders) == 1
