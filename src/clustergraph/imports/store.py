"""Imports on disk: one directory each, whose manifest says which file holds its statements.

    HOME/imports/NAME/manifest.json         what was imported, from where, and the checksum of its statements
    HOME/imports/NAME/data-1a2b….nq.zst     its statements: N-Quads in the graph NAME, Zstandard frames
    HOME/imports/.new-NAME/                 an import that is being read

A new file is written beside the old one, and one rename of the manifest makes it the import: killing the
process at any instant leaves the old import or the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from clustergraph.errors import StorageUnavailable, UnusableInput
from clustergraph.snapshot import storage

MANIFEST: Final = "manifest.json"
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME: Final = 80


class ImportManifest(BaseModel):
    """What an import is.

    `input_sha256` and `input_bytes` are those of the file as it was read, `address` where it was downloaded
    from; `data` names the file of statements, `data_sha256` is its checksum. `rows` were taken over,
    `rejected` left out; `candidates` counts organisations that may be known under another name.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    file: str
    address: str | None = None
    input_sha256: str
    input_bytes: int
    imported_at: datetime
    version: str
    rows: int
    rejected: int
    candidates: int
    options: dict[str, tuple[str, ...]] = {}
    data: str
    data_sha256: str


@dataclass(frozen=True, slots=True)
class StoredImport:
    """An import on disk."""

    directory: Path
    manifest: ImportManifest

    @property
    def name(self) -> str:
        """The name of the import and of its named graph."""
        return self.manifest.name

    @property
    def input_name(self) -> str:
        """What manifests of releases call it among their inputs."""
        return f"imports/{self.name}"


def stored_imports(home: Path) -> tuple[StoredImport, ...]:
    """Every import, by name; raises UnusableInput where a manifest cannot be read."""
    directory = home / "imports"
    if not directory.is_dir():
        return ()
    found = []
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or not (path / MANIFEST).is_file():
            continue
        try:
            manifest = ImportManifest.model_validate_json((path / MANIFEST).read_bytes())
        except (OSError, ValidationError) as error:
            raise UnusableInput(
                "The manifest of the import cannot be read.",
                where=str(path / MANIFEST),
                fix=f"Import the file again, or remove the directory {path}.",
            ) from error
        found.append(StoredImport(path, manifest))
    return tuple(found)


def checksums(imports: Iterable[StoredImport]) -> dict[str, str]:
    """The SHA-256 of the statements of each import, as releases note their inputs."""
    return {each.input_name: each.manifest.data_sha256 for each in imports}


def usable_name(name: str, taken: frozenset[str]) -> str:
    """The name, if it can be that of an import; raises UnusableInput where it cannot.

    `taken` are the named graphs that curated files have.
    """
    if not NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise UnusableInput(
            f"{name!r} cannot be the name of an import.",
            fix="Use lower-case letters, digits and single hyphens with --into, such as priorities-2026.",
        )
    if name in taken or name.endswith("-candidates"):
        raise UnusableInput(
            f"{name!r} is or may become the name of another graph, which an import must not replace.",
            fix="Choose another name with --into.",
        )
    return name


@contextmanager
def locked(home: Path) -> Iterator[Path]:
    """The directory of imports, in which only one process writes at a time.

    What a killed one left half-written is removed. Raises StorageUnavailable when the disk refuses.
    """
    directory = home / "imports"
    with storage(home):
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageUnavailable(
                "Another import is being read.",
                where=str(directory),
                fix="Wait for it to end, then try again.",
            ) from error
        with storage(home):
            for stale in directory.glob(".new-*"):
                shutil.rmtree(stale)
            for each in directory.iterdir():
                _sweep(each)
        yield directory


def _sweep(directory: Path) -> None:
    """Remove the files that no manifest names, and a directory without a manifest."""
    if directory.name.startswith(".") or not directory.is_dir():
        return
    if not (directory / MANIFEST).is_file():
        shutil.rmtree(directory)
        return
    try:
        kept = ImportManifest.model_validate_json((directory / MANIFEST).read_bytes()).data
    except ValidationError:
        return
    for path in directory.glob("data-*"):
        if path.name != kept:
            path.unlink()


class Replacement:
    """An import that has been read and waits beside the one of its name, until it is put in its place."""

    def __init__(self, home: Path, staged: StoredImport) -> None:
        self._home = home
        self._staged = staged
        self._target = home / "imports" / staged.name
        self._previous: bytes | None = None
        self._placed = False

    def place(self) -> StoredImport:
        """Make it the import of its name: data first, then one rename of the manifest."""
        manifest = self._staged.manifest
        with storage(self._home):
            path = self._target / MANIFEST
            self._previous = path.read_bytes() if path.is_file() else None
            self._target.mkdir(exist_ok=True)
            (self._staged.directory / manifest.data).replace(self._target / manifest.data)
            _write_manifest(self._target, manifest.model_dump_json(indent=2).encode())
            self._placed = True
        return StoredImport(self._target, manifest)

    def restore(self) -> None:
        """Put back what was there before, where this one has taken its place."""
        if not self._placed:
            return
        with storage(self._home):
            if self._previous is None:
                shutil.rmtree(self._target)
            else:
                _write_manifest(self._target, self._previous)


def remove(home: Path, name: str) -> None:
    """Remove an import; raises UnusableInput where there is none of that name."""
    with locked(home) as directory:
        if not NAME.fullmatch(name) or not (directory / name / MANIFEST).is_file():
            names = ", ".join(each.name for each in stored_imports(home)) or "none"
            raise UnusableInput(f"There is no import called {name!r}.", fix=f"There are: {names}.")
        with storage(home):
            (directory / name / MANIFEST).unlink()
            shutil.rmtree(directory / name)


def _write_manifest(directory: Path, content: bytes) -> None:
    beside = directory / f"{MANIFEST}.next"
    with beside.open("wb") as file:
        file.write(content + b"\n" if not content.endswith(b"\n") else content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(directory / MANIFEST)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
