"""Zygotes that this process starts: one a dataset, shared by every channel to it, and lent to others."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from clustergraph.engine import wire
from clustergraph.engine.channel import FAREWELL_SECONDS, Channel, send_message
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.inbox import Inbox
from clustergraph.engine.spawn import Spawned, spawn_zygote
from clustergraph.errors import ClustergraphError, EngineUnavailable

_LAST_WORDS: Final = 300
#: A zygote may end between its last channel and the next one; then it is loaded once more.
_ATTEMPTS: Final = 3


class OwnZygotes:
    """Zygotes started by this process, one for each identity of a dataset.

    One is loaded once, however many open it at the same time; one that died is loaded again at the next
    opening; one to which no channel is open any more ends by itself. All of them end with this process.
    """

    def __init__(self, spare: Spawned | None = None) -> None:
        """`spare` is a process that was started early, for the dataset that is expected first."""
        self._spare = spare
        self._expected: str | None = None
        self._zygotes: dict[str, _Zygote] = {}

    def expect(self, dataset: DatasetSpec) -> None:
        """Have the spare process load a dataset already, which will be opened when there is an event loop."""
        if self._spare is not None:
            self._spare.load(dataset)
            self._expected = dataset.identity

    async def open(self, dataset: DatasetSpec, limits: wire.Limits) -> Channel:
        """A channel to the zygote of a dataset, as `channel.Zygotes.open` describes it."""
        for _ in range(_ATTEMPTS):
            zygote, ours = await self._attached(dataset, limits)
            channel = Channel(ours, zygote.farewell)
            if await channel.begin():
                return channel
        raise _short_lived()

    async def lend(self, front: socket.socket) -> None:
        """Serve another front, which has a `LentZygotes` at the other end, until it has gone."""
        loop = asyncio.get_running_loop()
        front.setblocking(False)
        inbox = Inbox(front)
        lending: set[asyncio.Task[None]] = set()
        try:
            while await _arrived(loop, inbox):
                while (request := inbox.pending()) is not None:
                    task = loop.create_task(self._lend_one(front, request))
                    lending.add(task)
                    task.add_done_callback(lending.discard)
        finally:
            for task in lending:
                task.cancel()
            await asyncio.gather(*lending, return_exceptions=True)
            inbox.close()

    async def _lend_one(self, front: socket.socket, request: dict[str, Any]) -> None:
        try:
            limits = wire.Limits(**request["limits"])
            _, ours = await self._attached(DatasetSpec.from_json(request["dataset"]), limits)
        except ClustergraphError as error:
            send_message(front, {"refused": request["open"], "failed": wire.error_to_json(error)})
            return
        with ours:
            send_message(front, {"opened": request["open"]}, ours.fileno())

    async def _attached(self, dataset: DatasetSpec, limits: wire.Limits) -> tuple[_Zygote, socket.socket]:
        for _ in range(_ATTEMPTS):
            zygote = self._zygotes.get(dataset.identity)
            if zygote is None:
                zygote = _Zygote(dataset, self._spawned(dataset), self._ended)
                self._zygotes[dataset.identity] = zygote
            await zygote.loaded()
            ours, theirs = socket.socketpair()
            with theirs:
                if zygote.attach(limits, theirs):
                    return zygote, ours
            ours.close()
            await zygote.gone()
        raise _short_lived()

    def _spawned(self, dataset: DatasetSpec) -> Spawned:
        """A process that loads the dataset."""
        if self._spare is not None and self._expected == dataset.identity:
            spawned, self._spare = self._spare, None
        else:
            spawned = spawn_zygote()
            spawned.load(dataset)
        return spawned

    def _ended(self, zygote: _Zygote) -> None:
        if self._zygotes.get(zygote.dataset.identity) is zygote:
            del self._zygotes[zygote.dataset.identity]


class _Zygote:
    """One zygote process and the trunk to it. To be created in the event loop that uses it."""

    def __init__(self, dataset: DatasetSpec, spawned: Spawned, on_end: Callable[[_Zygote], None]) -> None:
        self.dataset = dataset
        self._on_end = on_end
        self._trunk, self._process = spawned
        self._loading: str | None = None
        self._waiting = 0
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[ClustergraphError | None] = loop.create_future()
        self._life = loop.create_task(self._live())

    async def loaded(self) -> None:
        """Wait until the dataset is loaded or raise why it cannot be; a load nobody awaits is given up."""
        self._waiting += 1
        try:
            error = await asyncio.shield(self._outcome)
        finally:
            self._waiting -= 1
            if not self._outcome.done() and self._waiting == 0:
                self.kill()
                await self.gone()
        if error is not None:
            await self.gone()
            raise error

    def attach(self, limits: wire.Limits, channel: socket.socket) -> bool:
        """Give the zygote its end of a new channel; False where it has gone."""
        return send_message(self._trunk, {"attach": asdict(limits)}, channel.fileno())

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def gone(self) -> None:
        """Wait until the process has gone; one that was told to end and does not is killed."""
        _, late = await asyncio.wait([self._life], timeout=FAREWELL_SECONDS)
        if late:
            self.kill()
            await asyncio.shield(self._life)

    async def farewell(self, others: int | None) -> None:
        """Wait for the end of the process where a channel that was closed was its last one."""
        if not others:
            await self.gone()

    async def _live(self) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=self._trunk.dup())
        outcome: ClustergraphError | None = None
        try:
            while True:
                message = await wire.read_message(reader)
                if "loading" in message:
                    self._loading = message["loading"]
                elif "failed" in message:
                    outcome = wire.error_from_json(message["failed"])
                else:
                    self._outcome.set_result(None)
        except (EOFError, OSError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                self._trunk.shutdown(socket.SHUT_RDWR)
            self._trunk.close()
        status = await asyncio.to_thread(self._process.wait)
        if not self._outcome.done():
            self._outcome.set_result(outcome or self._stillborn(status))
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self.dataset.private is not None:
            await asyncio.to_thread(shutil.rmtree, self.dataset.private, True)
        self._on_end(self)

    def _stillborn(self, status: int) -> EngineUnavailable:
        stderr = self._process.stderr
        words = stderr.read().decode(errors="replace").split("\n") if stderr else []
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        last = next((line.strip() for line in reversed(words) if line.strip()), "")[:_LAST_WORDS]
        return EngineUnavailable(
            f"The process that loads the dataset {how}{f' ({last})' if last else ''}.",
            where=self._loading,
            fix="Check that the file is what its ending says, and that there is memory enough for it.",
        )


async def _arrived(loop: asyncio.AbstractEventLoop, inbox: Inbox) -> bool:
    """Wait for more of another front; False when it has gone."""
    readable = loop.create_future()

    def note() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(inbox.source, note)
    try:
        await readable
    finally:
        loop.remove_reader(inbox.source)
    with suppress(BlockingIOError):
        return inbox.receive()
    return True


def _short_lived() -> EngineUnavailable:
    return EngineUnavailable(
        "The process that holds the dataset ended as soon as it had started.",
        fix="Check that there is memory enough for the dataset.",
    )
