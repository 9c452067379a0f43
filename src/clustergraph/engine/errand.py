"""A process that a zygote starts anew where it does not fork: it waits to be told what to do, and does that.

Run as `python -m clustergraph.engine.errand DESCRIPTOR ZYGOTE`, with its end of a Unix stream socket as
DESCRIPTOR. Over that it is told one of two things:

    {"make": dataset, "place": path} and the trunk of the zygote   to make a store on disk
    {"open": path}, later {"work": limits} and a link              to open a store and be a worker over it,
                                                                   which says on the link that it is ready

Where the socket ends before it is told, it ends.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from clustergraph.engine import disk, opening, walls, wire, worker
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.inbox import Inbox


def main() -> None:
    """Do what the zygote asks for."""
    descriptor, zygote = int(sys.argv[1]), int(sys.argv[2])
    walls.ignore_polite_signals()
    walls.die_with_parent(zygote)
    source = socket.socket(fileno=descriptor)
    source.set_inheritable(False)
    orders = Inbox(source)
    order = orders.next()
    if order is None:
        return
    if "make" in order:
        _make(orders, DatasetSpec.from_json(order["make"]), Path(order["place"]))
    else:
        _work(orders, Path(order["open"]), zygote)


def _make(orders: Inbox, dataset: DatasetSpec, place: Path) -> NoReturn:
    trunk = socket.socket(fileno=orders.descriptors.popleft())
    status = 1
    try:
        status = opening.make(trunk, dataset, place)
    finally:
        # As a fork ends: the threads of RocksDB are not waited for.
        os._exit(status)


def _work(orders: Inbox, place: Path, zygote: int) -> None:
    store = disk.open_store(place)
    order: dict[str, Any] | None = orders.next()
    if order is None:
        os._exit(0)
    link = socket.socket(fileno=orders.descriptors.popleft())
    orders.close()
    # The deadline of a query must not pass while Python starts, so this worker gets none before it says this.
    with suppress(OSError):
        link.sendall(wire.frame(wire.READY, b""))
    limits = wire.Limits(**order["work"])
    worker.run(
        link,
        worker.Place(lambda: store, limits, on_disk=True, wear_bytes=order["wear_bytes"]),
        zygote,
    )


if __name__ == "__main__":
    main()
