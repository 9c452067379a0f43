"""One question, many askers: asked once, answered alike, and nobody harmed by another's leaving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest

from clustergraph.engine.base import Answer, Engine, QueryRequest
from clustergraph.engine.sharing import SharedAnswers
from clustergraph.errors import EngineBusy, QueryMalformed, QueryOverBudget, QueryTimeout
from clustergraph.negotiation import CSV, JSON, TURTLE, ResultFormat

from .asking import COUNT, THREE_WAY_PRODUCT, engine_over, triples

LOOK_UP = "SELECT ?o { <http://e/s1> ?p ?o }"


class HeldEngine:
    """The real engine behind a gate, with a dataset that can be given another name."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.failures: list[Exception] = []
        self.name: str | None = None

    @property
    def dataset(self) -> str:
        return self.name or self.engine.dataset

    async def start(self) -> Self:
        await self.engine.start()
        return self

    async def answer(self, request: QueryRequest) -> Answer:
        self.asked += 1
        failure = self.failures.pop(0) if self.failures else None
        await self.gate.wait()
        if failure is not None:
            raise failure
        answer = await self.engine.answer(request)
        return answer if self.name is None else Renamed(answer, self.name)

    async def ready(self) -> bool:
        return await self.engine.ready()

    async def aclose(self) -> None:
        await self.engine.aclose()


class Renamed:
    """An answer of a dataset that goes by another name."""

    def __init__(self, answer: Answer, dataset: str) -> None:
        self.answer, self.dataset = answer, dataset
        self.coding, self.complete, self.chunks, self.aclose = (
            answer.coding,
            answer.complete,
            answer.chunks,
            answer.aclose,
        )


@asynccontextmanager
async def shared_over(
    tmp_path: Path, *, cache_bytes: int = 2**20, **settings: Any
) -> AsyncIterator[tuple[SharedAnswers, HeldEngine]]:
    async with engine_over(triples(tmp_path), **settings) as engine:
        held = HeldEngine(engine)
        yield SharedAnswers(held, cache_bytes=cache_bytes), held


def request(query: str = LOOK_UP, result_format: ResultFormat = JSON, **more: Any) -> QueryRequest:
    return QueryRequest(query=query, result_format=result_format, **more)


async def body(answer: Answer) -> bytes:
    try:
        return b"".join([block async for block in answer.chunks()])
    finally:
        await answer.aclose()


