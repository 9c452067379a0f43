"""Answers over ASGI: complete or broken, and given up when the client leaves."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.types import Receive

from clustergraph.codings import compressed
from clustergraph.engine.base import Answer
from clustergraph.errors import QueryError
from clustergraph.service.headers import RawHeaders
from clustergraph.service.journal import Conversation
from clustergraph.service.plan import Plan
from clustergraph.service.responses import BrokenOff

_SPOOL_BYTES: Final = 8 * 1024 * 1024
_BLOCK_BYTES: Final = 64 * 1024
#: Answers that take no longer are not worth a watch on their clients.
_WATCH_AFTER_SECONDS: Final = 0.03


class Departure:
    """Cancels the task that answers when its client leaves. The request's body must have been read."""

    __slots__ = ("_left", "_receive", "_task", "_watching")

    def __init__(self, receive: Receive, task: asyncio.Task[object] | None) -> None:
        self._receive = receive
        self._task = task
        self._left = False
        self._watching: asyncio.Task[None] | None = None

    def ignore(self) -> None:
        """Watch no longer: the answer is complete, or only its end is left to send."""
        self._task = None
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def happened(self) -> bool:
        """Whether a cancellation came from here; it is then taken back."""
        if self._left and self._task is not None:
            self._task.uncancel()
        return self._left

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for the client to leave, unless that is ignored by now."""
        if self._task is not None:
            self._watching = loop.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        if self._task is not None:
            self._task.cancel()


class Departures:
    """Watches the clients of answers that take their time.

    One timer looks at all that have begun since the last look, for a timer each would cost more than a short
    answer takes to send; most are over by then.
    """

    def __init__(self) -> None:
        self._begun: list[Departure] = []

    def expect(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> Departure:
        """The departure of the client that the current task answers."""
        # To ask asyncio for the running loop costs a system call each time, so it is handed on.
        departure = Departure(receive, asyncio.current_task(loop))
        if not self._begun:
            loop.call_later(_WATCH_AFTER_SECONDS, self._look, loop)
        self._begun.append(departure)
        return departure

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        begun, self._begun = self._begun, []
        for departure in begun:
            departure.watch(loop)


async def send_status(status: int, headers: RawHeaders, talk: Conversation) -> None:
    """Send a response without a body."""
    await talk.begin(status, headers)
    await talk.block(b"", last=True)


async def send_kept(plan: Plan, answer: Answer, talk: Conversation) -> None:
    """Send an answer that was kept from an earlier request."""
    body = answer.complete or b""
    await _send_whole(plan.cached_headers(answer, body), body, talk)


async def send_answer(plan: Plan, answer: Answer, talk: Conversation, departure: Departure) -> None:
    """Send an answer: whole with its Content-Length, or streamed.

    Raises BrokenOff where a stream cannot be completed; the server then breaks the connection, so that no
    client takes the part for the whole. What fails before the first byte is sent is raised as it is.
    HTTP/1.0 marks an end only by a length: such a client gets none of the body until all of it is there.
    HEAD gets the headers of an answer that is not evaluated, so without its length.
    """
    body = answer.complete
    coding = answer.coding
    if talk.head.method == "HEAD":
        departure.ignore()
        await send_status(200, plan.headers(answer.dataset, coding=_asked_coding(plan)), talk)
    elif body is not None:
        departure.ignore()
        if plan.requires_coding and coding is None and (coding := _asked_coding(plan)) is not None:
            body = compressed(coding, body)
        await _send_whole(plan.headers(answer.dataset, coding=coding, length=len(body)), body, talk)
    elif talk.head.http_version == "1.0":
        await _send_spooled(plan, answer, talk, departure)
    else:
        await _send_stream(plan, answer, talk, departure)


def _asked_coding(plan: Plan) -> str | None:
    return plan.request.coding if plan.request is not None else None


async def _send_whole(headers: RawHeaders, body: bytes, talk: Conversation) -> None:
    await talk.begin(200, headers)
    await talk.block(b"" if talk.head.method == "HEAD" else body, last=True)


async def _send_stream(plan: Plan, answer: Answer, talk: Conversation, departure: Departure) -> None:
    await talk.begin(200, plan.headers(answer.dataset, coding=answer.coding))
    try:
        async for block in answer.chunks():
            await talk.block(block, last=False)
    except QueryError as error:
        departure.ignore()
        talk.outcome = "cut"
        raise BrokenOff(str(error)) from error
    departure.ignore()
    await talk.block(b"", last=True)


async def _send_spooled(plan: Plan, answer: Answer, talk: Conversation, departure: Departure) -> None:
    with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        async for block in answer.chunks():
            spool.write(block)
        left = spool.tell()
        await talk.begin(200, plan.headers(answer.dataset, coding=answer.coding, length=left))
        spool.seek(0)
        while left > 0:
            block = spool.read(_BLOCK_BYTES)
            left -= len(block)
            if left == 0:
                departure.ignore()
            await talk.block(block, last=left == 0)
