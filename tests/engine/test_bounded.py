"""No query may hurt the service: deadline, memory, bytes, depth, and what a worker can reach."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clustergraph.engine.base import QueryRequest
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.errors import (
    EngineBusy,
    QueryCrashed,
    QueryError,
    QueryOverBudget,
    QueryRefused,
    QueryTimeout,
)
from clustergraph.negotiation import JSON

from .asking import (
    COUNT,
    SORTED_PRODUCT,
    THREE_WAY_PRODUCT,
    alive,
    body,
    direct_workers,
    engine_over,
    number,
    triples,
    until,
)

EVERYTHING = "SELECT * { ?s ?p ?o }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return triples(tmp_path)


def run(data: Path, work: Callable[[EmbeddedEngine], Awaitable[Any]], **settings: Any) -> Any:
    async def within() -> Any:
        async with engine_over(data, **settings) as engine:
            return await work(engine)

    return asyncio.run(within())


@pytest.mark.usefixtures("either_start")
def test_an_endless_query_stops_at_its_deadline_while_small_ones_are_answered(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        endless = asyncio.create_task(body(engine, THREE_WAY_PRODUCT))
        started = time.monotonic()
        await asyncio.sleep(0.2)
        waits = []
        while not endless.done():
            before = time.monotonic()
            assert await number(engine) == 3000
            waits.append(time.monotonic() - before)
            await asyncio.sleep(0.05)
        with pytest.raises(QueryTimeout, match=r"after 1\.5 seconds"):
            await endless
        assert 1.4 < time.monotonic() - started < 5
        assert max(waits) < 1

    run(data, work, query_deadline_seconds=1.5)


@pytest.mark.usefixtures("either_start")
def test_the_slot_of_a_stopped_query_answers_again(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        before = set(engine.processes().workers)
        stopped = await asyncio.gather(
            *[body(engine, THREE_WAY_PRODUCT) for _ in range(2)], return_exceptions=True
        )
        assert all(isinstance(each, QueryTimeout) for each in stopped)
        assert await asyncio.gather(*[number(engine) for _ in range(8)]) == [3000] * 8
        await until(lambda: len(engine.processes().workers) == 2)
        assert not before & set(engine.processes().workers)
        await until(lambda: not any(alive(process) for process in before))

    run(data, work, query_deadline_seconds=0.5)


def test_a_request_may_lower_the_deadline_and_never_raise_it(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        with pytest.raises(QueryTimeout) as lowered:
            await body(engine, THREE_WAY_PRODUCT, deadline_seconds=0.3)
        with pytest.raises(QueryTimeout) as raised:
            await body(engine, THREE_WAY_PRODUCT, deadline_seconds=99)
        with pytest.raises(QueryTimeout):
            await body(engine, "ASK {}", deadline_seconds=0)
        assert (lowered.value.seconds, raised.value.seconds) == (0.3, 1.0)

    run(data, work, query_deadline_seconds=1)


def test_an_answer_that_is_cut_at_the_deadline_raises_instead_of_ending(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        answer = await engine.answer(QueryRequest(query=ENDLESS, result_format=JSON))
        assert answer.complete is None
        taken = 0
        with pytest.raises(QueryTimeout):
            async for block in answer.chunks():
                taken += len(block)
        assert taken > 100_000
        await answer.aclose()
        assert await number(engine) == 3000

    run(data, work, query_deadline_seconds=1)


def test_a_caller_that_closes_its_answer_stops_the_query(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        await until(lambda: len(engine.processes().workers) == 2)
        before = engine.processes().workers
        answers = [await engine.answer(QueryRequest(query=ENDLESS, result_format=JSON)) for _ in range(2)]
        for answer in answers:
            await answer.aclose()
        await until(lambda: not any(alive(process) for process in before))
        assert await asyncio.gather(*[number(engine) for _ in range(4)]) == [3000] * 4

    run(data, work)


def test_a_caller_that_leaves_before_the_first_block_stops_the_query(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        before = engine.processes().workers
        asked = [asyncio.create_task(body(engine, THREE_WAY_PRODUCT)) for _ in range(2)]
        await asyncio.sleep(0.3)
        for task in asked:
            task.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError)
            for each in await asyncio.gather(*asked, return_exceptions=True)
        )
        await until(lambda: not any(alive(process) for process in before))
        assert await number(engine) == 3000

    run(data, work)


@pytest.mark.usefixtures("either_start")
def test_a_query_that_eats_memory_ends_and_the_service_lives(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        started = time.monotonic()
        with pytest.raises((QueryOverBudget, QueryCrashed)) as failure:
            await body(engine, SORTED_PRODUCT)
        assert isinstance(failure.value, QueryOverBudget), failure.value
        assert "memory" in failure.value.what
        assert time.monotonic() - started < 20
        assert await number(engine) == 3000

    run(data, work, query_memory_mib=128, query_deadline_seconds=60)


def test_a_result_beyond_its_budget_is_refused_or_broken_and_never_cut_short(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        with pytest.raises(QueryOverBudget, match="exceeds 1 MiB"):
            await body(engine, ENDLESS)
        assert await number(engine) == 3000

    run(data, work, query_result_mib=1)


def test_a_worker_that_grew_leaves_and_takes_its_memory_along(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        before = set(engine.processes().workers)
        pairs = "?a <http://e/p1> ?b . ?c <http://e/p2> ?d"
        padding = "x" * 1000
        distinct = f'SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?c), "{padding}")) AS ?n) {{ {pairs} }}'
        assert await asyncio.gather(*[number(engine, distinct) for _ in range(2)]) == [429 * 429] * 2
        await until(lambda: not before & set(engine.processes().workers))
        assert await number(engine) == 3000

    run(data, work)


def test_queries_beyond_the_queue_are_turned_away_at_once(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        running = [asyncio.create_task(body(engine, THREE_WAY_PRODUCT)) for _ in range(2)]
        await asyncio.sleep(0.1)
        waiting = [asyncio.create_task(number(engine)) for _ in range(3)]
        await asyncio.sleep(0)
        started = time.monotonic()
        with pytest.raises(EngineBusy) as refusal:
            await number(engine)
        assert refusal.value.retry_after >= 1
        assert time.monotonic() - started < 0.5
        assert await asyncio.gather(*waiting) == [3000] * 3
        await asyncio.gather(*running, return_exceptions=True)

    run(data, work, queue_length=3, query_deadline_seconds=1)


def test_a_query_waits_no_longer_for_a_worker_than_the_setting_says(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        running = [asyncio.create_task(body(engine, THREE_WAY_PRODUCT)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(EngineBusy, match=r"within 0\.3 seconds"):
            await number(engine)
        assert not await engine.ready()
        await asyncio.gather(*running, return_exceptions=True)
        assert await engine.ready()

    run(data, work, queue_seconds=0.3, query_deadline_seconds=3)


def test_a_caller_that_leaves_the_queue_costs_no_worker(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        running = [asyncio.create_task(body(engine, THREE_WAY_PRODUCT)) for _ in range(2)]
        await asyncio.sleep(0.1)
        waiting = [asyncio.create_task(number(engine)) for _ in range(6)]
        await asyncio.sleep(0.1)
        for task in waiting[::2]:
            task.cancel()
        assert await asyncio.gather(*waiting[1::2]) == [3000] * 3
        await asyncio.gather(*running, *waiting, return_exceptions=True)
        assert await asyncio.gather(*[number(engine) for _ in range(6)]) == [3000] * 6

    run(data, work, query_deadline_seconds=1)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * " + "{" * 100_000 + "}" * 100_000,
        "SELECT (" + "(" * 100_000 + "1" + ")" * 100_000 + " AS ?x) {}",
        "SELECT (" + "!" * 200_000 + "1 AS ?x) {}",
        "SELECT (1" + "+1" * 100_000 + " AS ?x) {}",
        "SELECT * { ?s <http://e/p>" + "|<http://e/p>" * 100_000 + " ?o }",
    ],
    ids=["groups", "parentheses", "negations", "sum", "path"],
)
def test_a_query_that_overflows_the_stack_kills_its_worker_alone(data: Path, query: str) -> None:
    async def work() -> None:
        async with direct_workers(data) as workers:
            zygote = workers.crew.zygote
            with pytest.raises(QueryError):
                await workers.ask(query)
            answers = [json.loads(await workers.ask(COUNT)) for _ in range(3)]
            assert all(each["results"]["bindings"][0]["n"]["value"] == "3000" for each in answers)
            assert workers.crew.zygote == zygote

    asyncio.run(work())


def test_what_the_guard_lets_through_fits_the_stack(data: Path) -> None:
    at_the_limits = [
        "SELECT * " + "{ ?a ?b ?c OPTIONAL " * 120 + "{}" + "}" * 120,
        "SELECT * { ?a ?b ?c " + "FILTER NOT EXISTS { ?a ?b 'x' " * 240 + "}" * 241,
        "SELECT (" + "STR(" * 245 + "1" + ")" * 245 + " AS ?x) {}",
        "SELECT (1" + "+1" * 2990 + " AS ?x) {}",
        "SELECT (" + "!" * 2990 + "1 AS ?x) {}",
        "SELECT * {" + "".join(f"BIND(1 AS ?x{number})" for number in range(1450)) + "}",
    ]

    async def work(engine: EmbeddedEngine) -> None:
        for query in at_the_limits:
            assert b"bindings" in await body(engine, query)

    run(data, work, query_deadline_seconds=60)


def test_a_worker_asked_without_the_guard_opens_no_socket(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"

        async def work() -> None:
            async with direct_workers(data) as workers:
                for endpoint in (address, "http://localhost/", "file:///etc/passwd"):
                    with pytest.raises(QueryRefused, match="outside this dataset"):
                        await workers.ask(f"SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} }}")
                silent = await workers.ask(f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}")
                assert json.loads(silent)["results"]["bindings"] == [{}]

        asyncio.run(work())
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_worker_has_nothing_open_but_its_socket(data: Path) -> None:
    async def work(engine: EmbeddedEngine) -> None:
        await asyncio.gather(*[number(engine) for _ in range(8)])
        for process in engine.processes().workers:
            targets = [str(entry.readlink()) for entry in Path(f"/proc/{process}/fd").iterdir()]
            assert sorted(target.partition(":")[0] for target in targets) == ["/dev/null"] * 3 + ["socket"]
            limits = Path(f"/proc/{process}/limits").read_text(encoding="ascii")
            for name in ("Max open files", "Max core file size"):
                line = next(line for line in limits.splitlines() if line.startswith(name))
                assert line.removeprefix(name).split()[:2] == ["0", "0"]

    run(data, work)


def test_the_processor_limit_ends_a_worker_whose_front_forgot_it(data: Path) -> None:
    async def work() -> None:
        async with direct_workers(data) as workers:
            with pytest.raises(QueryOverBudget, match="processor time"):
                await workers.ask(THREE_WAY_PRODUCT, cpu_seconds=1)

    asyncio.run(work())
