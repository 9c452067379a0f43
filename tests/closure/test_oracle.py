"""The closure equals that of owlrl, an independent implementation of OWL 2 RL/RDF."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from .axiom_kinds import CASES, PREFIXES, Case
from .graphs import closed, inferred, quads
from .oracle import entailed, is_kept

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGY = ROOT / "ontology" / "clustergraph.ttl"
CG = "https://w3id.org/clustergraph/ontology#"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
OWL = "http://www.w3.org/2002/07/owl#"


def written(path: Path, *graphs: Iterable[ox.Quad]) -> Path:
    lines = sorted({f"{quad.triple} ." for graph in graphs for quad in graph})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def by_oracle(tmp_path: Path, *graphs: Iterable[ox.Quad]) -> set[str]:
    return entailed(written(tmp_path / "graph.nt", *graphs))[0]


@pytest.fixture(scope="module")
def oracle_by_case(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What owlrl infers from every case, in one process."""
    directory = tmp_path_factory.mktemp("oracle")
    paths = [
        written(directory / f"{number}.nt", quads(PREFIXES + case.ontology), quads(PREFIXES + case.data))
        for number, case in enumerate(CASES)
    ]
    return {case.name: found for case, found in zip(CASES, entailed(*paths), strict=True)}


def by_closure(ontology: list[ox.Quad], data: list[ox.Quad]) -> set[str]:
    _, report = closed(ontology, data)
    return {f"{triple} ." for triple in inferred(report)}


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_each_kind_of_axiom_agrees_with_the_oracle(case: Case, oracle_by_case: dict[str, set[str]]) -> None:
    ontology, data = quads(PREFIXES + case.ontology), quads(PREFIXES + case.data)
    assert by_closure(ontology, data) == oracle_by_case[case.name]


def synthetic(ontology: list[ox.Quad], *, size: int, seed: int) -> list[ox.Quad]:
    """Random links between synthetic individuals over every property that the ontology reasons with.

    Not knowledge: it exists in this test only. Each individual has at most one class, so that owlrl does not
    stop at a contradiction.
    """
    chance = random.Random(seed)
    people = [ox.NamedNode(f"https://example.org/synthetic/{number}") for number in range(size)]
    properties = sorted(
        {
            quad.subject.value
            for quad in ontology
            if quad.predicate == RDF_TYPE
            and quad.object == ox.NamedNode(f"{OWL}ObjectProperty")
            and isinstance(quad.subject, ox.NamedNode)
        }
    )
    classes = sorted(
        {
            quad.subject.value
            for quad in ontology
            if quad.predicate == RDF_TYPE
            and quad.object == ox.NamedNode(f"{OWL}Class")
            and isinstance(quad.subject, ox.NamedNode)
            and quad.subject.value.startswith(CG)
        }
    )
    programmes = [quad.object for quad in ontology if quad.predicate.value == f"{OWL}hasValue"]
    data = [ox.Quad(person, RDF_TYPE, ox.NamedNode(chance.choice(classes))) for person in people]
    for name in properties:
        for _ in range(5):
            one, other = chance.sample(people, 2)
            data.append(ox.Quad(one, ox.NamedNode(name), other))
    for person in people[::5]:
        data.append(ox.Quad(person, ox.NamedNode(f"{CG}fundedUnder"), chance.choice(programmes)))
        data.append(ox.Quad(person, RDF_TYPE, ox.NamedNode(f"{CG}PolicyInstrument")))
        data.append(
            ox.Quad(
                person,
                ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"),
                ox.Literal(f"synthetic {person.value}", language="en"),
            )
        )
    return data


@pytest.mark.parametrize("seed", [1, 2])
def test_the_ontology_of_this_project_agrees_with_the_oracle(seed: int, tmp_path: Path) -> None:
    ontology = list(ox.parse(path=str(ONTOLOGY), format=ox.RdfFormat.TURTLE))
    ontology = [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in ontology]
    data = synthetic(ontology, size=60, seed=seed)
    found = by_closure(ontology, data)
    assert len(found) > 500
    assert found == by_oracle(tmp_path, ontology, data)


def test_the_oracle_would_notice_a_missing_rule(oracle_by_case: dict[str, set[str]]) -> None:
    case = next(case for case in CASES if case.name == "a chain of two")
    assert by_closure([], quads(PREFIXES + case.data)) != oracle_by_case[case.name]


def test_only_what_is_left_out_on_purpose_is_left_out() -> None:
    ex = "<http://example.org/{}>".format
    assert is_kept(f"{ex('a')} {ex('p')} {ex('b')} .")
    assert is_kept(f"{ex('a')} {ex('p')} {ex('a')} .")
    for line in (
        f'"literal" {ex("p")} {ex("b")} .',
        f"{ex('a')} <http://www.w3.org/2000/01/rdf-schema#subClassOf> {ex('a')} .",
        f"{ex('a')} <{OWL}sameAs> {ex('b')} .",
        f"{ex('a')} <{RDF_TYPE.value}> <{OWL}Thing> .",
        f"{ex('a')} {ex('p')} _:b .",
    ):
        assert not is_kept(line)
