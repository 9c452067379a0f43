"""A front's end of its connection to a zygote, and where such connections come from."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

from clustergraph.engine import wire
from clustergraph.engine.dataset import DatasetSpec

#: How long a zygote may take to bury the workers of a channel once the front has closed it.
FAREWELL_SECONDS: Final = 3.0
#: How long a zygote that holds its dataset may take to say so on a new channel.
_GREETING_SECONDS: Final = 5.0


class Channel:
    """One front's connection to a zygote that holds a dataset.

    `quads` is the size of the dataset, `pid` the zygote, `load` names this load of the dataset. A worker that
    has touched more than `idle_wear_bytes` of memory should be replaced when it has nothing to do. Where they
    are `spawned` each says on its link when it can take its first query; a fork can at once.
    """

    def __init__(
        self, control: socket.socket, when_closed: Callable[[int | None], Awaitable[None]] | None = None
    ) -> None:
        """`when_closed` is awaited at the end with the number of other channels, None where not told."""
        self._control = control
        self._control.setblocking(False)
        self._when_closed = when_closed
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._others: int | None = None
        self._handle: int | None = None
        self.quads = 0
        self.pid = 0
        self.load = ""
        self.spawned = False
        self.idle_wear_bytes = 0

    async def begin(self) -> bool:
        """Wait until the zygote answers; False where it has gone, and then the channel is closed."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._control.dup())
        self._reading = asyncio.get_running_loop().create_task(self._read(reader))
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                hello = await self.message()
        except (EOFError, TimeoutError):
            await self.aclose()
            return False
        except BaseException:
            await self.aclose()
            raise
        self.pid = hello["process"]
        self._handle = _handle(self.pid)
        self.quads = hello["ready"]
        self.load = hello["load"]
        self.spawned = hello["spawned"]
        self.idle_wear_bytes = hello["idle_wear_bytes"]
        return True

    async def message(self) -> dict[str, Any]:
        """The next message of the zygote; raises EOFError when it has gone."""
        message = await self._messages.get()
        if message is None:
            self._messages.put_nowait(None)
            raise EOFError
        return message

    def order(self, order: dict[str, Any], *descriptors: int) -> bool:
        """Send an order without waiting; False where the zygote has gone or takes no orders any more."""
        return send_message(self._control, order, *descriptors)

    def kill(self) -> None:
        """End the zygote at once, for every front; the kernel ends its workers (`walls.die_with_parent`)."""
        with suppress(ProcessLookupError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self.pid and not self._reading.done():
                os.kill(self.pid, signal.SIGKILL)

    async def aclose(self, workers: Iterable[int] = ()) -> None:
        """End the workers of this channel and wait for that; the zygote ends with its last channel.

        `workers` are the processes that may outlive a zygote for an instant.
        """
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        _, late = await asyncio.wait([self._reading], timeout=FAREWELL_SECONDS)
        if late:
            self.kill()
        self._close()
        await self._reading
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._when_closed is not None:
            await self._when_closed(self._others)
        for worker in workers:
            await asyncio.to_thread(_bury_adopted, worker)

    def _close(self) -> None:
        self._writer.close()
        # The dup shares the connection: only a shutdown ends it for both.
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(EOFError, OSError):
            while True:
                message = await wire.read_message(reader)
                if "closed" in message:
                    self._others = message["closed"]
                else:
                    self._messages.put_nowait(message)
        self._messages.put_nowait(None)


class Zygotes(Protocol):
    """Where a front gets zygotes from."""

    async def open(self, dataset: DatasetSpec, limits: wire.Limits) -> Channel:
        """A channel to a zygote that holds the dataset.

        Raises UnusableInput or ReleaseUnavailable where the dataset cannot be loaded, StorageUnavailable
        where its store cannot be kept on disk, EngineUnavailable where processes cannot be started or die.
        """
        ...


def send_message(target: socket.socket, message: dict[str, Any], *descriptors: int) -> bool:
    """Send a message without waiting; False where the other side has gone or does not read."""
    data = wire.pack(message)
    try:
        if not descriptors:
            return target.send(data) == len(data)
        return socket.send_fds(target, [data], list(descriptors)) == len(data)
    except OSError:
        return False


def _handle(process: int) -> int | None:
    """What signals are sent through, so that none can reach another process that got the same number."""
    with suppress(OSError, AttributeError):
        return os.pidfd_open(process)
    return None


def _bury_adopted(process: int) -> None:
    """Reap a worker that became a child of this process because it is the init of its container."""
    with suppress(ChildProcessError):
        os.waitpid(process, 0)
