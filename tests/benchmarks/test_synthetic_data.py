"""The benchmark's data: the same each time, of the size asked for, and never to be taken for real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from benchmarks import generator
from clustergraph import iris

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGY = ROOT / "ontology" / "clustergraph.ttl"


def test_the_same_size_gives_the_same_bytes_in_another_process(synthetic: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.generator", "30000"]
    again = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert again.stdout == synthetic.read_bytes()


def test_another_seed_gives_other_data_of_the_same_size() -> None:
    one = "".join(generator.lines(15_000, seed=1))
    other = "".join(generator.lines(15_000, seed=2))
    assert one != other
    assert one.count("\n") == other.count("\n") == 15_000


@pytest.mark.parametrize("triples", [1, 7, 10_500, 30_000])
def test_a_dataset_has_exactly_the_distinct_triples_asked_for(triples: int) -> None:
    store = ox.Store()
    store.load("".join(generator.lines(triples)).encode(), format=ox.RdfFormat.N_TRIPLES)
    assert len(store) == triples


def test_n_quads_are_the_same_triples_in_one_synthetic_graph(synthetic: Path, tmp_path: Path) -> None:
    path = tmp_path / "data.nq"
    generator.write(path, 30_000, nquads=True)
    quads = list(ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS))
    triples = {quad.triple for quad in ox.parse(path=str(synthetic), format=ox.RdfFormat.N_TRIPLES)}
    assert {quad.graph_name for quad in quads} == {ox.NamedNode(generator.GRAPH)}
    assert {quad.triple for quad in quads} == triples


def test_every_thing_is_synthetic_and_every_term_of_ours_is_in_the_ontology(synthetic: Path) -> None:
    declared = {quad.subject for quad in ox.parse(path=str(ONTOLOGY), format=ox.RdfFormat.TURTLE)}
    rdf_type = ox.NamedNode(f"{iris.RDF}type")
    for quad in ox.parse(path=str(synthetic), format=ox.RdfFormat.N_TRIPLES):
        assert isinstance(quad.subject, ox.NamedNode)
        assert quad.subject.value.startswith(generator.SYNTHETIC)
        used = [quad.predicate, *([quad.object] if quad.predicate == rdf_type else [])]
        for term in used:
            if isinstance(term, ox.NamedNode) and term.value.startswith(iris.CG):
                assert term in declared, term


def test_an_interrupted_write_leaves_no_dataset_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(triples: int, *, seed: int = 4):
        yield "<a:b> <a:c> <a:d> .\n"
        raise KeyboardInterrupt

    monkeypatch.setattr(generator, "lines", broken)
    with pytest.raises(KeyboardInterrupt):
        generator.dataset(tmp_path, 10)
    assert not (tmp_path / "synthetic-10.nt").exists()
