"""An answer that a worker writes, and the two ways it can be ended from this side."""

from __future__ import annotations

from collections.abc import AsyncIterator

from clustergraph.engine.exchange import Exchange
from clustergraph.engine.link import WorkerLink
from clustergraph.errors import QueryError, QueryTimeout


class EmbeddedAnswer:
    """The answer to one query, as `engine.base.Answer` describes it."""

    __slots__ = ("_coding", "_dataset", "_exchange", "_first", "_link", "_whole")

    def __init__(self, link: WorkerLink, exchange: Exchange, first: bytes | None, coding: str | None) -> None:
        self._link = link
        self._exchange = exchange
        self._first = first or b""
        self._whole = exchange.finished and exchange.empty
        self._coding = coding if exchange.coded else None
        self._dataset = link.dataset
        exchange.streaming = True

    @property
    def complete(self) -> bytes | None:
        return self._first if self._whole else None

    @property
    def coding(self) -> str | None:
        return self._coding

    @property
    def dataset(self) -> str:
        return self._dataset

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._first:
            yield self._first
        while not self._whole and (block := await self._exchange.next()) is not None:
            yield block

    async def aclose(self) -> None:
        if not self._whole:
            abandon(self._link, self._exchange)
            self._exchange.close()


def expire(link: WorkerLink, exchange: Exchange, seconds: float) -> None:
    """Stop a query at its deadline."""
    exchange.fail(QueryTimeout(seconds))
    if link.exchange is exchange:
        link.dismiss("deadline")


def abandon(link: WorkerLink, exchange: Exchange) -> None:
    """Stop a query that nobody waits for; one that has ended has given its worker back already."""
    if link.exchange is exchange:
        exchange.fail(_abandoned())
        link.dismiss("client-gone")


def _abandoned() -> QueryError:
    return QueryError("The caller has closed the answer.")
