"""Zygotes that another front process has started and lends to this one."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import asdict
from typing import Any, Final

from clustergraph.engine import wire
from clustergraph.engine.channel import Channel, send_message
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.inbox import Inbox
from clustergraph.errors import ClustergraphError, EngineUnavailable

_ATTEMPTS: Final = 3


class LentZygotes:
    """Zygotes asked of the first front over a Unix stream socket, which serves it with `OwnZygotes.lend`.

    They end with the first front; a channel to one then ends, and none can be opened any more.
    """

    def __init__(self, front: socket.socket) -> None:
        front.setblocking(False)
        self._inbox = Inbox(front)
        self._asked: dict[int, asyncio.Future[socket.socket]] = {}
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gone = False

    async def open(self, dataset: DatasetSpec, limits: wire.Limits) -> Channel:
        """A channel to the zygote of a dataset, as `channel.Zygotes.open` describes it."""
        self._listen()
        for _ in range(_ATTEMPTS):
            self._count += 1
            number = self._count
            answer = self._asked[number] = asyncio.get_running_loop().create_future()
            request = {"open": number, "dataset": dataset.as_json(), "limits": asdict(limits)}
            try:
                if self._gone or not send_message(self._inbox.source, request):
                    raise _lender_gone()
                control = await answer
            finally:
                del self._asked[number]
            channel = Channel(control)
            if await channel.begin():
                return channel
        raise EngineUnavailable("The process that holds the dataset ended as soon as it had started.")

    def close(self) -> None:
        """Ask for nothing any more; channels that are open stay so."""
        if self._loop is not None and not self._gone:
            self._loop.remove_reader(self._inbox.source)
        self._gone = True
        self._inbox.close()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop and not self._gone:
            self._loop = loop
            loop.add_reader(self._inbox.source, self._hear)

    def _hear(self) -> None:
        try:
            here = self._inbox.receive()
        except BlockingIOError:
            return
        while (message := self._inbox.pending()) is not None:
            self._take(message)
        if not here:
            self.close()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(_lender_gone())

    def _take(self, message: dict[str, Any]) -> None:
        if "refused" in message:
            answer = self._asked.get(message["refused"])
            if answer is not None and not answer.done():
                answer.set_exception(wire.error_from_json(message["failed"]))
            return
        descriptor = self._inbox.descriptors.popleft()
        answer = self._asked.get(message["opened"])
        if answer is None or answer.done():
            os.close(descriptor)
        else:
            answer.set_result(socket.socket(fileno=descriptor))


def _lender_gone() -> ClustergraphError:
    return EngineUnavailable(
        "The front process that holds the datasets has gone.", fix="Start the service again."
    )
