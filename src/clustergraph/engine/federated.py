"""SERVICE, for origins that the operator allows: the front fetches, the workers stay without a socket.

SERVICE is defined from the inside out: its group is evaluated by the other service alone, and the solutions
are joined with the rest (SPARQL 1.1 Federated Query section 3). So they can be fetched first and stand in the
query as VALUES. Decision record 0014 tells why, and what that changes for those who ask.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from clustergraph.egress import Egress
from clustergraph.engine.base import Answer, Engine, QueryRequest
from clustergraph.engine.federated_calls import RemoteFailed, ask_service, too_much
from clustergraph.engine.federated_clauses import AskedQuery, ServiceClause
from clustergraph.engine.federated_solutions import (
    Allowance,
    TooManySolutions,
    UnusableSolutions,
    unknown_solution,
    values_block,
)
from clustergraph.engine.guard import QueryShape, inspect
from clustergraph.errors import EngineBusy, QueryTimeout
from clustergraph.negotiation import JSON

#: Begins an engine's answer to a request whose query is to be evaluated as `shape.text`, which has been read.
Ask = Callable[[QueryRequest, QueryShape], Awaitable[Answer]]

#: What SILENT leaves of the time there is, for what is asked of this dataset.
_SILENT_SHARE: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationLimits:
    """What one query may ask of other services, and all of them at once.

    `calls` SERVICE clauses; `rows` solutions and `max_bytes` bytes of answers in all, of which each call has
    an equal part; `call_seconds` for each call; `at_once` queries that are fetching, `waiting` queries that
    wait `wait_seconds` to begin.
    """

    calls: int = 8
    rows: int = 20_000
    max_bytes: int = 8 * 1024 * 1024
    call_seconds: float = 10.0
    at_once: int = 8
    waiting: int = 32
    wait_seconds: float = 10.0


class FederatedEngine:
    """An engine before another, `inner`, that performs SERVICE for it.

    `origins` may be asked, over `egress`, which is closed with the engine; `deadline_seconds` is the longest
    that one query may take, other services included. A query without SERVICE goes to `inner` as it is. `ask`
    is how `inner` is asked what has been read already; where not given, it reads all of it again, which
    takes the event loop half a second where 20,000 solutions were fetched.
    """

    def __init__(
        self,
        inner: Engine,
        *,
        origins: frozenset[str],
        egress: Egress,
        deadline_seconds: float,
        limits: FederationLimits | None = None,
        ask: Ask | None = None,
    ) -> None:
        self.inner = inner
        self._origins = origins
        self._egress = egress
        self._deadline_seconds = deadline_seconds
        self._limits = limits or FederationLimits()
        self._ask = ask or _asked_unread(inner)
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._waiting = 0

    @property
    def dataset(self) -> str:
        return self.inner.dataset

    async def start(self) -> Self:
        """Start the engine; raises what it raises."""
        await self.inner.start()
        return self

    async def ready(self) -> bool:
        """Whether a worker of the engine answers now; other services are not asked."""
        return await self.inner.ready()

    async def aclose(self) -> None:
        """Stop the engine and close every connection to other services."""
        await self.inner.aclose()
        await self._egress.aclose()

    async def answer(self, request: QueryRequest) -> Answer:
        """Begin to answer, as `engine.base.Engine.answer` describes it.

        With SERVICE also raises RemoteFailed where another service gives no usable answer, and
        QueryOverBudget where it gives too much. The deadline then counts from this call, the wait for a
        worker included. A query that is only checked reaches nobody.
        """
        if not _may_call(request.query):
            return await self.inner.answer(request)
        shape = inspect(request.query, service_origins=self._origins)
        if not shape.services:
            return await self.inner.answer(request)
        return await self._perform(request, AskedQuery(request.query, shape))

    async def _perform(self, request: QueryRequest, asked: AskedQuery) -> Answer:
        seconds = self._deadline_seconds
        if request.deadline_seconds is not None:
            seconds = min(seconds, request.deadline_seconds)
        if seconds <= 0:
            raise QueryTimeout(seconds)
        if len(asked.clauses) > self._limits.calls:
            raise asked.refused(
                asked.clauses[self._limits.calls],
                f"One query may have {self._limits.calls} SERVICE clauses.",
                "Ask in several queries.",
            )
        ends = asyncio.get_running_loop().time() + seconds
        clock = asyncio.timeout_at(ends)
        try:
            async with clock:
                return await self._answer_before(ends, request, asked)
        except TimeoutError:
            if clock.expired():
                raise QueryTimeout(seconds) from None
            raise
        except QueryTimeout:  # of what was left
            raise QueryTimeout(seconds) from None

    async def _answer_before(self, ends: float, request: QueryRequest, asked: AskedQuery) -> Answer:
        variables = [await self._variables(request, asked, each, ends) for each in asked.clauses]
        outside = asked.without_groups(variables)
        check = replace(request, query=outside.text, checked_only=True, deadline_seconds=_left(ends))
        with asked.told_of(outside):
            checked = await self.inner.answer(check)
        if request.checked_only:
            return checked
        await checked.aclose()
        async with self._slot():
            answers = await self._fetched(request, asked, ends)
            blocks = await asyncio.to_thread(self._blocks, asked.clauses, variables, answers)
        rewritten = asked.with_blocks(blocks)
        shape = replace(asked.shape, text=rewritten.text, services=())
        with asked.told_of(rewritten):
            return await self._ask(replace(request, deadline_seconds=_left(ends)), shape)

    async def _variables(
        self, request: QueryRequest, asked: AskedQuery, clause: ServiceClause, ends: float
    ) -> list[str]:
        """The variables in scope after a clause's group (SPARQL 1.1 section 18.2.1), as it is read here."""
        query = asked.variables_of(clause)
        with asked.told_of(query):
            answer = await self.inner.answer(
                QueryRequest(
                    query=query.text,
                    result_format=JSON,
                    base_iri=request.base_iri,
                    deadline_seconds=_left(ends),
                    client=request.client,
                )
            )
        try:
            head = json.loads(b"".join([block async for block in answer.chunks()]))["head"]
        finally:
            await answer.aclose()
        return [str(name) for name in head["vars"]]

    async def _fetched(self, request: QueryRequest, asked: AskedQuery, ends: float) -> list[bytes | None]:
        calls = [
            asyncio.ensure_future(
                self._call(each, asked.query_of(each, request.base_iri), len(asked.clauses), ends)
            )
            for each in asked.clauses
        ]
        try:
            return await asyncio.gather(*calls)
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _call(self, clause: ServiceClause, query: str, calls: int, ends: float) -> bytes | None:
        """The answer to one call; None where it failed and the query says not to mind."""
        seconds = self._limits.call_seconds
        if clause.call.silent:
            seconds = min(seconds, _SILENT_SHARE * _left(ends))
        try:
            return await ask_service(
                self._egress,
                clause.call.iri,
                query,
                seconds=seconds,
                max_bytes=self._limits.max_bytes // calls,
            )
        except RemoteFailed:
            if clause.call.silent:
                return None
            raise

    def _blocks(
        self, clauses: Sequence[ServiceClause], variables: Sequence[list[str]], answers: list[bytes | None]
    ) -> list[str]:
        """The blocks that stand for clauses; takes long, for a thread of its own."""
        limits = self._limits
        allowance = Allowance(limits.rows, limits.max_bytes)
        blocks: list[str] = []
        for clause, names, answer in zip(clauses, variables, answers, strict=True):
            try:
                block = unknown_solution(names) if answer is None else values_block(answer, names, allowance)
            except UnusableSolutions as error:
                if not clause.call.silent:
                    raise RemoteFailed(clause.call.iri, f"gave an answer that {error}", status=200) from None
                block = unknown_solution(names)
            except TooManySolutions:
                raise too_much(
                    clause.call.iri, f"{limits.rows:,} solutions or {limits.max_bytes:,} bytes in all"
                ) from None
            blocks.append(block)
        return blocks

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        limits = self._limits
        busy = EngineBusy("Many queries are asking other services already.", retry_after=5)
        if self._slots.locked() and self._waiting >= limits.waiting:
            raise busy
        self._waiting += 1
        try:
            async with asyncio.timeout(limits.wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise busy from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()


def _may_call(query: str) -> bool:
    """Whether a query could hold SERVICE, for the price of two looks at its text."""
    return "\\u" in query or "\\U" in query or "service" in query.lower()


def _left(ends: float) -> float:
    return max(ends - asyncio.get_running_loop().time(), 0.001)


def _asked_unread(inner: Engine) -> Ask:
    async def ask(request: QueryRequest, shape: QueryShape) -> Answer:
        return await inner.answer(replace(request, query=shape.text))

    return ask
