"""Deck tables are checked against each other: what one row mentions, another must describe."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.build.collect import Collection, collect
from clustergraph.sources.content import ROOMS, Content

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def content(tmp_path: Path) -> Content:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room)
    return Content(tmp_path)


def change(content: Content, table: str, edit: Callable[[list[dict[str, str]]], None]) -> None:
    path = content.data / table
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    edit(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def faults(collection: Collection) -> list[tuple[str, str | None, str | None]]:
    return [(fault.rule, fault.file, fault.column) for fault in collection.faults]


def test_the_curated_files_have_no_fault(content: Content) -> None:
    assert collect(content).faults == ()


def test_an_identifier_that_is_not_registered_is_refused(content: Content) -> None:
    change(
        content,
        "register.csv",
        lambda rows: rows.remove(next(r for r in rows if r["id"] == "programme/cosme")),
    )
    assert faults(collect(content)) == [("registered identifier", "data/decks/entities.csv", "id")]


def test_a_deprecated_identifier_is_not_described_again(content: Content) -> None:
    def retire(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["id"] == "programme/cosme")["status"] = "deprecated"

    change(content, "register.csv", retire)
    assert faults(collect(content)) == [("registered identifier", "data/decks/entities.csv", "id")]


def test_a_registered_identifier_that_nobody_describes_is_reported(content: Content) -> None:
    change(
        content,
        "register.csv",
        lambda rows: rows.append({**rows[0], "id": "programme/atlantis", "status": "active"}),
    )
    assert faults(collect(content)) == [("registered identifier", "data/register.csv", "id")]


def test_evidence_outside_every_slide_is_reported(content: Content) -> None:
    def misplace(rows: list[dict[str, str]]) -> None:
        rows[0]["lines"] = "9000"

    change(content, "decks/claims.csv", misplace)
    assert faults(collect(content)) == [("evidence on a slide", "data/decks/claims.csv", "lines")]


def test_a_mention_of_what_nobody_describes_names_the_nearest_thing(content: Content) -> None:
    def mistype(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row["object"] == "programme/cosme")
        row["object"] = "programme/cosmee"

    change(content, "decks/relations.csv", mistype)
    (fault,) = collect(content).faults
    assert (fault.rule, fault.column) == ("known thing", "object")
    assert "cgi:programme/cosme?" in fault.fix


def test_a_discrepancy_involves_only_what_is_there(content: Content) -> None:
    def mistype(rows: list[dict[str, str]]) -> None:
        rows[0]["involves"] += "|figure-999"

    change(content, "decks/discrepancies.csv", mistype)
    assert faults(collect(content)) == [("known thing", "data/decks/discrepancies.csv", "involves")]


def test_every_deck_has_a_named_graph_and_the_default_graph_holds_each_triple_once(content: Content) -> None:
    store = collect(content).store
    graphs = {graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}
    assert {iris.graph(f"deck-00{number}") for number in range(5)} <= graphs
    default = {quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())}
    named = {quad.triple for quad in store if not isinstance(quad.graph_name, ox.DefaultGraph)}
    assert default == named


def test_a_relation_is_a_triple_and_a_claim_with_its_evidence(content: Content) -> None:
    store = collect(content).store
    assert store.query(
        """
        PREFIX cg: <https://w3id.org/clustergraph/ontology#>
        PREFIX cgi: <https://w3id.org/clustergraph/id/>
        ASK {
          GRAPH <https://w3id.org/clustergraph/graph/deck-001> {
            <https://w3id.org/clustergraph/id/instrument/cluster-excellence-programme>
              cg:fundedUnder <https://w3id.org/clustergraph/id/programme/cosme> .
            ?claim a cg:RelationClaim ;
              cg:assertedSubject <https://w3id.org/clustergraph/id/instrument/cluster-excellence-programme> ;
              cg:assertedProperty cg:fundedUnder ;
              cg:assertedObject <https://w3id.org/clustergraph/id/programme/cosme> ;
              cg:statedIn/cg:fragmentOf <https://w3id.org/clustergraph/id/source/deck-001> .
          }
        }
        """
    )


def test_figures_that_conflict_are_linked_and_both_stay(content: Content) -> None:
    store = collect(content).store
    solutions = store.query(
        """
        PREFIX cg: <https://w3id.org/clustergraph/ontology#>
        SELECT ?one ?other WHERE {
          ?a cg:conflictsWith ?b ; cg:numericValue ?one ;
             cg:indicator <https://w3id.org/clustergraph/def/indicator/partnerships-funded> .
          ?b cg:numericValue ?other .
        }
        """
    )
    assert isinstance(solutions, ox.QuerySolutions)
    assert [(row["one"].value, row["other"].value) for row in solutions] == [("23", "25")]
