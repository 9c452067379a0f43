"""Each lint rule finds what breaks it and nothing else.

A rule has two fixtures: `<rule>__violating.trig`, whose first lines name the focus nodes to be found, and
`<rule>__clean.trig`. As in the check itself, shapes and DL axioms stand in named graphs only.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.lint import LintRule, broken, check_lint, lint_store, load_rules
from clustergraph.check.outcome import Status
from clustergraph.errors import Severity, UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

from .conftest import ROOT, Spoil

FIXTURES = ROOT / "tests" / "fixtures" / "lint"
RULES = {rule.name: rule for rule in load_rules(Content(ROOT))}
UNPUBLISHED = {iris.graph("shapes"), iris.graph("ontology-dl")}


def store_of(path: Path) -> ox.Store:
    quads = list(ox.parse(path.read_bytes(), format=ox.RdfFormat.TRIG))
    return lint_store(
        [
            *quads,
            *(
                ox.Quad(quad.subject, quad.predicate, quad.object)
                for quad in quads
                if quad.graph_name.value not in UNPUBLISHED
            ),
        ]
    )


def foci(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {iris.expand(line.removeprefix("# focus ")) for line in lines if line.startswith("# focus ")}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_names_every_focus_node_that_breaks_it(rule: LintRule) -> None:
    path = FIXTURES / f"{rule.name}__violating.trig"
    faults = broken(rule, store_of(path))
    assert {fault.focus for fault in faults} == foci(path)
    assert foci(path)
    for fault in faults:
        assert fault.severity is rule.severity
        assert rule.summary in fault.message
        assert fault.fix == rule.remedy


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_finds_nothing_where_it_is_kept(rule: LintRule) -> None:
    assert list(broken(rule, store_of(FIXTURES / f"{rule.name}__clean.trig"))) == []


def test_every_fixture_belongs_to_a_rule() -> None:
    assert {path.name.split("__")[0] for path in FIXTURES.glob("*.trig")} == RULES.keys()


def test_the_check_fails_where_a_term_of_the_shapes_is_not_declared(copied: Content, spoil: Spoil) -> None:
    spoil("ontology/clustergraph.ttl", "cg:rawText a owl:DatatypeProperty", "cg:quote a owl:DatatypeProperty")
    outcome = check_lint(CheckedDataset(copied, Settings()))
    assert outcome.status is Status.FAILED
    assert any(
        fault.rule == "lint declared-term" and fault.value == f"{iris.CG}rawText" for fault in outcome.faults
    )


def test_the_check_locates_a_breach_in_its_file(copied: Content, spoil: Spoil) -> None:
    spoil("ontology/clustergraph.ttl", 'rdfs:label "call"@en', 'rdfs:label "call."@en')
    outcome = check_lint(CheckedDataset(copied, Settings()))
    [fault] = [fault for fault in outcome.faults if fault.rule == "lint label-style"]
    assert fault.focus == f"{iris.CG}Call"
    assert fault.place().startswith("ontology/clustergraph.ttl, line ")


def test_a_warning_does_not_fail_the_check(sparse: Content) -> None:
    for path in (sparse.queries / "lint").glob("*.rq"):
        if path.stem != "property-says-what-it-joins":
            path.unlink()
    extra = (
        "<https://w3id.org/clustergraph/ontology#loose> a <http://www.w3.org/2002/07/owl#ObjectProperty> ."
    )
    (sparse.data / "extra.ttl").write_text(extra, encoding="utf-8")
    outcome = check_lint(CheckedDataset(sparse, Settings()))
    assert f"{iris.CG}loose" in {fault.focus for fault in outcome.faults}
    assert {fault.severity for fault in outcome.faults} == {Severity.WARNING}
    assert outcome.status is Status.PASSED


def test_without_any_rule_the_check_fails(sparse: Content) -> None:
    for path in (sparse.queries / "lint").glob("*.rq"):
        path.unlink()
    assert check_lint(CheckedDataset(sparse, Settings())).status is Status.FAILED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?focus ?value { ?focus ?p ?value }", "There is no summary."),
        ("#+ summary: S.\n#+ severity: Grave\n#+ remedy: R.\nSELECT ?focus ?value {}", "no severity 'Grave'"),
        ("#+ summary: S.\n#+ severity: Info\n#+ remedy: R.\nSELECT ?focus {}", "?focus and ?value"),
        ("#+ summary: S.\n#+ severity: Info\n#+ remedy: R.\nASK {}", "?focus and ?value"),
        ("#+ summary: S.\n#+ severity: Info\n#+ remedy: R.\nSELECT ?focus WHERE", "expected"),
        ("#+ summary: a: b: c\nSELECT ?focus ?value {}", "YAML"),
        ("#+ sumary: S.\nSELECT ?focus ?value {}", "'sumary' is unknown"),
    ],
)
def test_a_rule_that_cannot_be_used_is_a_fault_with_its_file(
    copied: Content, text: str, message: str
) -> None:
    (copied.queries / "lint" / "broken.rq").write_text(text, encoding="utf-8")
    with pytest.raises(UnusableInput) as caught:
        load_rules(copied)
    assert any(message in fault.message for fault in caught.value.faults)
    assert {fault.file for fault in caught.value.faults} == {"queries/lint/broken.rq"}
