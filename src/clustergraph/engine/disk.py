"""Stores on disk: built once beside their place, renamed into it whole, used again, and swept away.

Layout of a store at `place`, both files and directory made by one rename:

    place/store/   what RocksDB writes
    place/quads    how many quads it holds
    place.lock     locked shared while it is served, exclusively while it is made or removed (flock(2))
    place.making/  a store that is being made, or was when its maker was killed
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph.engine.dataset import DatasetSpec, fill, release_identity, store_name
from clustergraph.errors import StorageUnavailable

_LOCK: Final = ".lock"
_MAKING: Final = ".making"


def open_store(place: Path) -> ox.Store:
    """The store at a place, to be read only; raises OSError."""
    return ox.Store.read_only(str(place / "store"))


def quads_of(place: Path) -> int | None:
    """How many quads the store at a place holds; None where there is no whole store."""
    try:
        return int((place / "quads").read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError):
        return None


class Claim:
    """A lock on the place of a store; what holds one exclusively is the only one at that place."""

    def __init__(self, place: Path, *, exclusive: bool = False, wait: bool = True) -> None:
        """Raises BlockingIOError where it would have to wait and may not, OSError where it cannot lock."""
        path = place.with_name(place.name + _LOCK)
        how = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
        while True:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self.descriptor, how)
                # Whoever swept the place away removed the file that is locked here.
                if os.fstat(self.descriptor).st_ino == path.stat().st_ino:
                    return
            except FileNotFoundError:
                pass
            except BaseException:
                self.release()
                raise
            self.release()

    def release(self) -> None:
        os.close(self.descriptor)


def make(dataset: DatasetSpec, place: Path, progress: Callable[[str], None]) -> None:
    """Make the store of a dataset at a place, unless it is there; a kill leaves nothing at the place.

    To be called in a process that ends after it, for RocksDB's threads remain. Raises what `fill` raises, and
    StorageUnavailable where the disk refuses.
    """
    try:
        claim = Claim(place, exclusive=True)
        try:
            if quads_of(place) is None:
                _make(dataset, place, progress)
        finally:
            claim.release()
    except OSError as error:
        raise storage_unavailable(place, error) from error


def _make(dataset: DatasetSpec, place: Path, progress: Callable[[str], None]) -> None:
    making = place.with_name(place.name + _MAKING)
    for remains in (making, place):
        with suppress(FileNotFoundError):
            shutil.rmtree(remains)
    making.mkdir(mode=0o700)
    try:
        store = ox.Store(str(making / "store"))
        fill(store, dataset, progress)
        store.flush()
        quads = len(store)
        del store
        (making / "quads").write_text(str(quads), encoding="ascii")
        _sync(making)
        making.rename(place)
        _sync_one(place.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _sync(directory: Path) -> None:
    for parent, _, names in os.walk(directory):
        for name in names:
            _sync_one(Path(parent) / name)
        _sync_one(Path(parent))


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(stores: Path, releases: Path) -> None:
    """Remove from `stores` what belongs to no release in `releases` and is served by nobody."""
    kept = set()
    for manifest in releases.glob("*/manifest.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            content_hash = json.loads(manifest.read_bytes())["content_hash"]
            kept.add(store_name(release_identity(content_hash)))
    found = {path.name.removesuffix(_LOCK).removesuffix(_MAKING) for path in stores.iterdir()}
    for name in sorted(found - kept):
        with suppress(OSError):
            remove(stores / name)


def remove(place: Path) -> None:
    """Remove the store at a place; raises BlockingIOError where somebody serves or makes it, and OSError."""
    claim = Claim(place, exclusive=True, wait=False)
    try:
        for directory in (place, place.with_name(place.name + _MAKING)):
            with suppress(FileNotFoundError):
                shutil.rmtree(directory)
        place.with_name(place.name + _LOCK).unlink()
    finally:
        claim.release()


def storage_unavailable(place: Path, error: OSError) -> StorageUnavailable:
    """The error of a disk that refused at a place."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return StorageUnavailable(
        f"The store of the dataset cannot be kept on disk: {error.strerror or error}.",
        where=str(place),
        fix="Make room there." if full else "Check the directory and the permission to write to it.",
    )
