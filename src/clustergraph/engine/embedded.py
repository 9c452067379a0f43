"""The embedded engine: queries are evaluated in forked workers that share one store in memory.

The process that speaks to callers never evaluates a stranger's query. It hands each to a worker, kills the
worker at the deadline or when the caller has gone, and has it replaced within milliseconds.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from clustergraph.engine import wire
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.crew import Crew
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.guard import QueryShape, inspect
from clustergraph.engine.link import Exchange, WorkerLink
from clustergraph.errors import (
    ClustergraphError,
    EngineBusy,
    EngineUnavailable,
    QueryError,
    QueryRefused,
    QueryTimeout,
)
from clustergraph.negotiation import FORMATS, JSON, ResultKind
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


class EmbeddedAnswer:
    """The answer to one query, as `engine.base.Answer` describes it."""

    def __init__(self, link: WorkerLink, exchange: Exchange, first: bytes | None) -> None:
        self._link = link
        self._exchange = exchange
        self._first = first or b""
        self._whole = exchange.finished and exchange.empty

    @property
    def complete(self) -> bytes | None:
        return self._first if self._whole else None

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._first:
            yield self._first
        while not self._whole and (block := await self._exchange.next()) is not None:
            yield block

    async def aclose(self) -> None:
        _abandon(self._link, self._exchange)


class EmbeddedEngine:
    """Answers SPARQL over files of RDF held in memory, as `engine.base.Engine` describes it."""

    def __init__(self, dataset: DatasetSpec, settings: Settings) -> None:
        self._dataset = dataset
        self._settings = settings
        self._limits = wire.Limits(
            memory_bytes=settings.query_memory_mib * _MIB, result_bytes=settings.query_result_mib * _MIB
        )
        self._crew: Crew | None = None
        self._idle: list[WorkerLink] = []
        self._waiting: deque[asyncio.Future[WorkerLink]] = deque()
        self._trouble: ClustergraphError | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def quads(self) -> int:
        """How many quads the dataset holds; 0 while it is not loaded."""
        return self._crew.quads if self._crew is not None else 0

    def processes(self) -> Processes:
        """The processes of this engine as they are now."""
        crew = self._crew
        return Processes(None, ()) if crew is None else Processes(crew.zygote, crew.workers)

    async def start(self) -> Self:
        """Load the dataset and be ready; an engine that is ready already stays as it is.

        Raises UnusableInput with every file that cannot be loaded, ReleaseUnavailable where the files are a
        release, and EngineUnavailable where processes cannot be started or die on the way.
        """
        if not hasattr(os, "fork"):
            raise EngineUnavailable(
                "This platform cannot fork processes, which the embedded engine needs.",
                fix="Run clustergraph on Linux, in a container or under WSL.",
            )
        if self._crew is not None:
            return self
        self._loop = asyncio.get_running_loop()
        self._closed = False
        await self._muster()
        return self

    async def answer(self, request: QueryRequest) -> EmbeddedAnswer:
        """Begin to answer, as `engine.base.Engine.answer` describes it.

        The deadline counts from the moment a worker has the query to the last block taken from the answer.
        """
        shape = inspect(request.query)
        _check_format(request, shape)
        seconds = self._settings.query_deadline_seconds
        if request.deadline_seconds is not None:
            seconds = min(seconds, request.deadline_seconds)
        if seconds <= 0:
            raise QueryTimeout(seconds)
        task = _task(request, shape, seconds)
        link = await self._admit()
        exchange = Exchange(self._loop)
        exchange.deadline = self._loop.call_later(seconds, _expire, link, exchange, seconds)
        link.ask(task, exchange)
        try:
            first = await exchange.next()
        except asyncio.CancelledError:
            _abandon(link, exchange)
            raise
        return EmbeddedAnswer(link, exchange, first)

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
        self._refuse_waiting(_stopped())
        crew, self._crew = self._crew, None
        self._idle.clear()
        if crew is not None:
            await crew.aclose()

    async def _muster(self) -> None:
        crew = Crew(on_free=self._offer, on_end=self._crew_ended)
        await crew.start(self._dataset, self._limits, self._settings.workers)
        self._crew = crew
        self._trouble = None

    def _crew_ended(self, crew: Crew) -> None:
        if self._closed or crew is not self._crew:
            return
        self._crew = None
        self._idle.clear()
        self._recovery = self._loop.create_task(self._recover())

    async def _recover(self) -> None:
        """Load the dataset again after its process has gone, until that succeeds."""
        wait = _FIRST_ATTEMPT_AGAIN_SECONDS
        while not self._closed:
            try:
                await self._muster()
                return
            except ClustergraphError as error:
                self._trouble = error
            self._refuse_waiting(self._unavailable())
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LAST_ATTEMPT_AGAIN_SECONDS)

    def _unavailable(self) -> EngineUnavailable:
        trouble = self._trouble
        return (
            _stopped()
            if trouble is None
            else EngineUnavailable(trouble.what, where=trouble.where, fix=trouble.fix)
        )

    async def _admit(self) -> WorkerLink:
        """Wait for a free worker, within the length of the queue and the longest wait."""
        if self._closed or (self._crew is None and (self._recovery is None or self._trouble is not None)):
            raise self._unavailable()
        while self._idle:
            # The last to answer first: what it touched is still in the processor's caches.
            link = self._idle.pop()
            if link.usable:
                return link
        if len(self._waiting) >= self._settings.queue_length:
            raise EngineBusy(f"{len(self._waiting)} queries are waiting already, the most that may.")
        place: asyncio.Future[WorkerLink] = self._loop.create_future()
        self._waiting.append(place)
        timer = self._loop.call_later(self._settings.queue_seconds, self._turn_away, place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._offer(place.result())
            raise
        finally:
            timer.cancel()
            with suppress(ValueError):
                self._waiting.remove(place)

    def _turn_away(self, place: asyncio.Future[WorkerLink]) -> None:
        if not place.done():
            seconds = self._settings.queue_seconds
            place.set_exception(EngineBusy(f"No worker became free within {seconds:g} seconds."))

    def _refuse_waiting(self, error: ClustergraphError) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)

    def _offer(self, link: WorkerLink) -> None:
        """A worker is free: for the query that has waited longest, or for the next one."""
        if not link.usable:
            return
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(link)
                return
        self._idle.append(link)


def _stopped() -> EngineUnavailable:
    return EngineUnavailable("The engine is not running.")


def _check_format(request: QueryRequest, shape: QueryShape) -> None:
    chosen = request.result_format
    if shape.kind not in chosen.kinds:
        fitting = ", ".join(each.name for each in FORMATS if shape.kind in each.kinds)
        raise QueryRefused(
            f"The result of {shape.form} cannot be written as {chosen.name}.", fix=f"Use one of: {fitting}."
        )


def _task(request: QueryRequest, shape: QueryShape, seconds: float) -> wire.Task:
    of_request = bool(request.default_graphs or request.named_graphs)
    # Oxigraph reads FROM itself; only a default graph merged of several needs more than it does.
    of_query = not of_request and len(shape.default_graphs) > 1
    return wire.Task(
        query=shape.text,
        format_name=request.result_format.name,
        cpu_seconds=math.ceil(seconds) + 1,
        base_iri=request.base_iri,
        default_graphs=request.default_graphs,
        named_graphs=request.named_graphs,
        prologue=shape.prologue if of_query else "",
        from_graphs=shape.default_graphs if of_query else (),
        from_named=shape.named_graphs if of_query else (),
        prefixes=dict(shape.prefixes) if shape.kind is ResultKind.GRAPH else None,
    )


def _expire(link: WorkerLink, exchange: Exchange, seconds: float) -> None:
    exchange.fail(QueryTimeout(seconds))
    if link.exchange is exchange:
        link.dismiss()


def _abandon(link: WorkerLink, exchange: Exchange) -> None:
    """Stop a query that nobody waits for; one that has ended has given its worker back already."""
    if link.exchange is exchange:
        exchange.fail(_abandoned())
        link.dismiss()


def _abandoned() -> QueryError:
    return QueryError("The caller has closed the answer.")
