"""The gate runs every check on the checkout, and says no in words, in a table and in JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import typer
from rich.console import Console

from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.gate import run_gate
from clustergraph.check.outcome import CheckOutcome, Findings, Status, measured, plural
from clustergraph.check.reading import check_reading
from clustergraph.cli.check import run_check
from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

from .conftest import DECKS, INVENTORY, ROOT, Spoil

NAMES = [
    "reading",
    "profile",
    "consistency",
    "closure",
    "shapes",
    "lint",
    "coverage",
    "evidence",
    "table metadata",
]


def fault(severity: Severity) -> Fault:
    return Fault(rule="a rule", message="It is wrong.", fix="Mend it.", severity=severity)


def test_the_knowledge_of_this_checkout_passes_the_whole_gate() -> None:
    outcome = run_gate(
        Content(ROOT),
        Settings(),
        lambda words: None,
        decks=DECKS if DECKS.is_dir() else None,
        inventory=INVENTORY if INVENTORY.is_file() else None,
    )
    assert [check.name for check in outcome.checks] == NAMES
    assert [
        each.message
        for check in outcome.checks
        for each in check.faults
        if each.severity is Severity.VIOLATION
    ] == []
    assert outcome.passed


def test_a_gate_that_fails_ends_with_status_1_a_table_and_json(
    sparse: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    (sparse.ontology / "clustergraph-dl.ttl").write_text("this is not Turtle", encoding="utf-8")
    people = io.StringIO()
    with pytest.raises(typer.Exit) as caught:
        run_check(Settings(content=sparse.root), Console(file=people, width=200), as_json=True)
    assert caught.value.exit_code == 1
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is False
    assert [check["name"] for check in report["checks"]] == NAMES
    assert {check["status"] for check in report["checks"]} <= {"passed", "failed", "skipped"}
    profile = report["checks"][NAMES.index("profile")]
    assert profile["status"] == "failed"
    assert profile["faults"][0]["file"] == "ontology/clustergraph-dl.ttl"
    table = people.getvalue()
    assert all(name in table for name in NAMES)
    assert "checks failed" in table
    assert "mend" in table


def test_writing_the_coverage_runs_no_check(sparse: Content, capsys: pytest.CaptureFixture[str]) -> None:
    people = io.StringIO()
    run_check(
        Settings(content=sparse.root), Console(file=people, width=200), as_json=False, write_coverage=True
    )
    assert "coverage.csv" in people.getvalue()
    assert "ocr_noise-001" in (sparse.data / "coverage.csv").read_text(encoding="utf-8")
    assert "action-001" not in (sparse.data / "coverage.csv").read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("named", ["decks", "inventory"])
def test_decks_or_an_inventory_that_are_not_there_are_unusable(named: str, tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    given = {named: tmp_path / "nowhere"}
    with pytest.raises(UnusableInput):
        run_check(
            Settings(content=ROOT),
            console,
            as_json=False,
            decks=given.get("decks"),
            inventory=given.get("inventory"),
        )


def test_the_faults_of_every_table_are_reported(copied: Content, spoil: Spoil) -> None:
    spoil("data/decks/observations.csv", ",3043,NUM,", ",3 043,NUM,")
    spoil("data/sources.ttl", "a cg:SourceDocument ;", "a cg:SourceDocument")
    outcome = check_reading(CheckedDataset(copied, Settings()))
    assert outcome.status is Status.FAILED
    assert {"data/decks/observations.csv", "data/sources.ttl"} <= {each.file for each in outcome.faults}


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        (Findings("all well"), Status.PASSED),
        (Findings("all well", (fault(Severity.WARNING), fault(Severity.INFO))), Status.PASSED),
        (Findings("bad", (fault(Severity.VIOLATION),)), Status.FAILED),
        (Findings("no Java", skipped=True), Status.SKIPPED),
        (Findings("no Java", (fault(Severity.VIOLATION),), skipped=True), Status.FAILED),
    ],
)
def test_only_violations_fail_a_check_and_a_skip_hides_none(findings: Findings, status: Status) -> None:
    @measured("example")
    def check() -> Findings:
        return findings

    outcome = check()
    assert (outcome.name, outcome.status, outcome.faults) == ("example", status, findings.faults)
    assert outcome.seconds >= 0


def test_an_input_that_cannot_be_used_fails_its_check_with_every_fault() -> None:
    @measured("example")
    def check() -> Findings:
        raise UnusableInput("Unreadable.", [fault(Severity.VIOLATION)])

    @measured("example")
    def bare() -> Findings:
        raise UnusableInput("Unreadable.", where="a file", fix="Mend it.")

    assert check().faults == (fault(Severity.VIOLATION),)
    assert bare().status is Status.FAILED
    assert bare().faults[0].file == "a file"


def test_an_outcome_is_a_flat_object_for_machines() -> None:
    outcome = CheckOutcome("lint", Status.FAILED, "1 rule", (fault(Severity.WARNING),), 0.12345)
    assert outcome.as_json() == {
        "name": "lint",
        "status": "failed",
        "figures": "1 rule",
        "seconds": 0.123,
        "faults": [
            {"rule": "a rule", "message": "It is wrong.", "fix": "Mend it.", "severity": Severity.WARNING}
        ],
    }


def test_counts_read_as_words() -> None:
    assert [plural(1, "class", "classes"), plural(2, "class", "classes"), plural(1204, "triple")] == [
        "1 class",
        "2 classes",
        "1,204 triples",
    ]
