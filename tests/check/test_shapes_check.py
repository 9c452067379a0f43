"""The shapes check fails on what the shapes forbid, and where there are no shapes."""

from __future__ import annotations

import pytest

from clustergraph import iris
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Status
from clustergraph.check.shapes import check_shapes
from clustergraph.errors import Severity
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

PREFIXES = f"@prefix cg: <{iris.CG}> . @prefix rdfs: <{iris.RDFS}> . @prefix : <{iris.CGI}period/> .\n"


def test_a_thing_that_breaks_a_shape_fails_the_check_with_its_file(sparse: Content) -> None:
    seed = '<https://w3id.org/clustergraph/id/call/seed> a cg:Call ; rdfs:label "seed"@en .'
    (sparse.data / "seed.ttl").write_text(PREFIXES + seed, encoding="utf-8")
    outcome = check_shapes(CheckedDataset(sparse, Settings()))
    assert outcome.status is Status.FAILED
    seeded = [fault for fault in outcome.faults if fault.focus == f"{iris.CGI}call/seed"]
    assert any(fault.severity is Severity.VIOLATION for fault in seeded)
    assert {fault.file for fault in seeded} == {"data/seed.ttl"}
    assert all(fault.message and fault.fix for fault in seeded)
    assert f"{outcome.count(Severity.VIOLATION):,} violation" in outcome.figures


def test_without_shapes_the_check_fails(sparse: Content) -> None:
    for path in sparse.shapes.glob("*.ttl"):
        path.unlink()
    outcome = check_shapes(CheckedDataset(sparse, Settings()))
    assert outcome.status is Status.FAILED
    assert outcome.figures == "no shapes"


@pytest.mark.parametrize("severity", ["Warning", "Info"])
def test_warnings_and_notes_are_listed_and_do_not_fail_the_check(sparse: Content, severity: str) -> None:
    for path in sparse.shapes.glob("*.ttl"):
        path.unlink()
    shape = f"""
    @prefix sh: <{iris.SH}> .
    <{iris.CGSH}Document-page> a sh:NodeShape ; sh:targetClass <{iris.CG}SourceDocument> ;
        sh:property [ sh:path <{iris.FOAF}page> ; sh:minCount 1 ; sh:severity sh:{severity} ;
            sh:message "No page."@en ] .
    """
    (sparse.shapes / "loose.ttl").write_text(shape, encoding="utf-8")
    outcome = check_shapes(CheckedDataset(sparse, Settings()))
    assert outcome.status is Status.PASSED
    assert len(outcome.faults) == 5, "one for each source"
    assert {fault.severity.value for fault in outcome.faults} == {severity}
