"""The service whose workers are no forks: hostile queries, the list of those that run, and a hard end."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.asking import alive
from hostile.cases import BROKEN, STOPPED
from hostile.dataset import PREFIX
from hostile.service import eventually, processes_below, under_attack

PRODUCT = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
ENDLESS = f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}"


@pytest.mark.usefixtures("without_fork")
def test_hostile_queries_hurt_a_service_without_fork_as_little(tmp_path: Path) -> None:
    with under_attack(tmp_path) as target:
        blows = (
            (ENDLESS, STOPPED),
            (f"SELECT * {{ {PRODUCT} }} ORDER BY ?c ?f ?i", STOPPED),
            (f"SELECT * {{ {PRODUCT} }}", (BROKEN,)),
            ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", ("403 query-refused",)),
        )
        with ThreadPoolExecutor(len(blows)) as clients:
            found = [clients.submit(target.ask, query) for query, _ in blows]
        for outcome, (query, outcomes) in zip(found, blows, strict=True):
            assert outcome.result().slug in outcomes, query
        target.assert_well()
        target.assert_nothing_leaked()


@pytest.mark.usefixtures("without_fork")
def test_what_runs_is_listed_and_a_killed_service_leaves_nothing(tmp_path: Path) -> None:
    def listed() -> list[dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "clustergraph", "queries", "--json"],
            capture_output=True,
            check=True,
            timeout=30,
        )
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    with (
        under_attack(tmp_path, CLUSTERGRAPH_QUERY_DEADLINE_SECONDS="60") as target,
        ThreadPoolExecutor(1) as client,
    ):
        tree = processes_below(target.process.pid)
        assert len(tree) == 5, "a front, a zygote, two workers and a spare"
        asked = client.submit(target.ask, ENDLESS)
        (told,) = eventually(listed, lambda it: len(it) == 1, 20)
        assert told["query"] == ENDLESS
        target.process.kill()
        assert asked.result().slug == "broken"
        assert eventually(lambda: [each for each in tree if alive(each)], lambda it: not it, 5) == []


@pytest.fixture
def without_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_WORKERS_START", "spawn")
    monkeypatch.setenv("CLUSTERGRAPH_HOME", str(tmp_path / "home"))
