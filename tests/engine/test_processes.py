"""Processes die, and the engine goes on; the engine ends, and none of its processes remain."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from clustergraph.engine import crew as crew_module
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.errors import EngineUnavailable, QueryCrashed, QueryError
from clustergraph.negotiation import JSON
from clustergraph.settings import Settings

from .asking import (
    COUNT,
    THREE_WAY_PRODUCT,
    alive,
    body,
    children,
    direct_workers,
    engine_over,
    kill,
    number,
    placed_files,
    triples,
    until,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return triples(tmp_path)


@pytest.mark.usefixtures("either_start")
def test_a_worker_killed_by_another_hand_fails_its_query_alone(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            asked = asyncio.create_task(body(engine, THREE_WAY_PRODUCT))
            await asyncio.sleep(0.3)
            before = engine.processes()
            for process in before.workers:
                kill(process)
            with pytest.raises(QueryCrashed):
                await asked
            assert await asyncio.gather(*[number(engine) for _ in range(8)]) == [3000] * 8
            assert engine.processes().zygote == before.zygote
            await until(lambda: len(engine.processes().workers) == 2)
            assert not set(before.workers) & set(engine.processes().workers)

    asyncio.run(work())


def test_workers_killed_again_and_again_are_replaced_again_and_again(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            for _ in range(6):
                for process in engine.processes().workers:
                    kill(process)
                for _ in range(3):
                    try:
                        assert await number(engine) == 3000
                    except QueryCrashed:
                        continue
                await until(lambda: len(engine.processes().workers) == 2)
            assert await number(engine) == 3000

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
def test_a_killed_zygote_is_replaced_and_its_workers_go_with_it(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            asked = asyncio.create_task(body(engine, THREE_WAY_PRODUCT))
            await asyncio.sleep(0.3)
            before = engine.processes()
            assert before.zygote is not None
            kill(before.zygote)
            with pytest.raises(QueryCrashed):
                await asked
            assert await number(engine) == 3000
            assert engine.processes().zygote != before.zygote
            assert engine.quads == 3000
            assert await engine.ready()
            await until(lambda: not any(alive(process) for process in (before.zygote or 0, *before.workers)))

    asyncio.run(work())


def test_a_zygote_that_answers_no_more_is_replaced(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "_BURIAL_SECONDS", 0.5)

    async def work() -> None:
        async with engine_over(data, query_deadline_seconds=0.5) as engine:
            before = engine.processes()
            assert before.zygote is not None
            kill(before.zygote, signal.SIGSTOP)
            with pytest.raises(QueryError):
                await body(engine, THREE_WAY_PRODUCT)
            await until(lambda: engine.processes().zygote not in (None, before.zygote))
            assert await number(engine) == 3000
            await until(lambda: not any(alive(process) for process in (before.zygote or 0, *before.workers)))

    asyncio.run(work())


def test_an_engine_whose_data_have_gone_says_so_and_recovers_when_they_are_back(data: Path) -> None:
    async def work() -> None:
        async with engine_over(data) as engine:
            away = data.rename(data.with_suffix(".away"))
            kill(engine.processes().zygote or 0)
            await until(lambda: engine.processes().zygote is None)

            async def refused() -> bool:
                try:
                    await number(engine)
                except EngineUnavailable as error:
                    return "cannot be read" in error.what
                except QueryCrashed:
                    pass
                return False

            async with asyncio.timeout(10):
                while not await refused():
                    await asyncio.sleep(0.05)
            assert not await engine.ready()
            away.rename(data)
            async with asyncio.timeout(20):
                while not await engine.ready():
                    await asyncio.sleep(0.1)
            assert await number(engine) == 3000

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
def test_a_closed_engine_leaves_no_process_and_no_zombie(data: Path) -> None:
    async def work() -> None:
        before = set(children(os.getpid()))
        engine = EmbeddedEngine(placed_files(data), Settings(workers=3))
        await engine.start()
        processes = engine.processes()
        assert len(processes.workers) == 3
        of_zygote = children(processes.zygote or 0)
        assert set(processes.workers) <= set(of_zygote)
        asked = asyncio.create_task(body(engine, THREE_WAY_PRODUCT))
        waiting = [asyncio.create_task(body(engine, THREE_WAY_PRODUCT)) for _ in range(4)]
        await asyncio.sleep(0.3)
        await engine.aclose()
        with pytest.raises(QueryCrashed):
            await asked
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(each, QueryCrashed | EngineUnavailable) for each in ended)
        assert set(children(os.getpid())) == before
        # Zombies would still be listed.
        assert not any(Path(f"/proc/{process}").exists() for process in (processes.zygote, *of_zygote))
        assert engine.processes().zygote is None
        with pytest.raises(EngineUnavailable):
            await number(engine)
        assert not await engine.ready()

    asyncio.run(work())


def test_a_start_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    data = triples(tmp_path, 400_000)

    async def work() -> None:
        before = set(children(os.getpid()))
        engine = EmbeddedEngine(placed_files(data), Settings(workers=2))
        start = asyncio.create_task(engine.start())
        await until(lambda: set(children(os.getpid())) != before)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        await engine.aclose()
        assert set(children(os.getpid())) == before

    asyncio.run(work())


SERVER = """
    import asyncio, sys
    from pathlib import Path
    from clustergraph.engine.base import QueryRequest
    from clustergraph.engine.dataset import dataset_of_files, placed
    from clustergraph.engine.embedded import EmbeddedEngine
    from clustergraph.negotiation import JSON
    from clustergraph.settings import Settings

    async def main():
        settings = Settings(workers=3)
        files = dataset_of_files([Path(sys.argv[1])])
        spawned = settings.workers_are_spawned
        dataset = placed(files, in_memory_mib=1024, home=Path(), spawned=spawned)
        engine = EmbeddedEngine(dataset, settings)
        if sys.argv[3] == "loading":
            print(flush=True)
        await engine.start()
        query = QueryRequest(query=sys.argv[2], result_format=JSON)
        asked = [asyncio.create_task(engine.answer(query)) for _ in range(2)]
        await asyncio.sleep(0.2)
        processes = engine.processes()
        print(processes.zygote, *processes.workers, flush=True)
        await asyncio.gather(*asked)

    asyncio.run(main())
