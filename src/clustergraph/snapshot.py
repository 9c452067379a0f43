"""Releases: immutable, numbered directories, one of which is current.

A release is written beside the others, fsynced, renamed into place and made current by one more rename,
so that killing the process at any instant leaves the old release or the new one, never a mix. Layout:

    HOME/releases/7/manifest.json   what it was built from, what it holds, checksums of its files
    HOME/releases/7/dataset.nq      every quad, in canonical N-Quads (RDFC-1.0), sorted
    HOME/releases/7/queries/        the named queries that fit it
    HOME/releases/7/validation.ttl  the SHACL report; description.ttl: VoID and DCAT
    HOME/releases/7/reference.html  the ontology explained; mappings.sssom.tsv, quality.json
    HOME/releases/7/exports/        the curated tables as CSV, in the columns in which they can be imported
    HOME/current                    the number of the release that is served
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from clustergraph.errors import ReleaseUnavailable, StorageUnavailable

DATASET: Final = "dataset.nq"
MANIFEST: Final = "manifest.json"
VALIDATION_REPORT: Final = "validation.ttl"
DESCRIPTION: Final = "description.ttl"
REFERENCE_HTML: Final = "reference.html"
REFERENCE_MARKDOWN: Final = "reference.md"
MAPPINGS: Final = "mappings.sssom.tsv"
QUALITY: Final = "quality.json"
_REBUILD: Final = "Run `clustergraph build` to make a sound one."


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class FileSum(Frozen):
    """A file of a release: its SHA-256 and its length in bytes."""

    sha256: str
    bytes: int


class KindCount(Frozen):
    """How many things of one class a release holds."""

    iri: str
    label: str
    count: int


class SourceNote(Frozen):
    """A source of a release: its IRI, title and what is known of its date."""

    iri: str
    title: str
    date: str


class Validation(Frozen):
    """The outcome of the SHACL gate, in results by severity."""

    violations: int
    warnings: int
    infos: int


class Manifest(Frozen):
    """What a release is: where it came from, what it holds, and how it was made.

    `content_hash` is the SHA-256 of the dataset in canonical N-Quads; `inputs` and `files` are checksums by
    name; `sources` are the documents, `pages` counts the web pages on `sites` sites that are sources besides;
    `seconds` is the time each stage took; `built_at` is UTC.
    """

    format: Literal[1] = 1
    release: int
    content_hash: str
    built_at: datetime
    version: str
    tools: dict[str, str]
    inputs: dict[str, str]
    files: dict[str, FileSum]
    triples: int
    quads: int
    inferred: int
    kinds: tuple[KindCount, ...]
    sources: tuple[SourceNote, ...]
    pages: int = 0
    sites: int = 0
    licence: str
    validation: Validation
    seconds: dict[str, float]


class Release:
    """A release on disk whose files have been compared with its manifest."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest

    @property
    def dataset(self) -> Path:
        return self.directory / DATASET

    def read_text(self, name: str) -> str:
        """A text file of the release, line ends as written; raises ReleaseUnavailable if unreadable."""
        try:
            return (self.directory / name).read_bytes().decode()
        except OSError as error:
            raise _damaged(self.directory / name, f"cannot be read: {error.strerror}") from error


def current_release(home: Path) -> Release | None:
    """The release that is current, verified; None when none was ever published.

    Raises ReleaseUnavailable when it is damaged, naming the file and what is wrong with it, and
    StorageUnavailable when the home cannot be read.
    """
    number = current_number(home)
    return None if number is None else open_release(home / "releases" / str(number))


def current_number(home: Path) -> int | None:
    """The number of the release that is current; None when none was ever published.

    Raises ReleaseUnavailable when it cannot be told, and StorageUnavailable when the home cannot be read.
    """
    pointer = home / "current"
    try:
        with storage(home):
            number = pointer.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise _damaged(pointer, f"cannot be read ({error})") from error
    except StorageUnavailable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    if not number.isdecimal():
        raise _damaged(pointer, f"should hold the number of a release, but holds {number[:40]!r}")
    return int(number)


