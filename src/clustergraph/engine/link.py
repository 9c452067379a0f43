"""The front's end of one worker: queries out, frames in, one exchange at a time."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from clustergraph.engine import wire
from clustergraph.errors import ClustergraphError, QueryCrashed

# A reader that is slower than its worker holds this much in the front, and the worker waits.
_HIGH_WATER: Final = 512 * 1024
_LOW_WATER: Final = 128 * 1024


class Exchange:
    """One query and the blocks of its answer that have arrived and are not yet taken."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._blocks: deque[bytes] = deque()
        self._held = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: ClustergraphError | None = None
        self._on_drained: Callable[[], None] | None = None
        self.finished = False
        self.deadline: asyncio.TimerHandle | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will arrive."""
        return self.finished or self._error is not None

    @property
    def empty(self) -> bool:
        """Whether every block that arrived has been taken."""
        return not self._blocks

    def feed(self, block: bytes) -> bool:
        """Take a block; returns whether the worker should wait."""
        if block:
            self._blocks.append(block)
            self._held += len(block)
            self._wake()
        return self._held > _HIGH_WATER

    def finish(self) -> None:
        self.finished = True
        self._end()

    def fail(self, error: ClustergraphError) -> None:
        """End in failure; what has arrived is dropped, so that nobody takes it for the whole."""
        if self.over:
            return
        self._error = error
        self._blocks.clear()
        self._end()

    def when_drained(self, call: Callable[[], None]) -> None:
        self._on_drained = call

    async def next(self) -> bytes | None:
        """The next block, or None after the last; raises the error that ended the answer."""
        while not self._blocks:
            if self._error is not None:
                raise self._error
            if self.finished:
                return None
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        block = self._blocks.popleft()
        self._held -= len(block)
        if self._held < _LOW_WATER and self._on_drained is not None:
            call, self._on_drained = self._on_drained, None
            call()
        return block

    def _end(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
        self._on_drained = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class WorkerLink(asyncio.Protocol):
    """The connection to one worker.

    `on_free` is called when an answer is complete and the worker can take another; `on_lost` when the
    connection has ended for any reason, a worker that left after its answer included; `dismiss` kills it.
    """

    def __init__(
        self,
        number: int,
        on_free: Callable[[WorkerLink], None],
        on_lost: Callable[[WorkerLink], None],
        dismiss: Callable[[WorkerLink], None],
    ) -> None:
        self.number = number
        self._dismiss = dismiss
        self.answered = 0
        self.status: asyncio.Future[int] | None = None
        self.exchange: Exchange | None = None
        self._on_free = on_free
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._gone = False

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._gone

    def ask(self, task: wire.Task, exchange: Exchange) -> None:
        """Send a query; its answer arrives at `exchange`."""
        self.exchange = exchange
        if self._transport is None or self._gone:
            exchange.fail(QueryCrashed("The worker has gone."))
            return
        self._transport.write(task.pack())

    def dismiss(self) -> None:
        """Have the worker killed and replaced, whatever it does."""
        self._dismiss(self)

    def hang_up(self) -> None:
        """End the connection now, without `on_free`."""
        self._gone = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        head = wire.FRAME.size
        while len(buffer) >= head and not self._gone:
            kind, length = wire.FRAME.unpack_from(buffer)
            if len(buffer) < head + length:
                return
            body = bytes(memoryview(buffer)[head : head + length])
            del buffer[: head + length]
            self._take(kind, body)

    def _take(self, kind: bytes, body: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            return
        if kind == wire.DATA:
            if exchange.feed(body) and self._transport is not None:
                self._transport.pause_reading()
                exchange.when_drained(self._resume)
            return
        # The last frame may have come along with the one that made this end wait.
        self._resume()
        self.exchange = None
        self.answered += 1
        # Last words are heard before the worker is offered to the next query.
        if kind in (wire.END, wire.LAST_END):
            exchange.feed(body)
            exchange.finish()
        else:
            exchange.fail(wire.error_from_json(json.loads(body)))
        if kind in (wire.LAST_END, wire.LAST_ERROR):
            self.hang_up()
        else:
            self._on_free(self)

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._gone = True
        self._on_lost(self)
