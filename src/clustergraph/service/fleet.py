"""The other front processes of a service: started, replaced when they die, ended with the first.

Each speaks HTTP on the same port and has workers of its own, started by the one zygote that the first front
owns; it asks the first for a connection to it over the socket it was started with.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import clustergraph
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.service.editions import Editions
from clustergraph.service.responses import LOG
from clustergraph.settings import Settings

_PACKAGE_ROOT: Final = Path(clustergraph.__file__).resolve().parent.parent
_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 10.0
_FAREWELL_SECONDS: Final = 8.0
#: A front that lived this long was sound; the next is started at once.
_SOUND_SECONDS: Final = 30.0


class Fleet:
    """Front processes 1 to `settings.processes` − 1 over what `editions` and `dataset` say is served now."""

    def __init__(
        self,
        listener: socket.socket,
        settings: Settings,
        zygotes: OwnZygotes,
        editions: Editions,
        dataset: Callable[[], DatasetSpec],
    ) -> None:
        self._listener = listener
        self._settings = settings
        self._zygotes = zygotes
        self._editions = editions
        self._dataset = dataset
        self._keepers: list[asyncio.Task[None]] = []
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    async def start(self) -> None:
        """Start every other front; they answer as soon as they are up."""
        for front in range(1, self._settings.processes):
            self._keepers.append(asyncio.create_task(self._keep(front)))

    async def aclose(self) -> None:
        """End every other front, within some seconds."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                await asyncio.to_thread(process.wait, _FAREWELL_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        self._processes.clear()

    async def _keep(self, front: int) -> None:
        """Keep one front running; one that dies young is replaced ever more slowly."""
        loop = asyncio.get_running_loop()
        wait = _FIRST_WAIT_SECONDS
        while True:
            started = loop.time()
            await self._run(front)
            wait = _FIRST_WAIT_SECONDS if loop.time() - started > _SOUND_SECONDS else wait
            LOG.error("Front %d has ended; another is started in %.1f s.", front, wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    async def _run(self, front: int) -> None:
        """Start a front and lend it connections to the zygote until it has gone."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._processes[front] = self._spawn(front, theirs)
            await self._zygotes.lend(ours)
        # The socket ends with the process, or before it where that is shutting down.
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._processes[front].wait, _FAREWELL_SECONDS)

    def _spawn(self, front: int, zygotes: socket.socket) -> subprocess.Popen[bytes]:
        release = self._editions.current.release
        order = {
            "settings": self._settings.model_dump(mode="json"),
            "front": front,
            "owner": os.getpid(),
            "listener": self._listener.fileno(),
            "zygotes": zygotes.fileno(),
            "release": None if release is None else str(release.directory),
            "dataset": self._dataset().as_json(),
        }
        path = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            # -P: the directory a server is started in must not be able to shadow a module.
            [sys.executable, "-P", "-m", "clustergraph.service.front"],
            pass_fds=[self._listener.fileno(), zygotes.fileno()],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        if process.stdin is not None:
            with process.stdin as stream:
                stream.write(json.dumps(order).encode())
        return process
