"""Answers that serve several askers: small ones are kept, and what is asked twice at once is asked once."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Self

from clustergraph.engine.base import Answer, Engine, QueryRequest
from clustergraph.engine.guard import inspect
from clustergraph.errors import EngineBusy, EngineUnavailable, QueryError

#: What an entry costs beside its text and its body: the key, the entry and their places in the table.
_ENTRY_BYTES: Final = 600

#: Dataset, query, default graphs, named graphs, base IRI, name of the format, coding.
_Key = tuple[str, str, tuple[str, ...], tuple[str, ...], str | None, str, str | None]


@dataclass(slots=True)
class SharedAnswer:
    """A complete answer, as `engine.base.Answer` describes it, that no worker is busy with."""

    complete: bytes
    coding: str | None
    dataset: str

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.complete:
            yield self.complete

    async def aclose(self) -> None:
        """Nothing is to be given back."""


class _Turn(Enum):
    """What one who waits is told when there is neither an answer nor an error to share."""

    TAKES_OVER = "takes over"
    ASKS_ALONE = "asks alone"


_Outcome = SharedAnswer | Exception | _Turn


@dataclass(slots=True)
class _Flight:
    """One question that the engine is being asked, and those who wait for the same answer."""

    waiting: list[asyncio.Future[_Outcome]] = field(default_factory=list)

    def tell(self, outcome: _Outcome) -> None:
        for place in self.waiting:
            if not place.done():
                place.set_result(outcome)
        self.waiting.clear()

    def hand_over(self) -> bool:
        """Let the first of those who wait ask in place of one that has left; False where nobody waits."""
        while self.waiting:
            place = self.waiting.pop(0)
            if not place.done():
                place.set_result(_Turn.TAKES_OVER)
                return True
        return False


class SharedAnswers:
    """An engine before another, `inner`, that spares it repeated questions.

    Complete answers are kept in `cache_bytes` bytes, keys included, the least recently used making room; none
    is kept that takes more than an eighth of it. They are those of one dataset and go when the engine serves
    another. Equal requests at the same time are asked once. Queries whose answers may differ each time
    (`QueryShape.repeatable`) and those that are only checked are neither kept nor shared.

    For metrics: `hits` answers from the cache, `shared` answers of another's question, `misses` questions to
    the engine that could have been spared; `entries` and `bytes` that are kept now.
    """

    def __init__(self, engine: Engine, *, cache_bytes: int) -> None:
        self.inner = engine
        self.hits = 0
        self.misses = 0
        self.shared = 0
        self.bytes = 0
        self._cache_bytes = cache_bytes
        self._kept: OrderedDict[_Key, tuple[SharedAnswer, int]] = OrderedDict()
        self._kept_dataset: str | None = None
        self._flights: dict[tuple[_Key, float | None], _Flight] = {}

    @property
    def entries(self) -> int:
        return len(self._kept)

    @property
    def dataset(self) -> str:
        return self.inner.dataset

    async def start(self) -> Self:
        """Start the engine; raises what it raises."""
        await self.inner.start()
        return self

    async def ready(self) -> bool:
        """Whether a worker of the engine answers now; never told from the cache."""
        return await self.inner.ready()

    async def aclose(self) -> None:
        """Stop the engine and forget every answer."""
        self._forget()
        await self.inner.aclose()

    def cached(self, request: QueryRequest) -> SharedAnswer | None:
        """The answer that is kept for a request, if any, without asking anybody."""
        if request.checked_only or not self._kept:
            return None
        return self._look_up(_key(self.inner.dataset, request))

    async def answer(self, request: QueryRequest) -> Answer:
        """Begin to answer, as `engine.base.Engine.answer` describes it.

        An error of the engine is shared like an answer, but for EngineBusy and EngineUnavailable, which say
        nothing of the query; and an answer too long to be complete at once is evaluated for each asker.
        """
        key = _key(self.inner.dataset, request)
        if not request.checked_only and (kept := self._look_up(key)) is not None:
            return kept
        if request.checked_only or not _repeatable(request.query):
            return await self.inner.answer(request)
        return await self._asked_once(request, (key, request.deadline_seconds))

    async def _asked_once(self, request: QueryRequest, question: tuple[_Key, float | None]) -> Answer:
        flight = self._flights.get(question)
        if flight is None:
            flight = self._flights[question] = _Flight()
            return await self._ask(request, question, flight)
        outcome = await self._wait(question, flight)
        if outcome is _Turn.TAKES_OVER:
            return await self._ask(request, question, flight)
        if outcome is _Turn.ASKS_ALONE:
            self.misses += 1
            answer = await self.inner.answer(request)
            self._keep(request, answer)
            return answer
        self.shared += 1
        if isinstance(outcome, Exception):
            raise _another(outcome)
        return outcome

    async def _ask(
        self, request: QueryRequest, question: tuple[_Key, float | None], flight: _Flight
    ) -> Answer:
        self.misses += 1
        try:
            answer = await self.inner.answer(request)
        except Exception as error:
            del self._flights[question]
            alone = isinstance(error, EngineBusy | EngineUnavailable)
            flight.tell(_Turn.ASKS_ALONE if alone else error)
            raise
        except BaseException:  # the asker has left
            self._abandon(question, flight)
            raise
        del self._flights[question]
        shared = self._keep(request, answer)
        if flight.waiting:
            flight.tell(_Turn.ASKS_ALONE if shared is None else shared)
        return answer

    async def _wait(self, question: tuple[_Key, float | None], flight: _Flight) -> _Outcome:
        place: asyncio.Future[_Outcome] = asyncio.get_running_loop().create_future()
        flight.waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result() is _Turn.TAKES_OVER:
                self._abandon(question, flight)
            elif place in flight.waiting:
                flight.waiting.remove(place)
            raise

    def _abandon(self, question: tuple[_Key, float | None], flight: _Flight) -> None:
        if not flight.hand_over():
            del self._flights[question]

    def _look_up(self, key: _Key) -> SharedAnswer | None:
        if self._kept_dataset != key[0]:
            self._forget()
            self._kept_dataset = key[0]
            return None
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return kept[0]

    def _forget(self) -> None:
        self._kept.clear()
        self.bytes = 0

    def _keep(self, request: QueryRequest, answer: Answer) -> SharedAnswer | None:
        """Keep an answer where there is room for it; returns it as others may have it, None if incomplete."""
        body = answer.complete
        if body is None:
            return None
        shared = SharedAnswer(body, answer.coding, answer.dataset)
        size = len(body) + _size(request)
        # An answer begun before the engine changed its dataset is of no use to later askers.
        if 8 * size > self._cache_bytes or answer.dataset != self.inner.dataset:
            return shared
        key = _key(answer.dataset, request)
        if self._kept_dataset != answer.dataset:
            self._forget()
            self._kept_dataset = answer.dataset
        before = self._kept.pop(key, None)
        self.bytes += size - (0 if before is None else before[1])
        self._kept[key] = (shared, size)
        while self.bytes > self._cache_bytes:
            _, (_, released) = self._kept.popitem(last=False)
            self.bytes -= released
        return shared


def _key(dataset: str, request: QueryRequest) -> _Key:
    return (
        dataset,
        request.query,
        request.default_graphs,
        request.named_graphs,
        request.base_iri,
        request.result_format.name,
        request.coding,
    )


def _size(request: QueryRequest) -> int:
    size = _ENTRY_BYTES + sys.getsizeof(request.query)
    if request.base_iri is not None:
        size += sys.getsizeof(request.base_iri)
    for graph in request.default_graphs + request.named_graphs:
        size += sys.getsizeof(graph)
    return size


def _repeatable(query: str) -> bool:
    try:
        return inspect(query).repeatable
    except QueryError:
        return False  # the engine says what is wrong


def _another(error: Exception) -> Exception:
    """An error equal to one that another asker raises, with a traceback of its own."""
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    copy.__cause__ = error.__cause__
    return copy
