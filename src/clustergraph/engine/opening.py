"""The dataset of a zygote: loaded into its memory, or made into a store on disk by a process of its own."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph.engine import disk, walls, wire
from clustergraph.engine.dataset import DatasetSpec, load
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

#: Starts a process that does `make` with its arguments, and returns its identifier; raises OSError.
StartMaker = Callable[[socket.socket, DatasetSpec, Path], int]


class Opened:
    """A dataset that workers can be started over: how a worker comes by the store, and what it holds.

    `place` is where the store stands on disk, None for one in memory. `descriptors` are those that a worker
    must not keep.
    """

    def __init__(
        self,
        open_store: Callable[[], ox.Store],
        quads: int,
        *,
        place: Path | None = None,
        descriptors: tuple[int, ...] = (),
    ) -> None:
        size = walls.resident_memory() if place is None else 0
        self.open_store = open_store
        self.quads = quads
        self.place = place
        # Oxigraph gives blank nodes new labels at each load, so answers of two loads may differ.
        self.load = secrets.token_urlsafe(9)
        self.descriptors = descriptors
        self.wear_bytes = max(_LEAST_WEAR, int(size * _WEAR))
        # What a worker over a disk holds is no copy of anything, so it may keep it.
        self.idle_wear_bytes = (
            max(_LEAST_IDLE_WEAR, int(size * _IDLE_WEAR)) if place is None else self.wear_bytes
        )


def opened(trunk: socket.socket, dataset: DatasetSpec, start_maker: StartMaker) -> Opened | None:
    """Open the dataset and say so over the trunk, or say why not and return None."""
    started = time.monotonic()
    try:
        if dataset.on_disk is not None:
            found = _on_disk(trunk, dataset, dataset.on_disk, start_maker)
        elif hasattr(os, "fork"):
            store = load(dataset, progress=partial(_tell_progress, trunk))
            found = Opened(lambda: store, len(store))
        else:
            raise EngineUnavailable(
                "A dataset in memory is shared by forks, which this system does not have.",
                fix="Leave CLUSTERGRAPH_WORKERS_START at auto, or set it to spawn.",
            )
    except Exception as error:
        _report(trunk, dataset, error)
        return None
    seconds = round(time.monotonic() - started, 3)
    trunk.sendall(wire.pack({"ready": found.quads, "seconds": seconds}))
    return found


def make(trunk: socket.socket, dataset: DatasetSpec, place: Path) -> int:
    """Make the store of a dataset at a place; returns the status to exit with, after saying what is wrong.

    To be called in a process of its own, which tells over the trunk of its zygote how far it is.
    """
    try:
        disk.make(dataset, place, partial(_tell_progress, trunk))
    except Exception as error:
        _report(trunk, dataset, error)
        return 1
    return 0


def _on_disk(trunk: socket.socket, dataset: DatasetSpec, place: Path, start_maker: StartMaker) -> Opened:
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
            _make_apart(trunk, dataset, place, start_maker)
    except OSError as error:
        raise disk.storage_unavailable(place, error) from error
    return Opened(partial(disk.open_store, place), quads, place=place, descriptors=(claim.descriptor,))


def _make_apart(trunk: socket.socket, dataset: DatasetSpec, place: Path, start_maker: StartMaker) -> None:
    """Have the store made by a process that ends with the threads and the memory that it took.

    Where that does not end well, this one ends as it did, for it has said why.
    """
    try:
        maker = start_maker(trunk, dataset, place)
    except OSError as error:
        raise EngineUnavailable(
            f"No process could be started to make the store of the dataset: {error.strerror or error}.",
            fix="Raise the limit of processes or of memory.",
        ) from error
    _, status = os.waitpid(maker, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        os.kill(os.getpid(), -code)
    if code != 0:
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
    elif isinstance(error, UnusableInput | StorageUnavailable | EngineUnavailable):
        told = error
    elif isinstance(error, MemoryError):
        told = EngineUnavailable("There is not enough memory to load the dataset.")
    else:
        told = EngineUnavailable(f"The dataset could not be loaded: {error}")
    trunk.sendall(wire.pack({"failed": wire.error_to_json(told)}))