async def all_wait(shared: SharedAnswers, tasks: list[asyncio.Task[Answer]]) -> None:
    """Let tasks that were just made come to their waiting."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def test_a_repeated_question_is_answered_from_the_cache(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            assert shared.cached(request()) is None
            first = await body(await shared.answer(request()))
            again = await shared.answer(request(client="another"))
            kept = shared.cached(request())
            assert kept is not None
            assert first == await body(again) == kept.complete
            assert again.complete == first
            assert (kept.dataset, kept.coding) == (held.dataset, None)
            assert (held.asked, shared.hits, shared.misses, shared.entries) == (1, 2, 1, 1)
            assert shared.bytes > len(first) + len(LOOK_UP)

    run(check)


@pytest.mark.parametrize(
    "other",
    [
        {"query": LOOK_UP + " "},
        {"result_format": CSV},
        {"default_graphs": ("http://e/g",)},
        {"named_graphs": ("http://e/g",)},
        {"base_iri": "http://e/"},
        {"coding": "gzip"},
    ],
)
def test_whatever_may_change_the_bytes_is_another_question(tmp_path: Path, other: dict[str, Any]) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            await body(await shared.answer(request()))
            assert shared.cached(request(**other)) is None
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(query=COUNT)))]
            tasks.append(asyncio.create_task(shared.answer(request(**{"query": COUNT, **other}))))
            await all_wait(shared, tasks)
            assert held.asked == 3
            held.gate.set()
            for task in tasks:
                await body(await task)

    run(check)


@pytest.mark.parametrize(
    "query", ["SELECT (RAND() AS ?n) {}", "SELECT (NOW () AS ?n) {}", "CONSTRUCT { _:a ?p ?o } { ?s ?p ?o }"]
)
def test_a_query_that_answers_anew_each_time_is_never_shared(tmp_path: Path, query: str) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            wanted = TURTLE if query.startswith("CONSTRUCT") else JSON
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(query, wanted))) for _ in range(3)]
            await all_wait(shared, tasks)
            held.gate.set()
            for task in tasks:
                await body(await task)
            assert (held.asked, shared.entries, shared.misses, shared.shared) == (3, 0, 0, 0)

    run(check)


def test_a_query_that_is_only_checked_is_never_kept_nor_answered_from_what_is(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            await body(await shared.answer(request()))
            assert shared.cached(request(checked_only=True)) is None
            await body(await shared.answer(request(checked_only=True)))
            assert (held.asked, shared.entries) == (2, 1)

    run(check)


def test_equal_questions_at_the_same_time_are_asked_once(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path, cache_bytes=0) as (shared, held):
            held.gate.clear()
            tasks = [
                asyncio.create_task(shared.answer(request(COUNT, client=f"c{number}"))) for number in range(9)
            ]
            await all_wait(shared, tasks)
            held.gate.set()
            bodies = {await body(await task) for task in tasks}
            assert len(bodies) == 1
            assert b"3000" in bodies.pop()
            assert (held.asked, shared.shared, shared.entries, shared.bytes) == (1, 8, 0, 0)
            await body(await shared.answer(request(COUNT)))
            assert held.asked == 2

    run(check)


def test_another_deadline_is_another_question_while_it_is_in_flight(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.gate.clear()
            tasks = [
                asyncio.create_task(shared.answer(request(COUNT, deadline_seconds=seconds)))
                for seconds in (None, 5.0, 5.0)
            ]
            await all_wait(shared, tasks)
            assert held.asked == 2
            held.gate.set()
            assert len({await body(await task) for task in tasks}) == 1

    run(check)


def test_when_the_first_asker_leaves_one_of_those_who_wait_takes_over(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(COUNT))) for _ in range(5)]
            await all_wait(shared, tasks)
            tasks[2].cancel()  # waits
            tasks[0].cancel()  # asks
            await asyncio.wait(tasks[:1] + tasks[2:3])
            await all_wait(shared, [tasks[1], *tasks[3:]])
            assert held.asked == 2
            tasks[1].cancel()  # has taken over
            await asyncio.wait(tasks[1:2])
            await all_wait(shared, tasks[3:])
            assert held.asked == 3
            held.gate.set()
            for task in tasks[3:]:
                assert b"3000" in await body(await task)
            assert all(task.cancelled() for task in tasks[:3])
            assert held.asked == 3

    run(check)


def test_one_who_leaves_at_the_moment_of_taking_over_hands_on(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(COUNT))) for _ in range(3)]
            await all_wait(shared, tasks)
            tasks[0].cancel()
            await asyncio.sleep(0)  # the first is gone, and the second has been told but does not run yet
            tasks[1].cancel()
            await asyncio.wait(tasks[:2])
            held.gate.set()
            assert b"3000" in await body(await asyncio.wait_for(tasks[2], 10))
            assert tasks[1].cancelled()

    run(check)


def test_when_everybody_leaves_the_next_asker_is_not_kept_waiting(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(COUNT))) for _ in range(4)]
            await all_wait(shared, tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            held.gate.set()
            answer = await asyncio.wait_for(shared.answer(request(COUNT)), 10)
            assert b"3000" in await body(answer)

    run(check)


def test_an_answer_too_long_for_one_block_is_evaluated_for_each(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path, workers=3) as (shared, held):
            held.gate.clear()
            long = request("SELECT * { ?s ?p ?o . ?s ?q ?r }", CSV)
            tasks = [asyncio.create_task(shared.answer(long)) for _ in range(3)]
            await all_wait(shared, tasks)
            held.gate.set()
            answers = [await task for task in tasks]
            assert [answer.complete for answer in answers] == [None] * 3
            assert len({len(await body(answer)) for answer in answers}) == 1
            assert (held.asked, shared.entries, shared.shared) == (3, 0, 0)

    run(check)


@pytest.mark.parametrize(
    ("query", "settings", "expected"),
    [
        (THREE_WAY_PRODUCT, {"query_deadline_seconds": 0.3}, QueryTimeout),
        ("SELECT (GROUP_CONCAT(CONCAT(?o, ?b)) AS ?x) { ?s ?p ?o . ?a ?q ?b }", {}, QueryOverBudget),
        ("SELECT * { ?s ?p }", {}, QueryMalformed),
    ],
)
def test_an_error_of_the_query_is_everybodys(
    tmp_path: Path, query: str, settings: dict[str, Any], expected: type[Exception]
) -> None:
    async def check() -> None:
        async with shared_over(tmp_path, query_memory_mib=128, **settings) as (shared, held):
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(query))) for _ in range(3)]
            await all_wait(shared, tasks)
            held.gate.set()
            errors = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(error) for error in errors} == {expected}
            assert len({str(error) for error in errors}) == 1
            assert len({id(error) for error in errors}) == 3
            assert [vars(error) for error in errors] == [vars(errors[0])] * 3
            assert (held.asked, shared.shared) == (1, 2)
            with pytest.raises(expected):
                await shared.answer(request(query))
            assert held.asked == 2

    run(check)


def test_that_the_engine_was_busy_for_one_says_nothing_to_the_others(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.failures = [EngineBusy("No worker became free.")]
            held.gate.clear()
            tasks = [asyncio.create_task(shared.answer(request(COUNT))) for _ in range(3)]
            await all_wait(shared, tasks)
            held.gate.set()
            with pytest.raises(EngineBusy):
                await tasks[0]
            for task in tasks[1:]:
                assert b"3000" in await body(await task)
            assert held.asked == 3

    run(check)


def test_the_least_recently_used_answer_makes_room(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path, cache_bytes=8 * 1200) as (shared, _):
            requests = [request(f"SELECT ?o {{ <http://e/s{number}> ?p ?o }}") for number in range(30)]
            for each in requests:
                await body(await shared.answer(each))
                assert shared.bytes <= 8 * 1200
                assert shared.cached(requests[0]) is not None
            assert shared.cached(requests[1]) is None
            assert shared.cached(requests[-1]) is not None
            assert 2 < shared.entries < 15
            large = request("SELECT * { ?s ?p ?o } LIMIT 100")
            await body(await shared.answer(large))
            assert shared.cached(large) is None
            long_key = request(f"{LOOK_UP} #{'x' * 2000}")
            await body(await shared.answer(long_key))
            assert shared.cached(long_key) is None
            await shared.aclose()
            assert (shared.bytes, shared.entries) == (0, 0)

    run(check)


def test_no_answer_of_an_old_dataset_is_served_after_the_switch(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            await body(await shared.answer(request()))
            held.name = "release 2"
            assert shared.cached(request()) is None
            assert (shared.entries, shared.bytes) == (0, 0)
            answer = await shared.answer(request())
            assert answer.dataset == shared.dataset == "release 2"
            assert held.asked == 2
            held.name = None
            assert shared.cached(request()) is None

    run(check)


def test_an_answer_is_kept_as_that_of_the_dataset_that_was_asked(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path) as (shared, held):
            held.gate.clear()
            before = [asyncio.create_task(shared.answer(request())) for _ in range(2)]
            await all_wait(shared, before)
            held.name = "release 2"  # and the answers that began before come from it
            after = asyncio.create_task(shared.answer(request()))
            await all_wait(shared, [after])
            assert held.asked == 2
            held.gate.set()
            answers = [await task for task in (*before, after)]
            assert {answer.dataset for answer in answers} == {"release 2"}
            kept = shared.cached(request())
            assert kept is not None
            assert kept.dataset == "release 2"
            assert shared.entries == 1

    run(check)


def test_many_askers_that_come_and_leave_at_random_get_the_one_answer(tmp_path: Path) -> None:
    async def check() -> None:
        async with shared_over(tmp_path, cache_bytes=0, queue_length=64) as (shared, _):
            expected = await body(await shared.answer(request(COUNT)))
            for round_number in range(40):
                tasks = [asyncio.create_task(shared.answer(request(COUNT))) for _ in range(8)]
                for number, task in enumerate(tasks[:6]):
                    for _ in range((round_number * (number + 3)) % 5):
                        await asyncio.sleep(0)
                    if (round_number >> (number % 5)) & 1:
                        task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        answer = await asyncio.wait_for(task, 20)
                        assert await body(answer) == expected
            assert not shared._flights

    run(check)
