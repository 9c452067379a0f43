"""A new release is taken into service while it runs, by one front process or several, and nobody notices."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from clustergraph import snapshot
from clustergraph.service.operator import ask_all

from .test_serve import serving

NEW = "<https://example.org/new> <https://example.org/is> <https://example.org/here> ."
IS_NEW = "ASK { <https://example.org/new> ?p ?o }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def home(built_home: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(built_home, copy)
    return copy


def publish_next(home: Path, *, added: str = NEW) -> int:
    """A release like the one before, with one more triple."""
    before = snapshot.current_release(home)
    assert before is not None
    with snapshot.publishing(home) as pending:
        for name in before.manifest.files:
            content = (before.directory / name).read_bytes()
            if name == snapshot.DATASET:
                content += f"{added}\n".encode()
            pending.write(name, content)
        pending.publish(
            before.manifest.model_copy(
                update={
                    "release": pending.number,
                    "content_hash": pending.files[snapshot.DATASET].sha256,
                    "files": pending.files,
                }
            )
        )
        return pending.number


def is_new(address: str) -> bool:
    answer = httpx.get(f"{address}/sparql", params={"query": IS_NEW}, headers={"Accept": "application/json"})
    return bool(answer.json()["boolean"])


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@contextmanager
def asking_all_the_time(address: str) -> Iterator[set[tuple[int, int]]]:
    """Clients that ask without a pause; yields the statuses and counts they saw."""
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def ask(client_number: int) -> None:
        with httpx.Client(timeout=20) as client:
            number = 0
            while not stop.is_set():
                number += 1
                query = f"{COUNT} # {client_number} {number}"
                answer = client.get(
                    f"{address}/sparql", params={"query": query}, headers={"Accept": "application/json"}
                )
                rows = answer.json()["results"]["bindings"] if answer.status_code == 200 else []
                seen.add((answer.status_code, int(rows[0]["n"]["value"]) if rows else -1))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_new_release_is_served_with_no_failed_request(home: Path, processes: str) -> None:
    environment = {
        "CLUSTERGRAPH_HOME": str(home),
        "CLUSTERGRAPH_RELEASE_CHECK_SECONDS": "0.2",
        "CLUSTERGRAPH_PROCESSES": processes,
    }
    with serving(**environment) as (address, _):
        first_page = httpx.get(f"{address}/").headers["ETag"]
        tag = httpx.get(f"{address}/sparql", params={"query": COUNT}).headers["ETag"]
        with asking_all_the_time(address) as seen:
            time.sleep(0.5)
            number = publish_next(home)
            eventually(lambda: all(is_new(address) for _ in range(8)))
            time.sleep(0.5)
        assert {status for status, _ in seen} == {200}
        counts = sorted(count for _, count in seen)
        assert len(counts) == 2
        assert counts[1] == counts[0] + 1
        assert httpx.get(f"{address}/sparql", params={"query": COUNT}).headers["ETag"] != tag
        assert httpx.get(f"{address}/").headers["ETag"] == first_page or number > 1


def test_a_damaged_release_is_not_switched_to(home: Path) -> None:
    environment = {"CLUSTERGRAPH_HOME": str(home), "CLUSTERGRAPH_RELEASE_CHECK_SECONDS": "0.1"}
    with serving(**environment) as (address, process):
        number = publish_next(home, added="this is no N-Quads")
        assert process.stderr is not None
        line = next(line for line in process.stderr if f"Release {number} cannot be served" in line)
        assert "the one before stays" in line
        assert not is_new(address)
        publish_next_sound = publish_next_from(home, 1)
        eventually(lambda: is_new(address))
        assert publish_next_sound == number + 1


def publish_next_from(home: Path, number: int) -> int:
    """A sound release after a damaged one, made from an older."""
    (home / "current").write_text(f"{number}\n", encoding="utf-8")
    return publish_next(home)


def test_several_fronts_share_one_dataset_and_one_is_replaced_when_it_dies(home: Path) -> None:
    with serving(CLUSTERGRAPH_HOME=str(home), CLUSTERGRAPH_PROCESSES="3") as (address, process):
        eventually(lambda: len(ask_all(home, {"ask": "queries"})) == 3)
        metrics = httpx.get(f"{address}/metrics").text
        for front in ("0", "1", "2"):
            assert f'clustergraph_quads{{front="{front}"}}' in metrics
        fronts = {pid for pid, _ in ask_all(home, {"ask": "queries"})}
        victim = next(pid for pid in fronts if pid != process.pid)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len({pid for pid, _ in ask_all(home, {"ask": "queries"})} - {victim}) == 3)
        for _ in range(12):
            answer = httpx.get(f"{address}/sparql", params={"query": IS_NEW, "format": "json"})
            assert json.loads(answer.content)["boolean"] is False
