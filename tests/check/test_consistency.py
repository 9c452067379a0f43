"""HermiT finds each seeded contradiction, and the check names the things concerned.

The seeded statements stand beside the ontology, its DL axioms and its alignments. No two names are taken for
different things unless the seed says so, as OWL has it (no unique name assumption).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.check.consistency import check_consistency, contradictions, narrowed
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.expressions import Term
from clustergraph.check.hermit import Hermit, find_hermit
from clustergraph.check.outcome import Status
from clustergraph.check.profile import DL
from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content
from clustergraph.sources.curated import read_rdf

from .conftest import Spoil

PREFIXES = f"""
@prefix cg: <{iris.CG}> .
@prefix dcat: <{iris.DCAT}> .
@prefix foaf: <{iris.FOAF}> .
@prefix org: <{iris.ORG}> .
@prefix owl: <{iris.OWL}> .
@prefix rdfs: <{iris.RDFS}> .
@prefix skos: <{iris.SKOS}> .
@prefix xsd: <{iris.XSD}> .
@prefix : <{iris.CGI}seed/> .
"""

#: Contradictory statements with the things that the fault must name.
CONTRADICTIONS = {
    "a programme that is an instrument": (":a a cg:Programme , cg:FundingInstrument .", "a"),
    "a statistical cluster that is an organisation": (
        ":a a cg:StatisticalCluster , cg:ClusterOrganisation .",
        "a",
    ),
    "an observation that is a claim": (":a a cg:Observation , cg:RelationClaim .", "a"),
    "a territory that is an agent": (":a a cg:City , cg:PublicAuthority .", "a"),
    "a figure that conflicts with itself": (":a cg:conflictsWith :a .", "a"),
    "level support that is a concept": (":a a cg:LevelSupport , skos:Concept .", "a"),
    "a phase that is next before and after another": (":a cg:nextPhase :b . :b cg:nextPhase :a .", "b"),
    "a generation that succeeds itself": (":a cg:succeeds :a .", "a"),
    "a programme that takes part in an action": (
        ":a a cg:Programme . :p a cg:Participation ; cg:participant :a .",
        "a",
    ),
    "a fragment of a territory": (":t a cg:Region . :f cg:fragmentOf :t .", "f"),
    "a cohort that is one of its actions": (":a a cg:PartnershipGeneration , cg:ClusterPartnership .", "a"),
    "a country that is a region (DL)": (":a a cg:Country , cg:Region .", "a"),
    "a fragment of two documents (DL)": (
        ":f cg:fragmentOf :d , :e . :d owl:differentFrom :e .",
        "f",
    ),
    "a call under two instruments (DL)": (
        ":c a cg:Call ; cg:underInstrument :i , :j . "
        ":i a cg:Tool ; owl:differentFrom :j . :j a cg:Platform .",
        "c",
    ),
    "an observation without any source (DL)": (
        ":o a cg:Observation , [ a owl:Class ; owl:complementOf "
        "[ a owl:Restriction ; owl:onProperty cg:statedIn ; owl:someValuesFrom cg:Locator ] ] , "
        "[ a owl:Restriction ; owl:onProperty <http://www.w3.org/ns/prov#wasDerivedFrom> ; "
        "owl:maxCardinality 0 ] .",
        "o",
    ),
}

CONSISTENT = {
    "a public authority that is a unit of another": (
        ":a a cg:PublicAuthority , org:OrganizationalUnit ; org:unitOf :b ."
    ),
    "a cluster organisation that manages a statistical cluster": (
        ":a a cg:ClusterOrganisation ; cg:manages :b . :b a cg:StatisticalCluster ."
    ),
    "a platform that is also a tool": (":a a cg:Platform , cg:Tool ."),
    "two figures that conflict": (":a cg:conflictsWith :b ."),
    "three generations in a line": (":c cg:succeeds :b . :b cg:succeeds :a ."),
    "a milestone with days, which HermiT is not shown": (
        ':m a cg:Milestone ; dcat:startDate "2020-02-30"^^xsd:date ; cg:dateText "2016"^^xsd:gYear .'
    ),
}


def seeds(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


@pytest.fixture(scope="session")
def axioms(real: CheckedDataset) -> list[ox.Quad]:
    content = real.content
    return [*real.axiom_quads, *read_rdf(content, content.ontology / DL, "ontology-dl").quads]


@pytest.mark.parametrize(("turtle", "named"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_seeded_contradiction_is_found_and_named(
    hermit: Hermit, axioms: list[ox.Quad], turtle: str, named: str
) -> None:
    [fault] = contradictions(hermit, axioms, seeds(turtle))
    assert fault.rule == "consistency (HermiT)"
    assert f"cgi:seed/{named}" in fault.message


@pytest.mark.parametrize("turtle", CONSISTENT.values(), ids=CONSISTENT)
def test_what_may_be_so_is_no_contradiction(hermit: Hermit, axioms: list[ox.Quad], turtle: str) -> None:
    assert contradictions(hermit, axioms, seeds(turtle)) == []


def test_a_class_that_can_have_no_member_is_named_with_the_reason(
    hermit: Hermit, axioms: list[ox.Quad]
) -> None:
    seeded = [*axioms, *seeds("cg:Both a owl:Class ; rdfs:subClassOf cg:Programme , cg:Tool .")]
    [fault] = contradictions(hermit, seeded, [])
    assert fault.focus == f"{iris.CG}Both"
    assert "cg:Programme" in fault.message
    assert "cg:PolicyInstrument" in fault.message


def test_ontology_schemes_and_data_are_consistent(real: CheckedDataset, hermit: Hermit) -> None:
    imported_before = "owlready2" in sys.modules
    outcome = check_consistency(real)
    assert outcome.faults == ()
    assert outcome.status is Status.PASSED
    assert ("owlready2" in sys.modules) == imported_before, "its global world stays out of this process"


def test_a_contradiction_in_a_table_is_explained_with_its_row(
    copied: Content, spoil: Spoil, hermit: Hermit
) -> None:
    spoil("data/decks/entities.csv", "programme/cosme,Programme,", "programme/cosme,Programme|Tool,")
    outcome = check_consistency(CheckedDataset(copied, Settings()))
    assert outcome.status is Status.FAILED
    explained = [fault for fault in outcome.faults if fault.focus == f"{iris.CGI}programme/cosme"]
    assert any("policy instrument" in fault.message and "programme" in fault.message for fault in explained)
    assert {fault.file for fault in explained} == {"data/decks/entities.csv"}
    assert any(fault.rule == "consistency (HermiT)" for fault in outcome.faults)


def test_a_contradiction_that_only_the_dl_axioms_show_is_narrowed_down_in_the_real_data(
    real: CheckedDataset, axioms: list[ox.Quad], hermit: Hermit
) -> None:
    berlin = f"<{iris.CGI}city/berlin>"
    [fault] = contradictions(hermit, axioms, [*real.asserted_quads, *seeds(f"{berlin} a cg:Country .")])
    assert fault.focus == f"{iris.CGI}city/berlin"


def test_without_java_the_check_is_skipped_with_that_reason(
    sparse: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = check_consistency(CheckedDataset(sparse, Settings()))
    assert outcome.status is Status.SKIPPED
    assert "Java is not installed" in outcome.figures


def test_without_java_a_contradiction_that_the_rules_find_still_fails_the_check(
    sparse: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (sparse.data / "seed.ttl").write_text(PREFIXES + ":a a cg:Programme , cg:Tool .", encoding="utf-8")
    outcome = check_consistency(CheckedDataset(sparse, Settings()))
    assert outcome.status is Status.FAILED
    assert {fault.file for fault in outcome.faults} == {"data/seed.ttl"}


def test_without_owlready2_the_reason_names_it(hermit: Hermit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "owlready2", None)
    reason = find_hermit()
    assert isinstance(reason, str)
    assert "owlready2" in reason


def test_what_hermit_cannot_judge_fails_with_its_own_words(hermit: Hermit, axioms: list[ox.Quad]) -> None:
    seeded = [*axioms, *seeds("cg:conflictsWith a owl:TransitiveProperty .")]
    with pytest.raises(UnusableInput, match=r"Non-simple property '<.*conflictsWith>'"):
        contradictions(hermit, seeded, [])


@pytest.mark.parametrize("conflict", [{3}, {0, 9}, {2, 5, 7}, set()])
def test_narrowing_finds_the_smallest_contradictory_set(conflict: set[int]) -> None:
    candidates: list[Term] = [ox.NamedNode(f"{iris.CGI}seed/{number}") for number in range(10)]
    wanted = {candidates[number] for number in conflict}

    def contradictory(chosen: Sequence[Term]) -> bool:
        return wanted <= set(chosen)

    members, complete = narrowed(candidates, contradictory, time.monotonic() + 60)
    assert (set(members), complete) == (wanted, True)


def test_narrowing_stops_at_its_deadline_and_says_so() -> None:
    candidates: list[Term] = [ox.NamedNode(f"{iris.CGI}seed/{number}") for number in range(10)]
    members, complete = narrowed(candidates, lambda chosen: len(chosen) == 10, time.monotonic() - 1)
    assert (members, complete) == ([], False)
