"""The front's end of one worker: queries out, frames in, one exchange at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final, cast

from clustergraph.engine import wire
from clustergraph.engine.exchange import Exchange
from clustergraph.errors import QueryCrashed

#: A reader that makes its worker wait for longer has the rest of its answer spooled.
PATIENCE_SECONDS: Final = 1.0


class WorkerLink(asyncio.Protocol):
    """The connection to one worker.

    `on_free` is called when an answer is complete and the worker can take another, and when a worker that was
    spawned can take its first; `on_lost` when the
    connection has ended for any reason, a worker that left after its answer included; `dismiss` kills it
    for the cause it is given. `dataset` is the identity of the dataset that the worker holds.
    """

    def __init__(
        self,
        number: int,
        on_free: Callable[[WorkerLink], None],
        on_lost: Callable[[WorkerLink], None],
        dismiss: Callable[[WorkerLink, str], None],
    ) -> None:
        self.number = number
        self.dataset = ""
        self.answered = 0
        self.status: asyncio.Future[int] | None = None
        self.exchange: Exchange | None = None
        self._on_free = on_free
        self._on_lost = on_lost
        self._dismiss = dismiss
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None
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

    def dismiss(self, cause: str) -> None:
        """Have the worker killed and replaced, whatever it does."""
        self._dismiss(self, cause)

    def hang_up(self) -> None:
        """End the connection now, without `on_free`."""
        self._gone = True
        self._stop_waiting()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        head = wire.FRAME.size
        if not buffer and len(data) >= head:
            # Nearly every answer is one frame that arrives in one piece.
            kind, length = wire.FRAME.unpack_from(data)
            if len(data) == head + length:
                self._take(kind, data[head:])
                return
        buffer += data
        while len(buffer) >= head and not self._gone:
            kind, length = wire.FRAME.unpack_from(buffer)
            if len(buffer) < head + length:
                return
            body = bytes(memoryview(buffer)[head : head + length])
            del buffer[: head + length]
            self._take(kind, body)

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == wire.READY:
            self._on_free(self)
            return
        exchange = self.exchange
        if exchange is None:
            return
        if kind == wire.DATA:
            if exchange.feed(body):
                self._wait_for_reader(exchange)
            return
        if kind == wire.CODED:
            exchange.coded = True
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

    def _wait_for_reader(self, exchange: Exchange) -> None:
        if self._transport is None or self._patience is not None:
            return
        self._transport.pause_reading()
        exchange.when_drained(self._resume)
        self._patience = exchange.loop.call_later(PATIENCE_SECONDS, self._spool, exchange)

    def _spool(self, exchange: Exchange) -> None:
        """Stop waiting for a slow reader: from now on its answer goes to disk."""
        self._patience = None
        if exchange is self.exchange and exchange.spool():
            self._resume()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _resume(self) -> None:
        self._stop_waiting()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._gone = True
        self._stop_waiting()
        self._on_lost(self)
