"""`validate`: a SHACL report on stdout; 0 conforms, 1 does not, 2 cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from .conftest import Command

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Call ;
  sh:property [ sh:path ex:deadline ; sh:minCount 1 ; sh:message "A call needs a deadline."@en ] .
"""
GOOD = '@prefix ex: <http://example.org/> . ex:c a ex:Call ; ex:deadline "2020-04-02" .'
BAD = "@prefix ex: <http://example.org/> . ex:c a ex:Call ."


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in {
        "shapes.ttl": SHAPES,
        "good.ttl": GOOD,
        "bad.ttl": BAD,
        "broken.ttl": "ex:c a",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_data_that_conform_end_with_0(clustergraph: Command, files: Path) -> None:
    ended = clustergraph("validate", "good.ttl", "--shapes", "shapes.ttl")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout


def test_data_that_do_not_conform_end_with_1_and_a_report(clustergraph: Command, files: Path) -> None:
    text = clustergraph("validate", "bad.ttl", "--shapes", "shapes.ttl")
    assert text.returncode == 1
    assert "A call needs a deadline." in text.stdout
    assert "http://example.org/c" in text.stdout
    report = json.loads(clustergraph("validate", "bad.ttl", "--shapes", "shapes.ttl", "-f", "json").stdout)
    assert report["conforms"] is False
    assert [result["focus"] for result in report["results"]] == ["http://example.org/c"]


def test_the_turtle_report_is_a_shacl_report(clustergraph: Command, files: Path) -> None:
    ended = clustergraph("validate", "--data", "bad.ttl", "--shapes", "shapes.ttl", "--format", "turtle")
    assert ended.returncode == 1
    store = ox.Store()
    store.load(ended.stdout.encode(), format=ox.RdfFormat.TURTLE)
    assert store.query(
        """
        PREFIX sh: <http://www.w3.org/ns/shacl#>
        ASK {
          ?report a sh:ValidationReport ; sh:conforms false ; sh:result ?result .
          ?result sh:focusNode <http://example.org/c> ; sh:resultPath <http://example.org/deadline> ;
            sh:sourceConstraintComponent sh:MinCountConstraintComponent ; sh:resultSeverity sh:Violation .
        }
        """
    )


def test_every_ending_that_is_served_can_be_validated(clustergraph: Command, files: Path) -> None:
    (files / "bad.json").write_text('{"@id": "http://example.org/c", "@type": "http://example.org/Call"}')
    (files / "bad.xml").write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ex="http://example.org/">'
        '<ex:Call rdf:about="http://example.org/c"/></rdf:RDF>'
    )
    for name in ("bad.json", "bad.xml"):
        ended = clustergraph("validate", name, "--shapes", "shapes.ttl")
        assert ended.returncode == 1, ended.stderr
        assert "A call needs a deadline." in ended.stdout


def test_unusable_input_ends_with_2_and_names_file_and_line(clustergraph: Command, files: Path) -> None:
    for arguments in (
        ["broken.ttl", "--shapes", "shapes.ttl"],
        ["good.ttl", "--shapes", "broken.ttl"],
        ["missing.ttl", "--shapes", "shapes.ttl"],
        ["good.csv"],
        [],
    ):
        ended = clustergraph("validate", *arguments)
        assert ended.returncode == 2, arguments
        assert ended.stdout == ""
        assert "Traceback" not in ended.stderr
    assert "broken.ttl, line 1" in clustergraph("validate", "broken.ttl", "--shapes", "shapes.ttl").stderr


def test_without_shapes_the_projects_own_judge_the_file(clustergraph: Command, files: Path) -> None:
    (files / "observation.ttl").write_text(
        "@prefix cg: <https://w3id.org/clustergraph/ontology#> .\n"
        "<http://example.org/o> a cg:Observation ; cg:numericValue 7.0 .\n"
    )
    ended = clustergraph("validate", "observation.ttl", "--format", "json")
    assert ended.returncode == 1, ended.stderr
    report = json.loads(ended.stdout)
    assert {result["focus"] for result in report["results"]} == {"http://example.org/o"}
    assert any("statedIn" in (result["path"] or "") for result in report["results"])