def open_release(directory: Path) -> Release:
    """Open and verify a release directory; raises ReleaseUnavailable when it is damaged or missing."""
    path = directory / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _damaged(path, f"cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise _damaged(path, f"is not a manifest ({error.error_count()} errors)") from error
    for name, expected in manifest.files.items():
        file = directory / name
        try:
            actual = _sum(file)
        except OSError as error:
            raise _damaged(file, f"cannot be read: {error.strerror}") from error
        if actual != expected:
            raise _damaged(file, f"has changed since it was built: {_difference(actual, expected)}")
    return Release(directory, manifest)


def releases(home: Path) -> tuple[int, ...]:
    """The numbers of the releases on disk, oldest first."""
    directory = home / "releases"
    if not directory.is_dir():
        return ()
    return tuple(sorted(int(path.name) for path in directory.iterdir() if path.name.isdecimal()))


@contextmanager
def publishing(home: Path) -> Iterator[PendingRelease]:
    """A new release to be filled; only one process builds below a home at a time.

    What was begun and not published is removed. Raises StorageUnavailable when the disk refuses.
    """
    with storage(home):
        (home / "releases").mkdir(parents=True, exist_ok=True)
        lock = (home / "build.lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageUnavailable(
                "Another build is writing here.", where=str(home), fix="Wait for it to end, then try again."
            ) from error
        pending = PendingRelease(home)
        try:
            yield pending
        finally:
            pending.discard()


class PendingRelease:
    """A release being written: files first, the manifest last, then one rename."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.number = max(releases(home), default=0) + 1
        self._directory = home / "releases" / f".building-{self.number}"
        self._files: dict[str, FileSum] = {}
        with storage(home):
            for stale in (home / "releases").glob(".building-*"):
                shutil.rmtree(stale)
            self._directory.mkdir()

    @property
    def files(self) -> Mapping[str, FileSum]:
        return dict(self._files)

    def write(self, name: str, content: bytes) -> None:
        """Write and fsync one file of the release; `name` may have folders."""
        with storage(self._home):
            (self._directory / name).parent.mkdir(parents=True, exist_ok=True)
            _write_durably(self._directory / name, content)
        self._files[name] = FileSum(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))

    def publish(self, manifest: Manifest) -> Release:
        """Put the release in its place and make it current."""
        target = self._home / "releases" / str(self.number)
        body = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False, sort_keys=True)
        with storage(self._home):
            _write_durably(self._directory / MANIFEST, f"{body}\n".encode())
            _sync_directory(self._directory)
            self._directory.rename(target)
            _sync_directory(target.parent)
            pointer = self._home / "current.next"
            _write_durably(pointer, f"{self.number}\n".encode())
            pointer.replace(self._home / "current")
            _sync_directory(self._home)
        return Release(target, manifest)

    def discard(self) -> None:
        """Remove what was not published."""
        shutil.rmtree(self._directory, ignore_errors=True)


@contextmanager
def storage(place: Path) -> Iterator[None]:
    """Turns the disk's refusals into StorageUnavailable, in words."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"The disk refused: {(error.strerror or str(error)).lower()}.",
            where=str(error.filename or place),
            fix="Free some space, make the directory writable for this user, "
            "or set CLUSTERGRAPH_HOME to another one. What was published before is untouched.",
        ) from error


def _damaged(path: Path, what: str) -> ReleaseUnavailable:
    return ReleaseUnavailable(f"The release is damaged: {path.name} {what}.", where=str(path), fix=_REBUILD)


def _difference(actual: FileSum, expected: FileSum) -> str:
    if actual.bytes != expected.bytes:
        return f"{actual.bytes} bytes, the manifest says {expected.bytes}"
    return f"SHA-256 {actual.sha256[:12]}…, the manifest says {expected.sha256[:12]}…"


def _sum(path: Path) -> FileSum:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileSum(sha256=digest.hexdigest(), bytes=file.tell())


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
