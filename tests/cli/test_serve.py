"""`serve`: files exactly as they are, the release when it fits the files, and refusals in words."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from clustergraph.sources.content import ROOMS

from .conftest import ROOT, Command


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on a free port, and the address that it announces."""
    with subprocess.Popen(
        [sys.executable, "-m", "clustergraph", "serve", "--port", "0", *arguments],
        env={**os.environ, "CLUSTERGRAPH_CONTENT": str(ROOT), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                found = re.search(r"Serving at (http://\S+)", line)
                if found:
                    yield found[1], process
                    break
            else:
                pytest.fail("the server ended:\n" + "".join(said))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def rows(address: str, query: str) -> set[tuple[str, ...]]:
    answer = httpx.post(
        f"{address}/sparql", data={"query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    names = body["head"]["vars"]
    return {
        tuple(row[name]["value"] if name in row else "" for name in names)
        for row in body["results"]["bindings"]
    }


def test_files_are_served_exactly_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(
        "@prefix ex: <http://e/> . ex:a ex:p <rel> . ex:a a ex:C . ex:C ex:q 01 ."
    )
    (tmp_path / "b.trig").write_text("@prefix ex: <http://e/> . ex:g { ex:x ex:y 'z'@en }")
    (tmp_path / "c.nq").write_text("<http://e/n> <http://e/p> <http://e/o> <http://e/g2> .\n")
    (tmp_path / "d.jsonld").write_text('{"@id": "http://e/j", "http://e/p": {"@value": "v"}}')
    names = ["a.ttl", "b.trig", "c.nq", "d.jsonld"]
    with serving(*(str(tmp_path / name) for name in names)) as (address, _):
        assert rows(address, "SELECT ?s ?p ?o { ?s ?p ?o }") == {
            ("http://e/a", "http://e/p", f"{tmp_path.as_uri()}/rel"),
            ("http://e/a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://e/C"),
            ("http://e/C", "http://e/q", "1"),
            ("http://e/j", "http://e/p", "v"),
        }
        assert rows(address, "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }") == {
            ("http://e/g", "http://e/x"),
            ("http://e/g2", "http://e/n"),
        }


def test_a_release_is_built_when_there_is_none_and_then_served(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    with serving(CLUSTERGRAPH_HOME=home) as (address, _):
        found = rows(
            address,
            "SELECT (COUNT(*) AS ?n) { ?deck a <https://w3id.org/clustergraph/ontology#SourceDocument> }",
        )
        assert found == {("9",)}
        assert httpx.get(address, headers={"Accept": "text/html"}).status_code == 200


def test_edited_content_that_fails_leaves_the_old_release_served(tmp_path: Path, built_home: Path) -> None:
    home, content = tmp_path / "home", tmp_path / "content"
    shutil.copytree(built_home, home)
    for room in ROOMS:
        shutil.copytree(ROOT / room, content / room)
    (content / "data" / "broken.ttl").write_text("this is not Turtle")
    with serving(CLUSTERGRAPH_HOME=str(home), CLUSTERGRAPH_CONTENT=str(content)) as (address, _):
        assert httpx.get(f"{address}/readyz").status_code == 200


def test_a_port_in_use_is_a_sentence(clustergraph: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = clustergraph("serve", "--port", str(port))
    assert ended.returncode == 2
    assert f"Port {port} of 127.0.0.1 is in use" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_of_another_machine_is_a_sentence(clustergraph: Command) -> None:
    ended = clustergraph("serve", "--host", "192.0.2.1", "--port", "0")
    assert ended.returncode == 2
    assert "--host" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_files_that_cannot_be_read_are_all_named(clustergraph: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.nt").write_text("<http://e/1> <http://e/p> <oops\n")
    (tmp_path / "bad.ttl").write_text("@prefix : <http://e/> .\n:a :b\n")
    ended = clustergraph("serve", "bad.nt", "bad.ttl", "none.ttl", "--port", "0")
    assert ended.returncode == 2, ended.stderr
    for place in ("bad.nt, line 1", "bad.ttl, line", "none.ttl"):
        assert place in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_killed_outright_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://e/a> <http://e/b> <http://e/c> .")
    marker = f"marker-{tmp_path.name}"
    with serving(str(tmp_path / "a.ttl"), MARKER=marker) as (address, process):
        assert httpx.get(f"{address}/livez").status_code == 200
        assert len(_marked(marker)) > 1
        process.kill()
        process.wait(timeout=10)
        for _ in range(100):
            if not _marked(marker):
                break
            time.sleep(0.1)
        assert _marked(marker) == []


def _marked(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
