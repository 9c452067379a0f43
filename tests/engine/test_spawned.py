"""Where there is no fork, workers are programs of their own over a store on disk; nothing else differs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from clustergraph.engine import filters
from clustergraph.engine.dataset import DatasetSpec, dataset_of_files, placed
from clustergraph.errors import EngineUnavailable, QueryCrashed
from clustergraph.settings import Settings

from .asking import COUNT, alive, body, children, direct_workers, engine_over, kill, number, triples, until


@pytest.fixture(autouse=True)
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_WORKERS_START", "spawn")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return triples(tmp_path)


def spawned_files(path: Path) -> DatasetSpec:
    return placed(dataset_of_files([path]), in_memory_mib=1024, home=path.parent, spawned=True)


def spares(zygote: int, workers: tuple[int, ...]) -> set[int]:
    """What was started ahead and is no worker yet."""
    return {process for process in children(zygote) if alive(process)} - set(workers)


#: Read by every Python that starts with its directory in PYTHONPATH: then none of them has a fork.
WITHOUT_FORK = """
import os
del os.fork
"""
ASKING = """
    import asyncio, json, os, sys
    from pathlib import Path
    from clustergraph.engine.base import QueryRequest
    from clustergraph.engine.dataset import dataset_of_files, placed
    from clustergraph.engine.embedded import EmbeddedEngine
    from clustergraph.errors import EngineUnavailable
    from clustergraph.negotiation import JSON
    from clustergraph.settings import Settings

    async def main():
        settings = Settings(workers=2)
        assert not hasattr(os, "fork")
        files = dataset_of_files([Path(sys.argv[1])])
        spawned = settings.workers_are_spawned
        dataset = placed(files, in_memory_mib=1024, home=Path(), spawned=spawned)
        engine = EmbeddedEngine(dataset, settings)
        try:
            await engine.start()
        except EngineUnavailable as error:
            print(error.what, error.fix)
            return
        answers = [
            await engine.answer(QueryRequest(query=query, result_format=JSON)) for query in sys.argv[2:]
        ]
        for answer in answers:
            print(b"".join([block async for block in answer.chunks()]).decode())
        await engine.aclose()

    asyncio.run(main())
"""


def asked_without_fork(tmp_path: Path, data: Path, start: str) -> list[str]:
    place = tmp_path / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(WITHOUT_FORK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ASKING), str(data), COUNT, "ASK { ?s ?p 'value 7' }"],
        env={**os.environ, "PYTHONPATH": str(place), "CLUSTERGRAPH_WORKERS_START": start},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_where_no_process_can_fork_queries_are_answered(tmp_path: Path, data: Path) -> None:
    count, known = asked_without_fork(tmp_path, data, "auto")
    assert json.loads(count)["results"]["bindings"][0]["n"]["value"] == "3000"
    assert json.loads(known)["boolean"] is True


def test_who_insists_on_forks_where_there_are_none_is_told_what_to_do(tmp_path: Path, data: Path) -> None:
    (told,) = asked_without_fork(tmp_path, data, "fork")
    assert "forks, which this system does not have" in told
    assert "CLUSTERGRAPH_WORKERS_START" in told


def test_who_asks_does_not_need_what_only_some_systems_have() -> None:
    """The limits and locks of POSIX are for the zygote and its workers, in processes of their own."""
    program = (
        "import sys; sys.modules['resource'] = sys.modules['fcntl'] = None\n"
        "import os; del os.fork, os.sched_getaffinity\n"
        "import clustergraph.engine.embedded, clustergraph.settings\n"
        "print(clustergraph.settings.Settings().import_processes > 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_killed_worker_is_replaced_by_one_that_was_started_before(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            zygote = engine.processes().zygote or 0
            for _ in range(3):
                before = engine.processes().workers
                await until(lambda: len(spares(zygote, engine.processes().workers)) == 1)
                (ready,) = spares(zygote, before)
                kill(before[0])
                expected = {ready, *before[1:]}
                await until(lambda expected=expected: set(engine.processes().workers) == expected)
                assert await number(engine) == 3000

    asyncio.run(work())


def test_a_spare_that_dies_costs_no_query(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            before = engine.processes()
            await until(lambda: len(spares(before.zygote or 0, before.workers)) == 1)
            (spare,) = spares(before.zygote or 0, before.workers)
            kill(spare)
            await until(lambda: not Path(f"/proc/{spare}").exists())
            # Nobody starts another until one is needed; then the worker is one that was started for it.
            assert not spares(before.zygote or 0, before.workers)
            kill(before.workers[0])
            await until(lambda: before.workers[0] not in engine.processes().workers)
            assert await asyncio.gather(*[number(engine) for _ in range(8)]) == [3000] * 8
            assert engine.processes().zygote == before.zygote
            assert engine.state().deaths == {"crash": 1}

    asyncio.run(work())


def test_all_workers_killed_at_once_are_all_replaced(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data, workers=4) as engine:
            before = engine.processes()
            for process in children(before.zygote or 0):
                kill(process)
            answered = 0
            while answered < 12:
                try:
                    assert await number(engine) == 3000
                    answered += 1
                except QueryCrashed:  # it was sent to one that was dying
                    continue
            await until(lambda: len(engine.processes().workers) == 4)
            assert engine.processes().zygote == before.zygote

    asyncio.run(work())


def test_no_deadline_passes_while_a_worker_starts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every program of a zygote takes longer to start here than a query may take to be answered."""
    place = tmp_path / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import sys, time\nif any('errand' in each for each in sys.orig_argv): time.sleep(0.8)",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(place))

    async def work() -> None:
        async with engine_over(data) as engine:
            workers = engine.processes().workers
            # The spare first; it may be taken for a worker all the same before it is seen to be dead.
            for process in (*spares(engine.processes().zygote or 0, workers), *workers):
                kill(process)
            await until(lambda: engine.state().deaths.get("crash", 0) >= 2)
            asked = [number(engine, deadline_seconds=0.5) for _ in range(4)]
            assert await asyncio.gather(*asked) == [3000] * 4

    asyncio.run(work())


