"""The embedded engine: queries are evaluated in workers that share one store.

The process that speaks to callers never evaluates a stranger's query. It hands each to a worker, kills the
worker at the deadline or when the caller has gone, and has it replaced within milliseconds.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Final, Self

from clustergraph.engine import wire
from clustergraph.engine.base import EngineState, QueryRequest, RunningQuery
from clustergraph.engine.channel import Zygotes
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.embedded_answer import EmbeddedAnswer, abandon, expire
from clustergraph.engine.exchange import Exchange
from clustergraph.engine.guard import QueryShape, inspect
from clustergraph.engine.link import WorkerLink
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.engine.pool import Pool
from clustergraph.engine.spool import SpoolSpace
from clustergraph.engine.task import check_format, task_of
from clustergraph.engine.waiting import WaitingLine
from clustergraph.errors import (
    ClustergraphError,
    EngineUnavailable,
    QueryError,
    QueryStopped,
    QueryTimeout,
)
from clustergraph.negotiation import JSON
from clustergraph.settings import Settings

_MIB: Final = 1024 * 1024
_READY_SECONDS: Final = 2.0
#: Waits between attempts to load the dataset again after its process has gone.
_FIRST_ATTEMPT_AGAIN_SECONDS: Final = 0.2
_LAST_ATTEMPT_AGAIN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Processes:
    """The process identifiers of an engine: the zygote (None while it is being replaced) and its workers."""

    zygote: int | None
    workers: tuple[int, ...]


class EmbeddedEngine:
    """Answers SPARQL in processes of its own, as `engine.base.Engine` describes it.

    `zygotes` is where the processes that hold a dataset come from: its own where not given.
    """

    def __init__(self, dataset: DatasetSpec, settings: Settings, zygotes: Zygotes | None = None) -> None:
        self._spec = dataset
        self._identity = dataset.identity
        self._settings = settings
        self._zygotes = zygotes
        self._limits = wire.Limits(
            memory_bytes=settings.query_memory_mib * _MIB, result_bytes=settings.query_result_mib * _MIB
        )
        self._size = max(math.ceil(settings.workers / settings.processes), 2)
        self._pool: Pool | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._waiting = WaitingLine(settings.queue_length, settings.queue_seconds)
        self.space = SpoolSpace(settings.spool_mib * _MIB)
        self._numbers = count(1)
        self._past_deaths: Counter[str] = Counter()
        self._reloads = 0
        self._trouble: ClustergraphError | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def dataset(self) -> str:
        """The identity of the dataset that is asked now, as it was loaded."""
        return self._identity

    @property
    def spec(self) -> DatasetSpec:
        """The dataset that is asked now."""
        return self._spec

    @property
    def quads(self) -> int:
        """How many quads the dataset holds; 0 while it is not loaded."""
        return self._pool.crew.quads if self._pool is not None else 0

    def processes(self) -> Processes:
        """The processes of this engine as they are now."""
        if self._pool is None:
            return Processes(None, ())
        return Processes(self._pool.crew.zygote, self._pool.crew.workers)

    def state(self) -> EngineState:
        """The engine as it is now."""
        pool = self._pool
        deaths = self._past_deaths if pool is None else self._past_deaths + pool.crew.deaths
        return EngineState(
            workers=0 if pool is None else len(pool.crew.workers),
            idle=0 if pool is None else sum(link.usable for link in pool.idle),
            waiting=len(self._waiting),
            deaths=dict(deaths),
            reloads=self._reloads,
            quads=self.quads,
            dataset=self.dataset,
        )

    def running(self) -> tuple[RunningQuery, ...]:
        """The queries that are evaluated now, or whose answers the current workers still write."""
        return tuple(
            RunningQuery(
                number=exchange.number,
                query=exchange.request.query,
                client=exchange.request.client,
                format_name=exchange.request.result_format.name,
                started=exchange.started,
                deadline_seconds=exchange.seconds,
                worker=process,
                streaming=exchange.streaming,
            )
            for process, link in self._links()
            if (exchange := link.exchange) is not None and exchange.request is not None
        )

    def stop(self, number: int) -> bool:
        """Stop a running query; False where no query of that number runs."""
        for _, link in self._links():
            exchange = link.exchange
            if exchange is not None and exchange.number == number:
                exchange.fail(QueryStopped())
                link.dismiss("stopped")
                return True
        return False

    def _links(self) -> tuple[tuple[int, WorkerLink], ...]:
        return () if self._pool is None else self._pool.crew.links

    async def start(self) -> Self:
        """Load the dataset and be ready; an engine that is ready already stays as it is.

        Raises UnusableInput with every file that cannot be loaded, ReleaseUnavailable where the files are a
        release, and EngineUnavailable where processes cannot be started or die on the way.
        """
        if self._pool is not None:
            return self
        self._loop = asyncio.get_running_loop()
        self._mustering = asyncio.Lock()
        self._closed = False
        if self._zygotes is None:
            self._zygotes = OwnZygotes()
        async with self._mustering:
            self._install(await self._muster(self._spec))
        return self

    async def switch(self, dataset: DatasetSpec) -> None:
        """Ask `dataset` from now on; queries under way are answered from the one they began with.

        The new dataset is loaded beside the old one. Raises what `start` raises, and then the old one stays.
        """
        async with self._mustering:
            pool = await self._muster(dataset)
            if self._closed:
                await pool.crew.aclose()
                raise _stopped()
            old = self._pool
            self._spec = dataset
            self._install(pool)
            if old is not None:
                self._past_deaths += old.crew.deaths
                leaving = self._loop.create_task(old.crew.drain())
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def answer(self, request: QueryRequest, shape: QueryShape | None = None) -> EmbeddedAnswer:
        """Begin to answer, as `engine.base.Engine.answer` describes it.

        The deadline counts from the moment a worker has the query until it has written its answer. `shape` is
        what is known of a text that was read already and is evaluated in place of the request's.
        """
        if shape is None:
            shape = inspect(request.query)
        check_format(request, shape)
        seconds = self._settings.query_deadline_seconds
        if request.deadline_seconds is not None:
            seconds = min(seconds, request.deadline_seconds)
        if seconds <= 0:
            raise QueryTimeout(seconds)
        task = task_of(request, shape, seconds)
        link = await self._admit(request.client)
        exchange = Exchange(
            self._loop, request, number=next(self._numbers), seconds=seconds, space=self.space
        )
        exchange.deadline = self._loop.call_later(seconds, expire, link, exchange, seconds)
        link.ask(task, exchange)
        try:
            first = await exchange.next()
        except asyncio.CancelledError:
            abandon(link, exchange)
            raise
        return EmbeddedAnswer(link, exchange, first, request.coding)

    async def ready(self) -> bool:
        """Whether a worker answers a trivial query within two seconds, the wait for a free one included."""
        with suppress(QueryError, EngineUnavailable, TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                answer = await self.answer(QueryRequest(query="ASK {}", result_format=JSON))
                return answer.complete is not None
        return False

    async def aclose(self) -> None:
        """Stop every process of this engine; queries in flight fail with QueryCrashed."""
        self._closed = True
        if self._recovery is not None:
            self._recovery.cancel()
            with suppress(asyncio.CancelledError):
                await self._recovery
            self._recovery = None
        self._waiting.refuse(_stopped())
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.crew.aclose()

    async def _muster(self, dataset: DatasetSpec) -> Pool:
        if self._zygotes is None:
            raise _stopped()
        pool = Pool(dataset, self._zygotes, on_free=self._offer, on_end=self._pool_ended)
        await pool.start(self._limits, self._size)
        return pool

    def _install(self, pool: Pool) -> None:
        self._pool = pool
        self._identity = pool.identity
        self._trouble = None
        while pool.idle and self._waiting:
            self._offer(pool, pool.idle.pop())

    def _pool_ended(self, pool: Pool) -> None:
        if self._closed or pool is not self._pool:
            return
        self._past_deaths += pool.crew.deaths
        self._pool = None
        self._reloads += 1
        self._recovery = self._loop.create_task(self._recover())

    async def _recover(self) -> None:
        """Load the dataset again after its process has gone, until that succeeds."""
        wait = _FIRST_ATTEMPT_AGAIN_SECONDS
        while not self._closed:
            async with self._mustering:
                if self._pool is not None:
                    return
                try:
                    self._install(await self._muster(self._spec))
                    return
                except ClustergraphError as error:
                    self._trouble = error
            self._waiting.refuse(self._unavailable())
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LAST_ATTEMPT_AGAIN_SECONDS)

    def _unavailable(self) -> EngineUnavailable:
        trouble = self._trouble
        return (
            _stopped()
            if trouble is None
            else EngineUnavailable(trouble.what, where=trouble.where, fix=trouble.fix)
        )

    async def _admit(self, client: str | None) -> WorkerLink:
        """Wait for a free worker, within the length of the queue and the longest wait."""
        pool = self._pool
        if pool is not None:
            link = pool.take()
            if link is not None:
                return link
        elif self._closed or self._recovery is None or self._trouble is not None:
            raise self._unavailable()
        place = self._waiting.join(client)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._give_back(place.result())
            raise
        finally:
            self._waiting.leave(client, place)

    def _give_back(self, link: WorkerLink) -> None:
        if self._pool is not None and link.dataset == self._pool.identity:
            self._offer(self._pool, link)

    def _offer(self, pool: Pool, link: WorkerLink) -> None:
        """A worker is free: for the query whose turn it is, or for the next one."""
        if not link.usable:
            return
        if pool is self._pool and (place := self._waiting.next()) is not None:
            place.set_result(link)
        else:
            pool.idle.append(link)


def _stopped() -> EngineUnavailable:
    return EngineUnavailable("The engine is not running.")
