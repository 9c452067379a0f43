"""Answers that cost no query: validators known before evaluation, kept results, codings."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import brotli
import httpx
import pytest
import zstandard

from clustergraph.engine.dataset import dataset_of_files
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.service.app import create_app
from protocol.serving import listening, settings

LABEL = "http://example.org/label"
SMALL = f"SELECT ?label {{ <http://example.org/7> <{LABEL}> ?label }}"
LONG = f"SELECT ?thing ?label {{ ?thing <{LABEL}> ?label }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@dataclass
class Running:
    """A service and the engine behind it."""

    address: str
    engine: EmbeddedEngine

    def ask(self, query: str, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.address}/sparql?query={quote(query)}"
        return httpx.request(method, url, headers={"Accept-Encoding": "identity"} | named, timeout=20)

    @contextmanager
    def workers_stopped(self) -> Iterator[None]:
        """While every worker is stopped, nothing that needs one is answered."""
        workers = self.engine.processes().workers
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("data") / "things.nt"
    file.write_text(
        "".join(
            f'<http://example.org/{number}> <{LABEL}> "thing {number} {"x" * 100}" .\n'
            for number in range(3000)
        ),
        encoding="utf-8",
    )
    chosen = settings(query_deadline_seconds=8.0)
    engine = EmbeddedEngine(dataset_of_files([file]), chosen)
    with listening(create_app(engine, None, {}, chosen)) as address:
        yield Running(address, engine)


def test_a_kept_answer_needs_no_worker(running: Running) -> None:
    first = running.ask(SMALL)
    with running.workers_stopped():
        again = running.ask(SMALL)
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]


def test_if_none_match_costs_no_query(running: Running) -> None:
    tag = running.ask(LONG).headers["ETag"]
    assert not tag.startswith("W/")
    with running.workers_stopped():
        for condition in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            response = running.ask(LONG, If_None_Match=condition)
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["ETag"] == tag
            assert response.headers["Vary"] == "Accept, Accept-Encoding"
    assert running.ask(LONG, If_None_Match='"other"').status_code == 200


def test_the_tag_of_an_answer_is_known_before_it_is_evaluated(running: Running) -> None:
    query = f"{LONG} ORDER BY ?label"
    head = running.ask(query, "HEAD")
    assert head.headers["ETag"] == running.ask(query).headers["ETag"]


def test_every_representation_has_its_own_tag(running: Running) -> None:
    tags = {
        running.ask(SMALL, Accept=accept, Accept_Encoding=coding).headers["ETag"]
        for accept in ("application/sparql-results+json", "text/csv")
        for coding in ("identity", "gzip", "br", "zstd")
    }
    assert len(tags) == 8


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()"])
def test_what_differs_each_time_is_neither_kept_nor_tagged(running: Running, call: str) -> None:
    query = f"SELECT ({call} AS ?value) (1 AS ?one) {{}}"
    first, again = running.ask(query), running.ask(query)
    assert "ETag" not in first.headers
    assert first.headers["Cache-Control"] == "no-store"
    assert first.content != again.content


@pytest.mark.parametrize("query", [SMALL, LONG])
def test_a_coded_answer_is_the_answer(running: Running, query: str) -> None:
    plain = running.ask(query).content
    undo = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    }
    for coding, decode in undo.items():
        with httpx.stream(
            "GET", f"{running.address}/sparql", params={"query": query}, headers={"Accept-Encoding": coding}
        ) as response:
            body = b"".join(response.iter_raw())
        if query is SMALL:
            assert "Content-Encoding" not in response.headers
            assert body == plain
        else:
            assert response.headers["Content-Encoding"] == coding
            assert len(body) < len(plain) / 4
            assert decode(body) == plain


def test_a_client_that_takes_nothing_uncoded_gets_even_a_short_answer_coded(running: Running) -> None:
    response = running.ask(SMALL, Accept_Encoding="gzip, identity;q=0")
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.json()["results"]["bindings"]
    refused = running.ask(SMALL, Accept_Encoding="identity;q=0")
    assert refused.status_code == 406


@needs_curl
@pytest.mark.parametrize("name", ["json", "csv", "tsv", "xml"])
def test_a_coded_answer_that_must_be_cut_breaks_the_connection(tmp_path: Path, name: str) -> None:
    file = tmp_path / "things.nt"
    file.write_text(
        "".join(f'<http://example.org/{n}> <{LABEL}> "thing {n}" .\n' for n in range(1500)), encoding="utf-8"
    )
    chosen = settings(query_result_mib=48)
    engine = EmbeddedEngine(dataset_of_files([file]), chosen)
    too_much = f"SELECT ?a ?b {{ ?a <{LABEL}> ?x . ?b <{LABEL}> ?y }}"
    with listening(create_app(engine, None, {}, chosen)) as address:
        for coding in ("gzip", "br", "zstd"):
            done = subprocess.run(
                [
                    *("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}"),
                    *("-H", f"Accept-Encoding: {coding}"),
                    f"{address}/sparql?format={name}&query={quote(too_much)}",
                ],
                capture_output=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stdout) == (18, b"200"), (coding, done.stderr)


def test_identical_queries_in_flight_are_evaluated_once(running: Running) -> None:
    query = f"{ENDLESS} # once"
    with httpx.Client(timeout=20) as client, ThreadPoolExecutor(6) as pool:
        asked = [
            pool.submit(client.get, f"{running.address}/sparql", params={"query": query, "timeout": "2"})
            for _ in range(6)
        ]
        most = 0
        while not all(each.done() for each in asked):
            most = max(most, len(running.engine.running()))
            time.sleep(0.01)
    assert {each.result().status_code for each in asked} == {504}
    assert most == 1


def test_links_lead_to_the_same_answer_in_other_formats_and_to_what_describes_it(running: Running) -> None:
    response = running.ask(SMALL)
    links = response.headers["Link"].split(", ")
    assert '</base/sparql>; rel="describedby"; type="text/turtle"' in links
    alternates = [link.partition(">")[0].removeprefix("<") for link in links if 'rel="alternate"' in link]
    found = {
        httpx.get(f"{running.address}/sparql{target}").headers["Content-Type"].partition(";")[0]
        for target in alternates
    }
    assert found == {"application/sparql-results+xml", "text/csv", "text/tab-separated-values"}


def test_answers_of_an_earlier_load_are_neither_kept_nor_validated(tmp_path: Path) -> None:
    """Blank nodes get new labels whenever a dataset is loaded, so no bytes of two loads are the same."""
    file = tmp_path / "blank.ttl"
    file.write_text("[] <http://example.org/p> 1 .", encoding="utf-8")
    chosen = settings()
    engine = EmbeddedEngine(dataset_of_files([file]), chosen)
    with listening(create_app(engine, None, {}, chosen)) as address:
        running = Running(address, engine)
        before = running.ask("SELECT ?s { ?s ?p ?o }")
        zygote = engine.processes().zygote
        assert zygote is not None
        os.kill(zygote, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while engine.processes().zygote in (None, zygote):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        after = running.ask("SELECT ?s { ?s ?p ?o }")
        assert after.content != before.content
        assert after.headers["ETag"] != before.headers["ETag"]
