"""Several fronts share one zygote: it is loaded once, outlives each of them, and leaves no orphans."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from clustergraph.engine import wire
from clustergraph.engine.channel import Zygotes
from clustergraph.engine.crew import Crew
from clustergraph.engine.dataset import DatasetSpec, dataset_of_files
from clustergraph.engine.lending import LentZygotes
from clustergraph.engine.link import Exchange, WorkerLink
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.errors import EngineUnavailable, QueryCrashed, QueryError, UnusableInput

from .asking import COUNT, THREE_WAY_PRODUCT, alive, children, kill, placed_files, triples, until

LIMITS = wire.Limits(memory_bytes=2**29, result_bytes=2**26)


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetSpec:
    return placed_files(triples(tmp_path))


class Front:
    """A crew and the queue of its free workers."""

    def __init__(self, zygotes: Zygotes) -> None:
        self.free: asyncio.Queue[WorkerLink] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.crew = Crew(zygotes, on_free=self.free.put_nowait, on_end=lambda crew: self.ended.set())

    async def ask(self, query: str = COUNT) -> bytes:
        while not (link := await self.free.get()).usable:
            pass
        exchange = Exchange(asyncio.get_running_loop())
        link.ask(wire.Task(query=query, format_name="json", cpu_seconds=30), exchange)
        blocks = []
        while (block := await asyncio.wait_for(exchange.next(), 60)) is not None:
            blocks.append(block)
        return b"".join(blocks)

    async def serves(self, count: int = 3000) -> bool:
        return f'"{count}"'.encode() in await self.ask()


@asynccontextmanager
async def front(zygotes: Zygotes, dataset: DatasetSpec, size: int = 2) -> AsyncIterator[Front]:
    found = Front(zygotes)
    await found.crew.start(dataset, LIMITS, size)
    try:
        yield found
    finally:
        await found.crew.aclose()


@asynccontextmanager
async def lent(own: OwnZygotes) -> AsyncIterator[LentZygotes]:
    ours, theirs = socket.socketpair()
    lending = asyncio.create_task(own.lend(ours))
    zygotes = LentZygotes(theirs)
    try:
        yield zygotes
    finally:
        zygotes.close()
        await asyncio.wait_for(lending, 10)


def test_one_dataset_is_loaded_once_however_many_open_it(dataset: DatasetSpec) -> None:
    async def work() -> None:
        before = set(children(os.getpid()))
        own = OwnZygotes()
        channels = await asyncio.gather(*[own.open(dataset, LIMITS) for _ in range(5)])
        assert len({channel.pid for channel in channels}) == 1
        assert {channel.quads for channel in channels} == {3000}
        assert set(children(os.getpid())) - before == {channels[0].pid}
        for channel in channels[:-1]:
            await channel.aclose()
            assert alive(channels[0].pid)
        await channels[-1].aclose()
        assert set(children(os.getpid())) == before
        # Opened again, it is loaded again.
        again = await own.open(dataset, LIMITS)
        assert again.pid != channels[0].pid
        await again.aclose()
        assert set(children(os.getpid())) == before

    asyncio.run(work())


def test_different_datasets_have_zygotes_of_their_own(tmp_path: Path) -> None:
    async def work() -> None:
        own = OwnZygotes()
        one, two = (dataset_of_files([triples(tmp_path, count)]) for count in (1000, 2000))
        async with front(own, one) as first, front(own, two) as second:
            assert first.crew.zygote != second.crew.zygote
            assert await first.serves(1000)
            assert await second.serves(2000)

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_lent_zygote_serves_two_fronts_with_workers_of_their_own(
    dataset: DatasetSpec, run: Callable[[Coroutine[None, None, None]], None]
) -> None:
    async def work() -> None:
        own = OwnZygotes()
        async with lent(own) as zygotes, front(own, dataset) as first:
            async with front(zygotes, dataset) as second:
                assert first.crew.zygote == second.crew.zygote
                assert second.crew.quads == 3000
                assert not set(first.crew.workers) & set(second.crew.workers)
                assert all(await asyncio.gather(*[each.serves() for each in (first, second) * 4]))
                mine = second.crew.workers
            assert not any(alive(process) for process in mine)
            assert all(alive(process) for process in first.crew.workers)
            assert await first.serves()

    run(work())


def test_a_zygote_lent_to_the_last_front_outlives_the_channel_of_its_owner(dataset: DatasetSpec) -> None:
    """As when the owner has gone over to a new release while another front still drains the old one."""

    async def work() -> None:
        own = OwnZygotes()
        async with lent(own) as zygotes:
            first = Front(own)
            await first.crew.start(dataset, LIMITS, 2)
            async with front(zygotes, dataset) as second:
                zygote = second.crew.zygote
                await first.crew.aclose()
                assert await second.serves()
            await until(lambda: not alive(zygote))

    asyncio.run(work())


def test_what_is_wrong_with_a_dataset_is_told_to_every_front(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ttl"
    bad.write_text("<a> <b>", encoding="utf-8")

    async def work() -> None:
        own = OwnZygotes()
        async with lent(own) as zygotes:
            for each in (own, zygotes):
                with pytest.raises(UnusableInput) as failure:
                    await each.open(dataset_of_files([bad]), LIMITS)
                assert failure.value.faults[0].rule == "turtle-syntax"

    asyncio.run(work())


def test_a_zygote_killed_by_one_front_ends_for_all_and_is_loaded_again(dataset: DatasetSpec) -> None:
    async def work() -> None:
        own = OwnZygotes()
        async with (
            lent(own) as zygotes,
            front(own, dataset) as first,
            front(zygotes, dataset) as second,
        ):
            zygote = second.crew.zygote
            asked = asyncio.create_task(first.ask(THREE_WAY_PRODUCT))
            await asyncio.sleep(0.2)
            second.crew._channel.kill()
            await asyncio.wait_for(first.ended.wait(), 10)
            await asyncio.wait_for(second.ended.wait(), 10)
            with pytest.raises(QueryCrashed):
                await asked
            async with front(zygotes, dataset) as third:
                assert third.crew.zygote != zygote
                assert await third.serves()

    asyncio.run(work())


def test_a_lender_that_has_gone_is_said_to_have_gone(dataset: DatasetSpec) -> None:
    async def work() -> None:
        ours, theirs = socket.socketpair()
        zygotes = LentZygotes(theirs)
        opening = asyncio.create_task(zygotes.open(dataset, LIMITS))
        await asyncio.sleep(0.1)
        ours.close()
        for attempt in (opening, zygotes.open(dataset, LIMITS)):
            with pytest.raises(EngineUnavailable, match="has gone"):
                await asyncio.wait_for(attempt, 5)

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
def test_a_drained_crew_answers_what_it_was_asked_and_then_ends(dataset: DatasetSpec) -> None:
    async def work() -> None:
        own = OwnZygotes()
        old = Front(own)
        await old.crew.start(dataset, LIMITS, 2)
        workers = (old.crew.zygote, *old.crew.workers)
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STR(?c) < STR(?f)) }"
        asked = asyncio.create_task(old.ask(slow))
        await asyncio.sleep(0.05)
        draining = asyncio.create_task(old.crew.drain())
        await asyncio.sleep(0.3)
        assert old.free.qsize() <= 1
        assert b'"n"' in await asked
        await asyncio.wait_for(draining, 20)
        assert not any(alive(process) for process in workers)
        assert not old.ended.is_set()

    asyncio.run(work())


def test_a_crew_whose_draining_is_given_up_ends_at_once(dataset: DatasetSpec) -> None:
    async def work() -> None:
        old = Front(OwnZygotes())
        await old.crew.start(dataset, LIMITS, 2)
        workers = (old.crew.zygote, *old.crew.workers)
        asked = asyncio.create_task(old.ask(THREE_WAY_PRODUCT))
        await asyncio.sleep(0.1)
        draining = asyncio.create_task(old.crew.drain())
        await asyncio.sleep(0.3)
        draining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await draining
        with pytest.raises(QueryCrashed):
            await asked
        assert not any(alive(process) for process in workers)

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
def test_what_workers_died_of_is_counted(dataset: DatasetSpec) -> None:
    async def work() -> None:
        async with front(OwnZygotes(), dataset) as only:
            while not (link := await only.free.get()).usable:
                pass
            only.crew.dismiss(link, "deadline")
            with pytest.raises(QueryError):
                await only.ask("SELECT * " + "{" * 100_000 + "}" * 100_000)
            asked = asyncio.create_task(only.ask(THREE_WAY_PRODUCT))
            await asyncio.sleep(0.3)
            for process in only.crew.workers:
                kill(process)
            with pytest.raises(QueryCrashed):
                await asked
            await until(lambda: only.crew.deaths.total() >= 4)
            assert only.crew.deaths["deadline"] == 1
            assert only.crew.deaths["stack"] == 1
            assert only.crew.deaths["crash"] >= 2

    asyncio.run(work())


OWNER = """
    import asyncio, socket, subprocess, sys
    from pathlib import Path
    from clustergraph.engine import wire
    from clustergraph.engine.crew import Crew
    from clustergraph.engine.dataset import DatasetSpec, DataFile
    from clustergraph.engine.lending import LentZygotes
    from clustergraph.engine.link import Exchange
    from clustergraph.engine.nursery import OwnZygotes

    async def main():
        role, path = sys.argv[1:3]
        dataset = DatasetSpec((DataFile(Path(path)),), identity="the same for both")
        limits = wire.Limits(memory_bytes=2**29, result_bytes=2**26)
        if role == "owner":
            zygotes = OwnZygotes()
            ours, theirs = socket.socketpair()
            lending = asyncio.create_task(zygotes.lend(ours))
        else:
            zygotes = LentZygotes(socket.socket(fileno=int(sys.argv[3])))
        free = asyncio.Queue()
        ended = asyncio.Event()
        crew = Crew(zygotes, on_free=free.put_nowait, on_end=lambda crew: ended.set())
        await crew.start(dataset, limits, 2)
        if role == "owner":
            second = subprocess.Popen([sys.executable, __file__, "second", path, str(theirs.fileno())],
                                      pass_fds=[theirs.fileno()], stdout=subprocess.PIPE)
            theirs.close()
            line = await asyncio.to_thread(second.stdout.readline)
            print("second", second.pid, *line.decode().split(), flush=True)
        print(crew.zygote, *crew.workers, flush=True)
        if role == "owner":
            exchange = Exchange(asyncio.get_running_loop())
            while True:
                line = await asyncio.to_thread(sys.stdin.readline)
                if not line:
                    break
                while not (link := await free.get()).usable:
                    pass
                exchange = Exchange(asyncio.get_running_loop())
                link.ask(wire.Task(query="ASK {}", format_name="json", cpu_seconds=9), exchange)
                print((await exchange.next()).decode(), flush=True)
        await ended.wait()

    asyncio.run(main())
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "fronts.py"
    path.write_text(textwrap.dedent(OWNER), encoding="utf-8")
    return path


