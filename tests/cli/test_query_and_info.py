"""`query` and `info`: machine-readable answers on stdout, words for people on stderr."""

from __future__ import annotations

import csv
import io
import json

import pytest

from .conftest import Command


def test_a_named_query_answers_as_json_in_a_pipe(clustergraph: Command) -> None:
    ended = clustergraph("query", "cq24-thematic-areas-of-industrial-modernisation")
    assert ended.returncode == 0, ended.stderr
    assert len(json.loads(ended.stdout)["results"]["bindings"]) == 12
    assert ended.stderr == ""


def test_the_number_of_a_competency_question_is_name_enough(clustergraph: Command) -> None:
    ended = clustergraph("query", "cq24", "--format", "csv")
    assert ended.returncode == 0, ended.stderr
    assert len(list(csv.reader(io.StringIO(ended.stdout)))) == 13


def test_a_parameter_is_bound(clustergraph: Command) -> None:
    def via(role: str) -> str:
        ended = clustergraph("query", "cq17", "--param", f"role={role}", "--format", "csv")
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    assert "kic-raw-materials" in via("circular-economy")
    assert "kic-raw-materials" not in via("industry-4-0")


def test_a_parameter_that_cannot_be_used_is_named(clustergraph: Command) -> None:
    ended = clustergraph("query", "cq17", "--param", "role=no such role")
    assert ended.returncode == 2
    assert "role" in ended.stderr
    assert ended.stdout == ""
    assert clustergraph("query", "cq17", "--param", "role").returncode == 2


def test_sparql_is_read_from_stdin_and_from_a_file(clustergraph: Command, tmp_path: object) -> None:
    text = "PREFIX cg: <https://w3id.org/clustergraph/ontology#>\nASK { ?deck a cg:SourceDocument }"
    ended = clustergraph("query", "--sparql", "-", "--format", "csv", stdin=text)
    assert (ended.returncode, ended.stdout.strip()) == (0, "true")


@pytest.mark.parametrize(
    ("result_format", "beginning"),
    [("turtle", "<http"), ("ntriples", "<http"), ("rdfxml", "<?xml"), ("jsonld", "["), ("trig", "<http")],
)
def test_a_graph_is_written_in_every_format(
    clustergraph: Command, result_format: str, beginning: str
) -> None:
    text = "DESCRIBE <https://w3id.org/clustergraph/id/programme/cosme>"
    ended = clustergraph("query", "--sparql", "-", "--format", result_format, stdin=text)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.lstrip().startswith(beginning) or "@prefix" in ended.stdout
    assert "programme/cosme" in ended.stdout


def test_a_syntax_error_has_its_place(clustergraph: Command) -> None:
    ended = clustergraph("query", "--sparql", "-", stdin="SELECT *\nWHERE { ?s ?p }")
    assert ended.returncode == 2
    assert "line 2" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_query_says_how_to_find_the_others(clustergraph: Command) -> None:
    ended = clustergraph("query", "cq99")
    assert ended.returncode == 2
    assert "without a name" in ended.stderr
    listed = clustergraph("query")
    assert "cq01-instruments-under-cosme" in listed.stderr


def test_without_a_release_a_query_says_what_to_do(clustergraph: Command, tmp_path: object) -> None:
    ended = clustergraph("query", "cq01", CLUSTERGRAPH_HOME=f"{tmp_path}/empty")
    assert ended.returncode == 2
    assert "clustergraph build" in ended.stderr


def test_info_is_json_in_a_pipe(clustergraph: Command) -> None:
    state = json.loads(clustergraph("info").stdout)
    assert state["current"]["release"] == 1
    assert state["stale"] is False
    assert state["current"]["validation"]["violations"] == 0
    assert state["current"]["inputs"].keys() >= {"ontology/clustergraph.ttl", "data/decks/observations.csv"}


def test_every_command_says_why_it_is_there(clustergraph: Command) -> None:
    for command, reason in {
        "build": "stays as it was",
        "serve": "bring the service down",
        "query": "questions people ask most",
        "validate": "before they go into the graph",
        "info": "where it came from",
    }.items():
        ended = clustergraph(command, "--help", COLUMNS="200")
        assert ended.returncode == 0
        assert reason in " ".join(ended.stdout.split()), command