"""


@pytest.mark.usefixtures("either_start")
@pytest.mark.parametrize("number_", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_server_leaves_no_orphans(data: Path, number_: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(data), THREE_WAY_PRODUCT, "serving"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        processes = [int(each) for each in server.stdout.readline().split()]
        assert len(processes) == 4
        processes = list({*processes, *children(processes[0])})
        assert all(alive(process) for process in processes)
        server.send_signal(number_)
    asyncio.run(until(lambda: not any(alive(process) for process in processes)))


def test_a_server_killed_while_it_loads_leaves_no_orphans(tmp_path: Path) -> None:
    data = triples(tmp_path, 1_000_000)
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(data), "ASK {}", "loading"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        asyncio.run(until(lambda: bool(children(server.pid))))
        (zygote,) = children(server.pid)
        server.kill()
    asyncio.run(until(lambda: not alive(zygote), seconds=2))


def test_two_engines_live_in_one_process(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            engine_over(triples(tmp_path, 1000)) as first,
            engine_over(triples(tmp_path, 2000)) as second,
        ):
            counts = await asyncio.gather(*[number(each) for each in (first, second) * 4])
            assert counts == [1000, 2000] * 4
            kill(first.processes().zygote or 0)
            assert await number(second) == 2000
            assert first.processes().zygote != second.processes().zygote

    asyncio.run(work())


def test_an_engine_runs_in_a_thread_of_its_own_that_later_ends(data: Path) -> None:
    """As test clients run an application: the loop lives in a thread that is not the main one."""
    found: list[int] = []

    async def work() -> None:
        async with engine_over(data) as engine:
            kill(engine.processes().workers[0])
            found.append(await number(engine))
            await asyncio.sleep(0.2)
            found.append(await number(engine))

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join(60)
    assert found == [3000, 3000]


def test_an_engine_runs_under_uvloop(data: Path) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def work() -> None:
        async with engine_over(data, query_deadline_seconds=0.5) as engine:
            with pytest.raises(QueryError):
                await body(engine, THREE_WAY_PRODUCT)
            every = QueryRequest(query="SELECT * { ?s ?p ?o }", result_format=JSON)
            answer = await engine.answer(every)
            found = b"".join([block async for block in answer.chunks()])
            assert len(json.loads(found)["results"]["bindings"]) == 3000
            before = engine.processes().zygote
            kill(before or 0)
            await until(lambda: engine.processes().zygote not in (None, before))
            assert await number(engine) == 3000

    uvloop.run(work())


@pytest.mark.usefixtures("either_start")
def test_nothing_is_printed_when_a_query_makes_the_engine_panic_or_abort(data: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c"
    program = SERVER.replace("Settings(workers=3)", "Settings(workers=3, query_memory_mib=64)").replace(
        "await asyncio.gather(*asked)", "print(await asyncio.gather(*asked, return_exceptions=True))"
    )
    command = [sys.executable, "-c", textwrap.dedent(program), str(data), query, "serving"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "QueryOverBudget" in done.stdout
    assert done.stderr == ""


@pytest.mark.usefixtures("either_start")
def test_the_directory_of_the_server_cannot_shadow_its_modules(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    for name in ("json.py", "pyoxigraph.py", "clustergraph.py"):
        (place / name).write_text("raise SystemExit('shadowed')", encoding="utf-8")

    async def work() -> int:
        async with engine_over(data) as engine:
            return await number(engine)

    before = Path.cwd()
    os.chdir(place)
    try:
        assert asyncio.run(work()) == 3000
    finally:
        os.chdir(before)


def proportional(process: int) -> int:
    """The proportional share of memory of a process, in KiB; 0 where it has just gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def resident(process: int) -> int:
    """The resident memory of a process, in KiB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


SCANS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(CONTAINS(?o, '99')) }",
    "SELECT (MAX(?o) AS ?n) { ?s <http://e/p3> ?o }",
    "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
)


def test_after_scans_on_all_workers_an_idle_crew_holds_little_more_than_one_store(tmp_path: Path) -> None:
    """Summed proportional sizes of the zygote and four workers, against the zygote's own resident memory.

    A scan counts references in every quad it passes, and so copies their pages for its worker.
    """

    async def work() -> None:
        async with direct_workers(triples(tmp_path, 200_000)) as workers:
            crew = workers.crew
            store = resident(crew.zygote)

            def together() -> int:
                return sum(proportional(each) for each in (crew.zygote, *crew.workers))

            await asyncio.gather(*[workers.ask(query) for query in SCANS * 4])
            forked = set(crew.workers)
            await until(lambda: not forked & set(crew.workers), seconds=20)
            assert crew.deaths["retired"] >= 2
            await until(lambda: len(crew.workers) == 2 and together() < 1.25 * store, seconds=20)
            assert b'"200000"' in await workers.ask(COUNT)

    asyncio.run(work())


def test_looking_the_same_things_up_wears_no_worker_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with direct_workers(triples(tmp_path, 20_000)) as workers:
            before = set(workers.crew.workers)
            for number_ in range(2000):
                found = await workers.ask(f"SELECT ?o {{ <http://e/s{number_ % 500}> ?p ?o }}")
                assert f'"value {number_ % 500}"'.encode() in found
            assert set(workers.crew.workers) == before
            assert not workers.crew.deaths

    asyncio.run(work())


def test_a_worker_that_touched_more_than_it_may_leaves_after_its_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with direct_workers(triples(tmp_path, 300_000)) as workers:
            # In groups and sorted, the rows take more memory than a worker may have touched and go on.
            greedy = "SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o ORDER BY DESC(?n) ?o LIMIT 3"
            before = set(workers.crew.workers)
            assert b'"value 0"' in await workers.ask(greedy)
            await until(lambda: len(before & set(workers.crew.workers)) == 1)
            await until(lambda: workers.crew.deaths == {"retired": 1})

    asyncio.run(work())
