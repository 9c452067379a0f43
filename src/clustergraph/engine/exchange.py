"""One query under way: the blocks of its answer between the worker that writes and the reader that takes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from clustergraph.engine.base import QueryRequest
from clustergraph.engine.spool import Spool, SpoolSpace
from clustergraph.errors import ClustergraphError

# A reader that is slower than its worker holds this much in the front, and the worker waits.
_HIGH_WATER: Final = 512 * 1024
_LOW_WATER: Final = 128 * 1024


class Exchange:
    """One query and the blocks of its answer that have arrived and are not yet taken.

    `started` is the loop's time at which a worker got the query, `seconds` its deadline from then on. `coded`
    is set, before the first block, where the blocks are in the content coding that was asked for.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        request: QueryRequest | None = None,
        *,
        number: int = 0,
        seconds: float = 0.0,
        space: SpoolSpace | None = None,
    ) -> None:
        self.loop = loop
        self.request = request
        self.number = number
        self.seconds = seconds
        self.started = loop.time()
        self.streaming = False
        self.coded = False
        self.finished = False
        self.deadline: asyncio.TimerHandle | None = None
        self._space = space
        self._spool: Spool | None = None
        self._blocks: deque[bytes] = deque()
        self._held = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: ClustergraphError | None = None
        self._on_drained: Callable[[], None] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will arrive."""
        return self.finished or self._error is not None

    @property
    def empty(self) -> bool:
        """Whether every block that arrived has been taken."""
        return not self._blocks and not self._spool

    def feed(self, block: bytes) -> bool:
        """Take a block; returns whether the worker should wait."""
        if not block or self._error is not None:
            return False
        if self._spool is not None and self._spooled(self._spool, block):
            self._wake()
            return False
        self._blocks.append(block)
        self._held += len(block)
        self._wake()
        return self._held > _HIGH_WATER

    def spool(self) -> bool:
        """Keep on disk what the reader has not taken; False where there is no room for it."""
        if self._space is None or self.over:
            return False
        try:
            spool = self._spool or Spool(self._space)
            while self._blocks and spool.append(self._blocks[0]):
                self._held -= len(self._blocks.popleft())
        except OSError:
            return False
        self._spool = spool
        return not self._blocks

    def _spooled(self, spool: Spool, block: bytes) -> bool:
        # What waits in memory is younger than what is on disk, so nothing may overtake it.
        try:
            return not self._blocks and spool.append(block)
        except OSError:
            return False

    def finish(self) -> None:
        self.finished = True
        self._end()

    def fail(self, error: ClustergraphError) -> None:
        """End in failure; what has arrived is dropped, so that nobody takes it for the whole."""
        if self.over:
            return
        self._error = error
        self._blocks.clear()
        self.close()
        self._end()

    def close(self) -> None:
        """Give back the disk space of what nobody will take."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def when_drained(self, call: Callable[[], None]) -> None:
        self._on_drained = call

    async def next(self) -> bytes | None:
        """The next block, or None after the last; raises the error that ended the answer."""
        while self.empty:
            if self._error is not None:
                raise self._error
            if self.finished:
                return None
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._spool:
            return self._spool.pop()
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
