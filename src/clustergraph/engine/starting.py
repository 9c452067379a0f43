"""How a zygote comes by other processes: forks of itself, or programs that it starts anew.

A fork shares the memory of the zygote, and the store in it. A program (`errand`) shares nothing, so it works
over a store on disk only: it gets a Unix stream socket, and over that what to do and the descriptors for it.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from clustergraph.engine import opening, walls, wire, worker
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.opening import Opened


def fork_maker(trunk: socket.socket, dataset: DatasetSpec, place: Path) -> int:
    """Fork a process that makes the store of a dataset at a place; its identifier. Raises OSError."""
    zygote = os.getpid()
    maker = os.fork()
    if maker == 0:
        status = 1
        try:
            walls.die_with_parent(zygote)
            status = opening.make(trunk, dataset, place)
        finally:
            os._exit(status)
    return maker


def spawn_maker(trunk: socket.socket, dataset: DatasetSpec, place: Path) -> int:
    """Start a program that makes the store of a dataset at a place; its identifier. Raises OSError."""
    errand = _Errand.begin()
    with errand.orders:
        errand.send({"make": dataset.as_json(), "place": str(place)}, trunk.fileno())
    return errand.process


class Workers(Protocol):
    """Where the workers of a zygote come from.

    `spares` are child processes that are no workers; whoever buries one of them takes it out.
    """

    spares: set[int]

    def start(self, link: socket.socket, limits: wire.Limits) -> int:
        """Start a worker that answers over `link`, within limits; its identifier. Raises OSError."""
        ...


class ForkedWorkers:
    """Workers that are forks of this process, without any spare: a fork takes milliseconds.

    `leave` is called in each worker first: what of the zygote's it must let go of.
    """

    def __init__(self, opened: Opened, leave: Callable[[], None]) -> None:
        self.spares: set[int] = set()
        self._opened = opened
        self._leave = leave

    def start(self, link: socket.socket, limits: wire.Limits) -> int:
        """Fork a worker, as `Workers.start` describes it."""
        zygote = os.getpid()
        process = os.fork()
        if process == 0:
            try:
                self._leave()
                opened = self._opened
                place = worker.Place(
                    opened.open_store,
                    limits,
                    on_disk=opened.place is not None,
                    wear_bytes=opened.wear_bytes,
                )
                worker.run(link, place, zygote)
            finally:
                os._exit(70)
        return process


class SpawnedWorkers:
    """Workers that are programs of their own over a store on disk.

    Python takes a while to start, so one process is always started ahead and has opened the store when it
    becomes a worker. A spare that dies is replaced with the next worker, not before: what kills it may last.
    """

    def __init__(self, opened: Opened) -> None:
        self.spares: set[int] = set()
        self._opened = opened
        self._spare: _Errand | None = None
        self._prepare()

    def start(self, link: socket.socket, limits: wire.Limits) -> int:
        """Have the spare be a worker and start another, as `Workers.start` describes it."""
        order = {"work": asdict(limits), "wear_bytes": self._opened.wear_bytes}
        errand = self._spare or self._begun()
        self._spare = None
        try:
            errand.send(order, link.fileno())
        except BrokenPipeError:
            errand.orders.close()
            errand = self._begun()
            errand.send(order, link.fileno())
        errand.orders.close()
        self.spares.discard(errand.process)
        self._prepare()
        return errand.process

    def _prepare(self) -> None:
        """Start a spare; where that fails, the start of the next worker tries and tells."""
        try:
            self._spare = self._begun()
        except OSError:
            self._spare = None

    def _begun(self) -> _Errand:
        errand = _Errand.begin()
        self.spares.add(errand.process)
        errand.send({"open": str(self._opened.place)})
        return errand


class _Errand(NamedTuple):
    """A program that was started and waits for what it is to do."""

    process: int
    orders: socket.socket

    @staticmethod
    def begin() -> _Errand:
        ours, theirs = socket.socketpair()
        # -P: the directory a server is started in must not be able to shadow a module.
        command = [sys.executable, "-P", "-m", "clustergraph.engine.errand"]
        try:
            # This process has one thread, so nothing else is started meanwhile that would inherit it.
            theirs.set_inheritable(True)
            process = os.posix_spawn(
                sys.executable, [*command, str(theirs.fileno()), str(os.getpid())], os.environ
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return _Errand(process, ours)

    def send(self, order: dict[str, Any], *descriptors: int) -> None:
        data = wire.pack(order)
        if descriptors:
            data = data[socket.send_fds(self.orders, [data], [*descriptors]) :]
        # Who has got all of it may have closed its end by now, where even nothing cannot be sent.
        if data:
            self.orders.sendall(data)
