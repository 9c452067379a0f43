"""The default engine says exactly what the reference engine says: on the project's data and on seeded errors.

The W3C suite is run with both in `test_w3c_shacl.py`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.collect import Collection, collect
from clustergraph.build.report import ValidationReport
from clustergraph.build.validation import validate
from clustergraph.sources.content import Content

ROOT = Path(__file__).resolve().parents[2]
XSD = "http://www.w3.org/2001/XMLSchema#"
CG = "https://w3id.org/clustergraph/ontology#"
SEEDED_ERRORS = 240


@pytest.fixture(scope="module")
def collection() -> Collection:
    return collect(Content(ROOT))


@pytest.fixture(scope="module")
def data(collection: Collection) -> list[ox.Triple]:
    quads = collection.store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    return sorted((quad.triple for quad in quads), key=str)


def both(data: list[ox.Triple], collection: Collection) -> tuple[ValidationReport, ValidationReport]:
    reference = validate(data, collection.shapes, engine=pyshacl_engine.report_graph)
    return reference, validate(data, collection.shapes, engine=turbo_engine.report_graph)


def signatures(report: ValidationReport) -> set[tuple[str | None, ...]]:
    """Everything a reader sees of a result; nodes without a name differ from reading to reading."""
    return {
        (
            result.focus,
            result.path,
            result.value,
            result.component,
            result.severity_iri,
            result.shape,
            result.message,
            result.remedy,
        )
        for result in report.results
    }


def with_errors(data: list[ox.Triple], number: int) -> tuple[list[ox.Triple], set[str]]:
    """The data with errors in that many things of this graph, one each, and the kinds of error made."""
    chance = random.Random(20)
    by_subject: dict[ox.NamedNode | ox.BlankNode | ox.Triple, list[ox.Triple]] = defaultdict(list)
    for triple in data:
        if "clustergraph/id/" in str(triple.subject) and not isinstance(triple.object, ox.BlankNode):
            by_subject[triple.subject].append(triple)
    named = [triple for triple in data if "_:" not in f"{triple.subject} {triple.object}"]
    kept, made = set(data), set()
    for place, subject in enumerate(chance.sample(sorted(by_subject, key=str), number)):
        triple = chance.choice(sorted(by_subject[subject], key=str))
        other = chance.choice(named)
        kind = ("missing", "doubled", "ill-typed", "unknown thing", "other language")[place % 5]
        if kind in ("missing", "ill-typed"):
            kept.discard(triple)
        if kind == "doubled":
            kept.add(ox.Triple(subject, triple.predicate, other.object))
        elif kind == "ill-typed":
            kept.add(
                ox.Triple(
                    subject, triple.predicate, ox.Literal("7,24", datatype=ox.NamedNode(f"{XSD}decimal"))
                )
            )
        elif kind == "unknown thing":
            kept.add(ox.Triple(subject, triple.predicate, ox.NamedNode(f"{CG}noSuchTerm{place}")))
        elif kind == "other language":
            kept.add(ox.Triple(subject, triple.predicate, ox.Literal("un mot", language="fr")))
        made.add(kind)
    return sorted(kept, key=str), made


def test_both_engines_agree_on_the_data_of_the_project(collection: Collection, data: list[ox.Triple]) -> None:
    reference, default = both(data, collection)
    assert signatures(default) == signatures(reference)


def test_both_engines_agree_on_seeded_errors(collection: Collection, data: list[ox.Triple]) -> None:
    wrong, made = with_errors(data, SEEDED_ERRORS)
    assert len(made) == 5
    reference, default = both(wrong, collection)
    assert len(reference.violations) >= 200
    assert len({result.shape for result in reference.results}) >= 40
    assert signatures(default) == signatures(reference)
