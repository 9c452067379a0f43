"""The zygote: a process with one thread that loads the dataset once and forks workers that share its memory.

Run by its owner as `python -m clustergraph.engine.zygote DESCRIPTOR PARENT`, with its end of a Unix stream
socket, the trunk, as DESCRIPTOR. It never evaluates a query, so it is always there to fork, to kill and to
bury. Over the trunk it gets the dataset and then channels: sockets to fronts, each of which has workers of
its own, known to it by numbers. A channel that ends takes its workers along; the zygote ends with its last
channel, or with the trunk, which ends with its owner.
"""

from __future__ import annotations

import errno
import gc
import os
import secrets
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import pyoxigraph as ox

from clustergraph.engine import disk, walls, wire, worker
from clustergraph.engine.dataset import DatasetSpec, load
from clustergraph.engine.inbox import Inbox
from clustergraph.errors import (
    ClustergraphError,
    EngineUnavailable,
    ReleaseUnavailable,
    StorageUnavailable,
    UnusableInput,
)

# A worker that reads quads copies the pages they stand in, for Oxigraph counts references in them. Measured
# at 1 million triples (a store of 354 MB): 13 KB for a look-up of something new, 80 to 150 MB for a scan of
# 100,000 rows, 275 MB for a scan of all. A fork and the end of a worker cost 8 ms together, but the first
# scan of a fresh worker takes three times as long as its next, for it is the one that copies.
#: The share of the dataset's memory that a worker may have touched and go on, and the least that is so.
_WEAR: Final = 1 / 16
_LEAST_WEAR: Final = 512 * 1024 * 1024
#: The same for a worker that has nothing to do: four of them hold a tenth of the dataset at most.
_IDLE_WEAR: Final = 1 / 50
_LEAST_IDLE_WEAR: Final = 4 * 1024 * 1024


def main() -> None:
    """Load the dataset that the owner describes, then fork and kill workers until nobody asks for any."""
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    walls.ignore_polite_signals()
    # While loading nothing watches the trunk, so the kernel does; later the trunk's end is enough, and does
    # not depend on which thread of the owner started this process.
    walls.die_with_parent(parent)
    trunk = socket.socket(fileno=descriptor)
    trunk.set_inheritable(False)
    orders = Inbox(trunk)
    order = orders.next()
    if order is None:
        return
    dataset = DatasetSpec.from_json(order["dataset"])
    try:
        opened = _opened(trunk, dataset)
        if opened is not None:
            # The store never changes again: keep the collector from touching pages that workers share.
            gc.collect()
            gc.freeze()
            walls.silence()
            walls.die_with_parent(parent, enabled=False)
            _Zygote(orders, opened).run()
    finally:
        if dataset.private is not None:
            shutil.rmtree(dataset.private, ignore_errors=True)


class _Opened:
    """A dataset that workers can be forked over: how a worker comes by the store, and what it holds.

    `descriptors` are those that a worker must not keep.
    """

    def __init__(
        self, open_store: Callable[[], ox.Store], quads: int, *, on_disk: bool, descriptors: tuple[int, ...]
    ) -> None:
        size = 0 if on_disk else walls.resident_memory()
        self.open_store = open_store
        self.quads = quads
        self.on_disk = on_disk
        # Oxigraph gives blank nodes new labels at each load, so answers of two loads may differ.
        self.load = secrets.token_urlsafe(9)
        self.descriptors = descriptors
        self.wear_bytes = max(_LEAST_WEAR, int(size * _WEAR))
        # What a worker over a disk holds is no copy of anything, so it may keep it.
        self.idle_wear_bytes = self.wear_bytes if on_disk else max(_LEAST_IDLE_WEAR, int(size * _IDLE_WEAR))


def _opened(trunk: socket.socket, dataset: DatasetSpec) -> _Opened | None:
    """Load the dataset and say so, or say why not and return None."""
    started = time.monotonic()
    try:
        if dataset.on_disk is None:
            store = load(dataset, progress=partial(_tell_progress, trunk))
            opened = _Opened(lambda: store, len(store), on_disk=False, descriptors=())
        else:
            opened = _on_disk(trunk, dataset, dataset.on_disk)
    except Exception as error:
        _report(trunk, dataset, error)
        return None
    seconds = round(time.monotonic() - started, 3)
    trunk.sendall(wire.pack({"ready": opened.quads, "seconds": seconds}))
    return opened


def _on_disk(trunk: socket.socket, dataset: DatasetSpec, place: Path) -> _Opened:
    try:
        place.parent.mkdir(mode=0o700 if dataset.private else 0o755, parents=True, exist_ok=True)
        if dataset.private is None:
            disk.sweep(place.parent, place.parent.parent / "releases")
        while True:
            claim = disk.Claim(place)
            quads = disk.quads_of(place)
            if quads is not None:
                break
            claim.release()
            _make_apart(trunk, dataset, place)
    except OSError as error:
        raise disk.storage_unavailable(place, error) from error
    return _Opened(partial(disk.open_store, place), quads, on_disk=True, descriptors=(claim.descriptor,))