def test_a_front_killed_takes_its_workers_along_and_no_others(tmp_path: Path, program: Path) -> None:
    command = [sys.executable, str(program), "owner", str(triples(tmp_path))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdin is not None
        _, second, lent_zygote, *lent_workers = owner.stdout.readline().split()
        zygote, *workers = owner.stdout.readline().split()
        assert lent_zygote == zygote
        assert len(lent_workers) == len(workers) == 2
        kill(int(second), signal.SIGKILL)
        asyncio.run(until(lambda: not any(alive(int(process)) for process in lent_workers)))
        assert all(alive(int(process)) for process in (zygote, *workers))
        owner.stdin.write("ask\n")
        assert '"boolean":true' in owner.stdout.readline()
        owner.kill()
    asyncio.run(until(lambda: not any(alive(int(process)) for process in (zygote, *workers))))


def test_an_owner_killed_leaves_no_orphan_of_any_front(tmp_path: Path, program: Path) -> None:
    command = [sys.executable, str(program), "owner", str(triples(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        _, *of_second = owner.stdout.readline().split()
        processes = [int(each) for each in (*of_second, *owner.stdout.readline().split())]
        assert all(alive(process) for process in processes)
        owner.kill()
    # The second front ends because its crew has.
    asyncio.run(until(lambda: not any(alive(process) for process in processes)))
