"""The closure check compares with owlrl, and tells every triple that one of the two has alone."""

from __future__ import annotations

import importlib.util
import sys

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.oracle import (
    check_closure,
    differences,
    ontology_axioms,
    our_closure,
    owlrl_closure,
    sample,
)
from clustergraph.check.outcome import Status
from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

needs_owlrl = pytest.mark.skipif(
    importlib.util.find_spec("owlrl") is None, reason="owlrl is not installed (pip install '.[dev]')"
)
TYPE = ox.NamedNode(f"{iris.RDF}type")


def thing(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{iris.CGI}{name}")


@needs_owlrl
def test_the_closure_of_ontology_and_sample_is_that_of_owlrl(real: CheckedDataset) -> None:
    outcome = check_closure(real)
    assert outcome.faults == ()
    assert outcome.status is Status.PASSED
    assert "compared with owlrl" in outcome.figures


def test_the_sample_has_every_property_and_the_type_of_all_it_mentions(real: CheckedDataset) -> None:
    chosen = sample(real.asserted_quads)
    links = {
        quad.predicate
        for quad in real.asserted_quads
        if isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith((iris.CGI, iris.CGS))
        and isinstance(quad.object, ox.NamedNode)
    }
    assert links <= {triple.predicate for triple in chosen}
    typed = {triple.subject for triple in chosen if triple.predicate == TYPE}
    assert {triple.subject for triple in chosen} <= typed


@needs_owlrl
@pytest.mark.parametrize(
    ("subject", "predicate", "lost"),
    [
        ("sourcedFrom", f"{iris.OWL}propertyChainAxiom", "cg:sourcedFrom"),
        ("hasMilestone", f"{iris.OWL}inverseOf", "cg:hasMilestone"),
        ("RelationClaim", f"{iris.RDFS}subClassOf", "cg:Claim"),
    ],
)
def test_a_closure_that_misses_an_axiom_is_caught(
    real: CheckedDataset, subject: str, predicate: str, lost: str
) -> None:
    axioms, chosen = ontology_axioms(real), sample(real.asserted_quads)
    without = [
        triple
        for triple in axioms
        if triple.subject != ox.NamedNode(f"{iris.CG}{subject}") or triple.predicate.value != predicate
    ]
    assert len(without) == len(axioms) - 1
    faults = list(
        differences(our_closure(without, chosen, real), owlrl_closure([*axioms, *chosen]), set(chosen))
    )
    assert any(lost in fault.message and "the closure does not" in fault.message for fault in faults)


def test_a_closure_that_says_too_much_is_caught() -> None:
    invented = ox.Triple(thing("call/x"), ox.NamedNode(f"{iris.CG}fundedUnder"), thing("programme/y"))
    [fault] = differences({invented}, set(), set())
    assert fault.focus == f"{iris.CGI}call/x"
    assert "owlrl does not" in fault.message


@pytest.mark.parametrize(
    "triple",
    [
        ox.Triple(thing("a"), ox.NamedNode(f"{iris.OWL}sameAs"), thing("a")),
        ox.Triple(thing("a"), TYPE, ox.NamedNode(f"{iris.OWL}Thing")),
        ox.Triple(ox.NamedNode(f"{iris.CG}Call"), TYPE, ox.NamedNode(f"{iris.OWL}Class")),
        ox.Triple(thing("a"), TYPE, ox.BlankNode()),
    ],
)
def test_what_the_closure_leaves_out_on_purpose_is_no_difference(triple: ox.Triple) -> None:
    assert list(differences(set(), {triple}, set())) == []


def test_without_owlrl_the_check_is_skipped_with_that_reason(
    real: CheckedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "owlrl", None)
    outcome = check_closure(real)
    assert outcome.status is Status.SKIPPED
    assert "owlrl is not installed" in outcome.figures


def test_a_closure_beyond_its_budget_fails_the_check(sparse: Content) -> None:
    outcome = check_closure(CheckedDataset(sparse, Settings(closure_triples=10)))
    assert outcome.status is Status.FAILED
    assert "budget of 10" in outcome.faults[0].message


@needs_owlrl
def test_owlrl_that_fails_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnusableInput, match="owlrl failed"):
        owlrl_closure([])