def _make_apart(trunk: socket.socket, dataset: DatasetSpec, place: Path) -> None:
    """Make the store in a process of its own, so that this one has no threads; ends as that one ended."""
    zygote = os.getpid()
    maker = os.fork()
    if maker == 0:
        status = 1
        try:
            walls.die_with_parent(zygote)
            try:
                disk.make(dataset, place, partial(_tell_progress, trunk))
                status = 0
            except Exception as error:
                _report(trunk, dataset, error)
        finally:
            os._exit(status)
    _, status = os.waitpid(maker, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        os.kill(zygote, -code)
    if code != 0:
        _leave(code)


def _leave(code: int) -> NoReturn:
    """End after a maker that has said why."""
    raise SystemExit(code)


def _tell_progress(trunk: socket.socket, path: str) -> None:
    trunk.sendall(wire.pack({"loading": path}))


def _report(trunk: socket.socket, dataset: DatasetSpec, error: Exception) -> None:
    told: ClustergraphError
    if isinstance(error, UnusableInput) and dataset.release is not None:
        told = ReleaseUnavailable(
            f"The release {dataset.release} is damaged: {error.what}",
            fix="Build it again with clustergraph build.",
        )
    elif isinstance(error, UnusableInput | StorageUnavailable):
        told = error
    elif isinstance(error, MemoryError):
        told = EngineUnavailable("There is not enough memory to load the dataset.")
    else:
        told = EngineUnavailable(f"The dataset could not be loaded: {error}")
    trunk.sendall(wire.pack({"failed": wire.error_to_json(told)}))


class _Channel:
    """One front: its orders, its limits and its workers by the numbers it gave them."""

    def __init__(self, orders: Inbox, limits: wire.Limits) -> None:
        self.orders = orders
        self.limits = limits
        self.workers: dict[int, int] = {}
        self.ended = False

    def tell(self, message: dict[str, Any]) -> None:
        # A front that does not read cannot hold up the others; it loses its workers.
        try:
            self.orders.source.send(wire.pack(message), socket.MSG_DONTWAIT)
        except OSError:
            self.ended = True


class _Zygote:
    """Forks, kills and buries the workers of all channels."""

    def __init__(self, trunk: Inbox, opened: _Opened) -> None:
        self._trunk = trunk
        self._opened = opened
        self._wakeup = os.pipe()
        self._channels: dict[int, _Channel] = {}
        self._owners: dict[int, tuple[_Channel, int]] = {}

    def run(self) -> None:
        reader, writer = self._wakeup
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        trunk = self._trunk.source.fileno()
        self._poll = select.poll()
        for descriptor in (trunk, reader):
            self._poll.register(descriptor, select.POLLIN)
        here = True
        while here:
            ready = [descriptor for descriptor, _ in self._poll.poll()]
            if reader in ready:
                with suppress(BlockingIOError):
                    os.read(reader, 4096)
            self._bury()
            for descriptor in ready:
                if descriptor in self._channels:
                    self._hear(self._channels[descriptor])
            if trunk in ready:
                here = self._trunk.receive()
                while (order := self._trunk.pending()) is not None:
                    self._attach(wire.Limits(**order["attach"]))
            here = self._settle() and here
        for process in self._owners:
            os.kill(process, signal.SIGKILL)
        for process in self._owners:
            os.waitpid(process, 0)

    def _attach(self, limits: wire.Limits) -> None:
        orders = Inbox(socket.socket(fileno=self._trunk.descriptors.popleft()))
        channel = _Channel(orders, limits)
        self._channels[orders.source.fileno()] = channel
        self._poll.register(orders.source, select.POLLIN)
        channel.tell(
            {
                "ready": self._opened.quads,
                "process": os.getpid(),
                "idle_wear_bytes": self._opened.idle_wear_bytes,
                "load": self._opened.load,
            }
        )

    def _hear(self, channel: _Channel) -> None:
        if not channel.orders.receive():
            channel.ended = True
            return
        while (order := channel.orders.pending()) is not None:
            if "fork" in order:
                self._fork(channel, order["fork"])
            elif "kill" in order and order["kill"] in channel.workers:
                # Only this process buries workers, so the number cannot belong to another process by now.
                os.kill(channel.workers[order["kill"]], signal.SIGKILL)

    def _settle(self) -> bool:
        """Kill the workers of channels that ended, let go of those that have none left; False after the last.

        A front that waits for the end of its workers reads `closed`: how many other channels there are.
        """
        settled = False
        for descriptor, channel in list(self._channels.items()):
            if not channel.ended:
                continue
            with suppress(KeyError):
                self._poll.unregister(descriptor)
            for process in channel.workers.values():
                os.kill(process, signal.SIGKILL)
            if not channel.workers:
                settled = True
                del self._channels[descriptor]
                channel.tell({"closed": len(self._channels)})
                channel.orders.close()
        return bool(self._channels) or not settled

    def _fork(self, channel: _Channel, number: int) -> None:
        link = socket.socket(fileno=channel.orders.descriptors.popleft())
        zygote = os.getpid()
        try:
            process = os.fork()
        except OSError as error:
            link.close()
            channel.tell({"unforked": number, "why": os.strerror(error.errno or errno.EAGAIN)})
            return
        if process == 0:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self._close_all()
                opened = self._opened
                place = worker.Place(
                    opened.open_store,
                    channel.limits,
                    on_disk=opened.on_disk,
                    wear_bytes=opened.wear_bytes,
                )
                worker.run(link, place, zygote)
            finally:
                os._exit(70)
        link.close()
        channel.workers[number] = process
        self._owners[process] = channel, number
        channel.tell({"forked": number, "process": process})

    def _close_all(self) -> None:
        """In a worker: what belongs to the zygote, so that its end is seen by those it is connected to."""
        self._trunk.close()
        for channel in self._channels.values():
            channel.orders.close()
        for descriptor in (*self._wakeup, *self._opened.descriptors):
            os.close(descriptor)

    def _bury(self) -> None:
        while self._owners:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            channel, number = self._owners.pop(process)
            del channel.workers[number]
            channel.tell({"exited": number, "status": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