def test_a_switch_of_datasets_under_requests_loses_none(tmp_path: Path) -> None:
    async def work() -> None:
        one, two = (spawned_files(triples(tmp_path, count)) for count in (1000, 2000))
        async with engine_over(one) as engine:
            found: list[int] = []
            switched = asyncio.Event()

            async def ask() -> None:
                while not switched.is_set():
                    found.append(await number(engine))

            asking = [asyncio.create_task(ask()) for _ in range(4)]
            old = engine.processes()
            processes = [old.zygote or 0, *children(old.zygote or 0)]
            await engine.switch(two)
            assert await number(engine) == 2000
            await asyncio.sleep(0.2)
            switched.set()
            await asyncio.gather(*asking)
            assert set(found) == {1000, 2000}
            await until(lambda: not any(alive(process) for process in processes))
            assert one.private is not None
            await until(lambda: one.private is not None and not one.private.exists())

    asyncio.run(work())


@pytest.mark.skipif(not filters.available(), reason="this system has no system call filter")
def test_a_worker_that_was_started_anew_stands_within_the_same_walls(data: Path) -> None:
    async def work() -> None:
        dataset = spawned_files(data)
        stores = Path(os.path.realpath(dataset.private or "/"))
        async with engine_over(dataset) as engine:
            await asyncio.gather(*[number(engine) for _ in range(8)])
            for process in engine.processes().workers:
                opened = [entry.readlink() for entry in Path(f"/proc/{process}/fd").iterdir()]
                others = [
                    str(target).partition(":")[0] for target in opened if not target.is_relative_to(stores)
                ]
                assert sorted(others) == ["/dev/null"] * 3 + ["socket"], opened
                status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
                assert "NoNewPrivs:\t1\n" in status
                assert "Seccomp:\t2\n" in status
                limits = Path(f"/proc/{process}/limits").read_text(encoding="ascii").splitlines()
                for name in ("Max core file size", "Max file size"):
                    assert next(line for line in limits if line.startswith(name)).split()[-3:-1] == ["0", "0"]
                space = next(line for line in limits if line.startswith("Max address space"))
                assert "unlimited" not in space
                assert Path(f"/proc/{process}/oom_score_adj").read_text(encoding="ascii") == "1000\n"

    asyncio.run(work())


def test_a_stack_that_overflows_kills_its_worker_alone(data: Path) -> None:
    async def work() -> None:
        async with direct_workers(data) as workers:
            zygote = workers.crew.zygote
            with pytest.raises(QueryCrashed):
                await workers.ask("SELECT * " + "{" * 100_000 + "}" * 100_000)
            assert all(b'"3000"' in each for each in [await workers.ask(COUNT) for _ in range(3)])
            assert workers.crew.zygote == zygote
            assert workers.crew.deaths == {"stack": 1}

    asyncio.run(work())


def test_the_same_answers_come_byte_for_byte_from_either_kind_of_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "d.nq"
    graphs = "".join(f'<http://e/s{i}> <http://e/p> "{i}" <http://e/g{i % 3}> .\n' for i in range(60))
    data.write_text(triples(tmp_path).read_text(encoding="utf-8") + graphs, encoding="utf-8")
    queries = (
        "SELECT ?s ?o { ?s <http://e/p3> ?o } ORDER BY ?s",
        "SELECT ?p (COUNT(*) AS ?n) (MAX(?o) AS ?m) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p",
        "ASK { <http://e/s5> ?p 'value 5' }",
        "SELECT ?s { ?s ?p ?o FILTER(STRENDS(?o, '77')) } ORDER BY ?o LIMIT 5",
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
        "SELECT ?o FROM <http://e/g0> FROM <http://e/g1> { ?s ?p ?o } ORDER BY ?o",
        "SELECT ?o FROM <http://e/g0> FROM NAMED <http://e/g2> { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o",
    )

    async def answers() -> list[bytes]:
        async with engine_over(data) as engine:
            return [await body(engine, query) for query in queries]

    anew = asyncio.run(answers())
    monkeypatch.setenv("CLUSTERGRAPH_WORKERS_START", "fork")
    assert asyncio.run(answers()) == anew


def test_a_system_without_a_fork_is_seen_and_may_be_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(workers_start="spawn").workers_are_spawned
    assert not Settings(workers_start="auto").workers_are_spawned
    monkeypatch.delattr(os, "fork")
    assert Settings(workers_start="auto").workers_are_spawned
    assert not Settings(workers_start="fork").workers_are_spawned


def test_a_start_that_no_process_can_be_had_for_is_told(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The interpreter goes away between the zygote, which is one, and its workers."""
    place = tmp_path / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import sys\nif any('zygote' in each for each in sys.orig_argv): sys.executable = '/nowhere/python'",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(place))

    async def work() -> None:
        with pytest.raises(EngineUnavailable, match=r"No process could be started .*: No such file"):
            async with engine_over(data):
                pass

    asyncio.run(work())
