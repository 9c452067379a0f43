"""The quality data: counts that a query confirms, and gaps that show when they are made."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.build.report import ValidationReport, ValidationResult
from clustergraph.errors import Severity
from clustergraph.publish.quality import Quality, measure, quality


@pytest.fixture(scope="module")
def measured(store: ox.Store) -> Quality:
    return measure(store, inferred=inferred(store))


def inferred(store: ox.Store) -> int:
    return sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(iris.INFERRED_GRAPH)))


def count(store: ox.Store, pattern: str) -> int:
    query = f"PREFIX cg: <{iris.CG}> SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {pattern} }}"
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    return int(next(rows)["n"].value)


def result(shape: str, focus: str, severity: Severity) -> ValidationResult:
    return ValidationResult(
        focus=focus,
        component=f"{iris.SH}MinCountConstraintComponent",
        shape=f"{iris.CGSH}{shape}",
        severity=severity,
        severity_iri=f"{iris.SH}{severity}",
        message=f"{shape} is missing.",
    )


def test_the_data_are_json_and_the_same_each_time(store: ox.Store) -> None:
    once = json.dumps(quality(store, inferred=1), sort_keys=True)
    quads = list(store)
    again = ox.Store()
    again.extend(reversed(quads))
    assert json.dumps(quality(again, inferred=1), sort_keys=True) == once


def test_observations_are_counted_by_deck(store: ox.Store, measured: Quality) -> None:
    assert len(measured.sources) == count(store, "?x a cg:SourceDocument .") > 5
    for source in measured.sources:
        pattern = f"?x a cg:Observation ; cg:statedIn/cg:fragmentOf <{source.source.iri}> ."
        assert source.observations == count(store, pattern), source.source.label
    assert measured.observations == count(store, "?x a cg:Observation .") > 90


def test_every_statement_of_the_graph_has_its_evidence(measured: Quality) -> None:
    shares = {each.kind.iri.removeprefix(iris.CG): each.evidenced for each in measured.evidence}
    for kind in ("Observation", "Claim", "LevelSupport", "Milestone", "Discrepancy"):
        assert shares[kind].whole > 0
        assert shares[kind].percent == 100.0
    assert not shares.keys() & {"SourceDocument", "SourceFragment", "Slide", "Period"}


def test_a_thing_without_evidence_is_named(store: ox.Store) -> None:
    changed = copy(store)
    cosme = ox.NamedNode(iris.thing("programme/cosme"))
    for quad in list(changed.quads_for_pattern(cosme, ox.NamedNode(f"{iris.CG}statedIn"), None, None)):
        changed.remove(quad)
    programmes = next(
        each for each in measure(changed, inferred=1).evidence if each.kind.iri == f"{iris.CG}Programme"
    )
    assert [each.label for each in programmes.without] == ["COSME"]
    assert programmes.evidenced.part == programmes.evidenced.whole - 1


def test_all_contradictions_are_counted_by_type(store: ox.Store, measured: Quality) -> None:
    assert measured.discrepancies == count(store, "?x a cg:Discrepancy .") > 32
    assert sum(kind.count for kind in measured.discrepancies_by_type) == measured.discrepancies
    counts = [kind.count for kind in measured.discrepancies_by_type]
    assert counts == sorted(counts, reverse=True)
    conflicts = next(k for k in measured.discrepancies_by_type if k.type.iri.endswith("/value-conflict"))
    assert conflicts.count == count(store, f"?x cg:discrepancyType <{conflicts.type.iri}>")
    assert all(each.label for each in conflicts.discrepancies)


def test_things_that_rest_on_one_source_are_those_a_query_finds(store: ox.Store, measured: Quality) -> None:
    named = """?x cg:statedIn/cg:locatorIn ?one .
      FILTER NOT EXISTS { ?x a ?record . VALUES ?record {
        cg:Observation cg:Claim cg:LevelSupport cg:Milestone cg:Discrepancy cg:Source } }"""
    other = "FILTER NOT EXISTS { ?x cg:statedIn/cg:locatorIn ?other . FILTER(?other != ?one) }"
    assert measured.things_with_evidence == count(store, named)
    assert len(measured.single_sourced) == count(store, f"{named} {other}")
    kinds = {each.thing.iri: each.kind for each in measured.single_sourced}
    assert kinds[iris.thing("city/berlin")] == f"{iris.CG}City"


def test_undated_sources_are_those_that_nothing_dates(measured: Quality) -> None:
    undated = [source.iri.rpartition("/")[2] for source in measured.undated_sources]
    assert undated == ["deck-000", "deck-004", "iso-3166-1", "nace-2-1"]
    bases = {source.source.iri.rpartition("/")[2]: source.as_of_basis for source in measured.sources}
    assert bases["deck-003"] == "stated"
    assert bases["deck-000"] == "unknown"


def test_cited_slides_and_lines_are_within_their_source(measured: Quality) -> None:
    decks = [source for source in measured.sources if "/deck-" in source.source.iri]
    assert len(decks) == 5
    for source in decks:
        assert 0 < source.slides_cited.part <= source.slides_cited.whole
        assert 0 < source.lines_cited.part <= source.lines_cited.whole


def test_a_term_without_an_english_definition_is_named(store: ox.Store, measured: Quality) -> None:
    assert {each.kind: each.defined.percent for each in measured.definitions} == {
        "class": 100.0,
        "object property": 100.0,
        "datatype property": 100.0,
        "concept": 100.0,
    }
    changed = copy(store)
    term = ox.NamedNode(f"{iris.CG}Call")
    for quad in list(changed.quads_for_pattern(term, ox.NamedNode(f"{iris.SKOS}definition"), None, None)):
        changed.remove(quad)
    classes = next(each for each in measure(changed, inferred=1).definitions if each.kind == "class")
    assert [each.label for each in classes.without] == ["call"]


def test_inferred_and_stated_triples_add_up(store: ox.Store, measured: Quality) -> None:
    default = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    assert (measured.triples, measured.inferred.part) == (default, inferred(store))
    assert 0 < inferred(store) < default


def test_open_results_are_grouped_by_shape_and_violations_are_not_open(store: ox.Store) -> None:
    report = ValidationReport(
        (
            result("Call-milestone", "urn:a", Severity.INFO),
            result("Thing-label", "urn:b", Severity.WARNING),
            result("Thing-label", "urn:a", Severity.WARNING),
            result("Thing-id", "urn:a", Severity.VIOLATION),
        )
    )
    found = measure(store, report, inferred=1).open_results
    assert found is not None
    assert [(each.shape.removeprefix(iris.CGSH), each.severity, each.count) for each in found] == [
        ("Thing-label", Severity.WARNING, 2),
        ("Call-milestone", Severity.INFO, 1),
    ]
    assert found[0].focus_nodes == ("urn:a", "urn:b")
    assert measure(store, inferred=1).open_results is None


def copy(store: ox.Store) -> ox.Store:
    fresh = ox.Store()
    fresh.extend(store)
    return fresh
