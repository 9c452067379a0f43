"""The zygote: a process with one thread that loads the dataset once and forks workers that share its memory.

Run by the front as `python -m clustergraph.engine.zygote DESCRIPTOR PARENT`, with its end of a Unix stream
socket as DESCRIPTOR. It never evaluates a query, so it is always there to fork, to kill and to bury.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

import pyoxigraph as ox

from clustergraph.engine import walls, wire, worker
from clustergraph.engine.dataset import DatasetSpec, load
from clustergraph.errors import ClustergraphError, EngineUnavailable, ReleaseUnavailable, UnusableInput

_CONTROL_BLOCK: Final = 65536
_DESCRIPTORS_AT_ONCE: Final = 64


def main() -> None:
    """Load the dataset that the front describes, then fork and kill workers until the front has gone."""
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    walls.ignore_polite_signals()
    # While loading nothing watches the socket, so the kernel does; later the socket's end is enough, and
    # does not depend on which thread of the front started this process.
    walls.die_with_parent(parent)
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    orders = _Orders(control)
    order = orders.next()
    if order is None:
        return
    store = _load(control, DatasetSpec.from_json(order["dataset"]))
    if store is None:
        return
    # The store never changes again: keep the collector from touching pages that workers share.
    gc.collect()
    gc.freeze()
    walls.silence()
    walls.die_with_parent(parent, enabled=False)
    _Zygote(orders, store, wire.Limits(**order["limits"])).run()


def _load(control: socket.socket, dataset: DatasetSpec) -> ox.Store | None:
    started = time.monotonic()
    try:
        store = load(dataset, progress=lambda path: control.sendall(wire.pack({"loading": path})))
    except UnusableInput as error:
        damaged = ReleaseUnavailable(
            f"The release {dataset.release} is damaged: {error.what}",
            fix="Build it again with clustergraph build.",
        )
        _report(control, error if dataset.release is None else damaged)
    except MemoryError:
        _report(control, EngineUnavailable("There is not enough memory to load the dataset."))
    except Exception as error:
        _report(control, EngineUnavailable(f"The dataset could not be loaded: {error}"))
    else:
        ready = {"ready": len(store), "seconds": round(time.monotonic() - started, 3)}
        control.sendall(wire.pack(ready))
        return store
    return None


def _report(control: socket.socket, error: ClustergraphError) -> None:
    control.sendall(wire.pack({"failed": wire.error_to_json(error)}))


class _Orders:
    """The front's orders as they arrive on the control socket, with the descriptors sent along."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.descriptors: deque[int] = deque()
        self._buffer = bytearray()

    def next(self) -> dict[str, Any] | None:
        """Wait for one order; None when the front has gone."""
        while (order := self.pending()) is None:
            if not self.receive():
                return None
        return order

    def receive(self) -> bool:
        """Take what has arrived; False when the front has gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, _CONTROL_BLOCK, _DESCRIPTORS_AT_ONCE)
        except OSError:
            return False
        self.descriptors.extend(descriptors)
        self._buffer += data
        return bool(data)

    def pending(self) -> dict[str, Any] | None:
        """The next complete order that has arrived already."""
        size = wire.LENGTH.size
        if len(self._buffer) < size:
            return None
        length = wire.LENGTH.unpack_from(self._buffer)[0]
        if len(self._buffer) < size + length:
            return None
        body = bytes(self._buffer[size : size + length])
        del self._buffer[: size + length]
        order: dict[str, Any] = json.loads(body)
        return order


class _Zygote:
    """Forks, kills and buries workers; each is known to the front by a number."""

    def __init__(self, orders: _Orders, store: ox.Store, limits: wire.Limits) -> None:
        self._orders = orders
        self._store = store
        self._limits = limits
        self._wakeup = os.pipe()
        self._numbers: dict[int, int] = {}
        self._processes: dict[int, int] = {}

    def run(self) -> None:
        reader, writer = self._wakeup
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        control = self._orders.control
        poll = select.poll()
        poll.register(control, select.POLLIN)
        poll.register(reader, select.POLLIN)
        here = True
        while here:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if reader in ready:
                with suppress(BlockingIOError):
                    os.read(reader, 4096)
            try:
                self._bury()
                if control.fileno() in ready:
                    here = self._orders.receive()
                    while (order := self._orders.pending()) is not None:
                        self._obey(order)
            except OSError:  # the front has gone between two messages
                here = False
        for process in self._processes.values():
            os.kill(process, signal.SIGKILL)
        for process in self._processes.values():
            os.waitpid(process, 0)

    def _obey(self, order: dict[str, Any]) -> None:
        if "fork" in order:
            self._fork(order["fork"])
        elif "kill" in order:
            process = self._processes.get(order["kill"])
            # Only this process buries workers, so the number cannot belong to another process by now.
            if process is not None:
                os.kill(process, signal.SIGKILL)

    def _fork(self, number: int) -> None:
        link = socket.socket(fileno=self._orders.descriptors.popleft())
        zygote = os.getpid()
        try:
            process = os.fork()
        except OSError as error:
            link.close()
            self._tell({"unforked": number, "why": os.strerror(error.errno or errno.EAGAIN)})
            return
        if process == 0:
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self._orders.control.close()
                for descriptor in self._wakeup:
                    os.close(descriptor)
                worker.run(link, self._store, self._limits, zygote)
            finally:
                os._exit(70)
        link.close()
        self._processes[number] = process
        self._numbers[process] = number
        self._tell({"forked": number, "process": process})

    def _bury(self) -> None:
        while self._processes:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            number = self._numbers.pop(process)
            del self._processes[number]
            self._tell({"exited": number, "status": os.waitstatus_to_exitcode(status)})

    def _tell(self, message: dict[str, Any]) -> None:
        self._orders.control.sendall(wire.pack(message))


if __name__ == "__main__":
    main()
