"""The synthetic ecosystem: the same each time, conforming to the shapes, and never to be taken for real."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pyoxigraph as ox
import pytest
from benchmarks.ecosystem import Size

from benchmarks import ecosystem, stages
from clustergraph import iris, snapshot
from clustergraph.build.validation import validate

ROOT = Path(__file__).resolve().parents[2]
TYPE = ox.NamedNode(f"{iris.RDF}type")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ecosystem of 60 organisations as N-Quads."""
    path = tmp_path_factory.mktemp("ecosystem") / "small.nq"
    ecosystem.write(path, Size(60), nquads=True)
    return path


def test_the_same_size_gives_the_same_bytes_in_another_process(small: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.ecosystem", "60", "--nquads"]
    again = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert again.stdout == small.read_bytes()


def test_another_seed_gives_another_ecosystem() -> None:
    assert "".join(ecosystem.lines(Size(60), seed=1)) != "".join(ecosystem.lines(Size(60), seed=2))


@pytest.mark.parametrize("organisations", [20, 400, 2_000])
def test_no_triple_is_written_twice_and_the_size_is_about_that_asked_for(organisations: int) -> None:
    lines = "".join(ecosystem.lines(Size(organisations))).splitlines()
    assert len(lines) == len(set(lines))
    typed = f"<{iris.RDF}type> <{iris.CG}ClusterOrganisation> ."
    assert sum(line.endswith(typed) for line in lines) == organisations


def test_a_number_of_triples_is_met_by_and_large() -> None:
    found = sum(block.count("\n") for block in ecosystem.lines(Size.of_triples(200_000)))
    assert 0.85 < found / 200_000 < 1.15


def test_it_is_made_block_by_block() -> None:
    """Twenty times the organisations take no more memory; a million would take minutes, not gigabytes."""

    def peak(organisations: int) -> int:
        tracemalloc.start()
        digest = hashlib.sha256()
        for block in ecosystem.lines(Size(organisations)):
            digest.update(block.encode())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(10_000) < 2 * peak(500) + 1_000_000


def test_everything_is_marked_as_synthetic(small: Path) -> None:
    labels = {f"{iris.RDFS}label", f"{iris.DCT}title"}
    for quad in ox.parse(path=str(small), format=ox.RdfFormat.N_QUADS):
        assert isinstance(quad.subject, ox.NamedNode)
        assert quad.subject.value.startswith(iris.CGI)
        assert "/synthetic-" in quad.subject.value
        assert "synthetic" in str(quad.graph_name)
        if quad.predicate.value in labels:
            assert quad.object.value.startswith("Synthetic ")


def test_it_conforms_to_every_shape_before_and_after_closure(small: Path, tmp_path: Path) -> None:
    task = stages.Task(small, tmp_path)
    task.build()
    assert task.counts["results"] == 0
    assert task.counts["contradictions"] == 0
    assert task.counts["inferred"] > task.counts["asserted"] / 4
    release = snapshot.current_release(tmp_path)
    assert release is not None
    assert release.manifest.triples == task.counts["asserted"] + task.counts["inferred"]


def test_a_fault_in_it_would_be_found(small: Path, tmp_path: Path) -> None:
    """The data reach the shapes: without its evidence an organisation is refused."""
    task = stages.Task(small, tmp_path)
    evidence = f"{iris.CGI}cluster-organisation/synthetic-7"
    quads = [
        quad
        for quad in ox.parse(path=str(small), format=ox.RdfFormat.N_QUADS)
        if not (quad.subject.value == evidence and quad.predicate.value == f"{iris.CG}statedIn")
    ]
    report = validate([*task.ontology, *quads], task.shapes)
    assert {result.focus for result in report.results} == {evidence}


def test_every_way_to_close_it_finds_the_same_number_of_triples(small: Path, tmp_path: Path) -> None:
    found = set()
    for name in ("close", "naive", "naive-by-hash"):
        task = stages.Task(small, tmp_path)
        stages.TASKS[name](task)
        found.add(task.counts["inferred"])
    assert len(found) == 1
