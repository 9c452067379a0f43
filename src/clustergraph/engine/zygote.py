"""The zygote: a process with one thread that opens the dataset once and starts the workers over it.

Run by its owner as `python -m clustergraph.engine.zygote DESCRIPTOR PARENT`, with its end of a Unix stream
socket, the trunk, as DESCRIPTOR. It never evaluates a query, so it is always there to start, to kill and to
bury. Workers are its forks and share its memory, or programs of their own over a store on disk (`starting`).
Over the trunk it gets the dataset and then channels: sockets to fronts, each of which has workers of its own,
known to it by numbers. A channel that ends takes its workers along; the zygote ends with its last channel, or
with the trunk, which ends with its owner.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import shutil
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from clustergraph.engine import walls, wire
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.inbox import Inbox
from clustergraph.engine.opening import Opened, opened
from clustergraph.engine.starting import ForkedWorkers, SpawnedWorkers, Workers, fork_maker, spawn_maker


def main() -> None:
    """Open the dataset that the owner describes, then start and kill workers until nobody asks for any."""
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
        found = opened(trunk, dataset, spawn_maker if dataset.spawned else fork_maker)
        if found is not None:
            # The store never changes again: keep the collector from touching pages that workers share.
            gc.collect()
            gc.freeze()
            walls.silence()
            walls.die_with_parent(parent, enabled=False)
            _Zygote(orders, found, spawned=dataset.spawned).run()
    finally:
        if dataset.private is not None:
            shutil.rmtree(dataset.private, ignore_errors=True)


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
    """Starts, kills and buries the workers of all channels."""

    def __init__(self, trunk: Inbox, opened: Opened, *, spawned: bool) -> None:
        self._trunk = trunk
        self._opened = opened
        self._spawned = spawned
        self._workers: Workers = (
            SpawnedWorkers(opened) if spawned else ForkedWorkers(opened, self._become_worker)
        )
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
        processes = {*self._owners, *self._workers.spares}
        for process in processes:
            os.kill(process, signal.SIGKILL)
        for process in processes:
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
                "spawned": self._spawned,
            }
        )

    def _hear(self, channel: _Channel) -> None:
        if not channel.orders.receive():
            channel.ended = True
            return
        while (order := channel.orders.pending()) is not None:
            if "fork" in order:
                self._start(channel, order["fork"])
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

    def _start(self, channel: _Channel, number: int) -> None:
        with socket.socket(fileno=channel.orders.descriptors.popleft()) as link:
            try:
                process = self._workers.start(link, channel.limits)
            except OSError as error:
                channel.tell({"unforked": number, "why": os.strerror(error.errno or errno.EAGAIN)})
                return
        channel.workers[number] = process
        self._owners[process] = channel, number
        channel.tell({"forked": number, "process": process})

    def _become_worker(self) -> None:
        """In a fork: let go of what belongs to the zygote, so that its end is seen by those it talks to."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._trunk.close()
        for channel in self._channels.values():
            channel.orders.close()
        for descriptor in (*self._wakeup, *self._opened.descriptors):
            os.close(descriptor)

    def _bury(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            self._workers.spares.discard(process)
            if process not in self._owners:
                continue
            channel, number = self._owners.pop(process)
            del channel.workers[number]
            channel.tell({"exited": number, "status": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
