"""The front's side of the zygote: starts the process, talks to it, and buries it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import clustergraph
from clustergraph.engine import wire
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.errors import EngineUnavailable

_PACKAGE_ROOT: Final = Path(clustergraph.__file__).resolve().parent.parent
#: How long a zygote may take to bury its workers and end, once its socket is closed.
_FAREWELL_SECONDS: Final = 3.0
_LAST_WORDS: Final = 300


class Nursery:
    """A zygote process and the socket to it. Create it in the thread of the event loop that uses it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        # -P: the directory a server is started in must not be able to shadow a module.
        command = [
            sys.executable,
            "-P",
            "-m",
            "clustergraph.engine.zygote",
            str(theirs.fileno()),
            str(os.getpid()),
        ]
        path = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the interpreter itself, with our own arguments
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
            )
        except OSError as error:
            self._control.close()
            raise EngineUnavailable(
                f"The process that loads the dataset cannot be started: {error}."
            ) from error
        finally:
            theirs.close()
        self._writer: asyncio.StreamWriter | None = None
        self._loading: str | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def load(self, dataset: DatasetSpec, limits: wire.Limits) -> int:
        """Have the dataset loaded; returns the number of quads.

        Raises UnusableInput or ReleaseUnavailable as the zygote reports them, EngineUnavailable if it dies.
        """
        self._reader, self._writer = await asyncio.open_unix_connection(sock=self._control.dup())
        order = wire.pack({"dataset": dataset.as_json(), "limits": asdict(limits)})
        try:
            await asyncio.get_running_loop().sock_sendall(self._control, order)
            while True:
                message = await self.message()
                if "loading" in message:
                    self._loading = message["loading"]
                elif "failed" in message:
                    raise wire.error_from_json(message["failed"])
                else:
                    return int(message["ready"])
        except (EOFError, OSError):
            raise await self._stillborn() from None

    async def _stillborn(self) -> EngineUnavailable:
        status = await asyncio.to_thread(self._process.wait)
        words = (
            self._process.stderr.read().decode(errors="replace").split("\n") if self._process.stderr else []
        )
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        last = next((line.strip() for line in reversed(words) if line.strip()), "")[:_LAST_WORDS]
        return EngineUnavailable(
            f"The process that loads the dataset {how}{f' ({last})' if last else ''}.",
            where=self._loading,
            fix="Check that the file is what its ending says, and that there is memory enough for it.",
        )

    async def message(self) -> dict[str, Any]:
        """The next message of the zygote; raises EOFError or OSError when it has gone."""
        length = wire.LENGTH.unpack(await self._reader.readexactly(wire.LENGTH.size))[0]
        message: dict[str, Any] = json.loads(await self._reader.readexactly(length))
        return message

    def order(self, order: dict[str, Any], *descriptors: int) -> bool:
        """Send an order without waiting; False where the zygote has gone or takes no orders any more."""
        data = wire.pack(order)
        try:
            if not descriptors:
                return self._control.send(data) == len(data)
            return socket.send_fds(self._control, [data], list(descriptors)) == len(data)
        except OSError:
            return False

    def kill(self) -> None:
        """End the zygote at once; the kernel ends its workers (`walls.die_with_parent`)."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def aclose(self, workers: Iterable[int] = ()) -> None:
        """End the zygote and wait for it; `workers` are the processes that may outlive it for an instant."""
        if self._writer is not None:
            self._writer.close()
        # The dup shares the connection: only a shutdown ends it for both.
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            await asyncio.to_thread(self._process.wait, _FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        if self._process.stderr is not None:
            self._process.stderr.close()
        for worker in workers:
            await asyncio.to_thread(_bury_adopted, worker)


def _bury_adopted(process: int) -> None:
    """Reap a worker that became a child of this process because it is the init of its container."""
    with suppress(ChildProcessError):
        os.waitpid(process, 0)
