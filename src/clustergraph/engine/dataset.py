"""What an engine serves: files of RDF, loaded into one store exactly as they are."""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyoxigraph as ox

import clustergraph
from clustergraph.errors import Fault, StorageUnavailable, UnusableInput
from clustergraph.negotiation import RDF_ENDINGS

if TYPE_CHECKING:  # a zygote starts faster without the models of a release
    from clustergraph.snapshot import Release

_FORMATS: Final = {
    syntax.name: ox.RdfFormat.from_media_type(syntax.media_type) for syntax in RDF_ENDINGS.values()
}
_ENDINGS: Final = ", ".join(RDF_ENDINGS)

# Entities of an internal subset expand without bound; comments and CDATA may mention them harmlessly.
_DECLARATION: Final = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(?P<found><!ENTITY|<!DOCTYPE[^>\[]*\[)", re.DOTALL | re.IGNORECASE
)
_PLACE: Final = re.compile(
    r"^Parser error at line (\d+) (?:column|between columns) (\d+)[^:]*: (.*?)(?: \([^()]*\))?$"
)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of RDF.

    `format_name` is turtle, trig, ntriples, nquads, rdfxml or jsonld; told by the file's ending when None.
    `base_iri` resolves the relative IRIs in it; the file's own `file://` IRI when None.
    """

    path: Path
    format_name: str | None = None
    base_iri: str | None = None


def _fresh_identity() -> str:
    return f"files-{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """The files that together are one RDF dataset, and the release they belong to, if any.

    A file of a release that cannot be read is a damaged release, any other an unusable input. `identity` is
    what equal answers mean: datasets with the same one are the same, asked by the same software. `on_disk` is
    the directory in which the store is kept (`placed`); None for a store in memory. Workers over a store on
    disk are forks unless they are to be `spawned` as programs of their own.
    """

    files: tuple[DataFile, ...]
    release: str | None = None
    identity: str = field(default_factory=_fresh_identity)
    on_disk: Path | None = None
    spawned: bool = False

    @property
    def private(self) -> Path | None:
        """The directory that nobody needs after this dataset was served; None where there is none."""
        return self.on_disk.parent if self.on_disk is not None and self.release is None else None

    def as_json(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "identity": self.identity,
            "on_disk": None if self.on_disk is None else str(self.on_disk),
            "spawned": self.spawned,
            "files": [
                {"path": str(file.path), "format": file.format_name, "base": file.base_iri}
                for file in self.files
            ],
        }

    @staticmethod
    def from_json(value: dict[str, Any]) -> DatasetSpec:
        return DatasetSpec(
            tuple(DataFile(Path(file["path"]), file["format"], file["base"]) for file in value["files"]),
            value["release"],
            value["identity"],
            None if value["on_disk"] is None else Path(value["on_disk"]),
            value["spawned"],
        )


def dataset_of_files(paths: Iterable[Path]) -> DatasetSpec:
    """The dataset that files of RDF are together, each told by its ending and its own base IRI.

    Its identity is new with each call, for files can change.
    """
    return DatasetSpec(tuple(DataFile(path) for path in paths))


def dataset_of_release(release: Release) -> DatasetSpec:
    """The dataset of a release; its identity is its content and the versions of what answers over it."""
    manifest = release.manifest
    return DatasetSpec(
        (DataFile(release.dataset),),
        release=str(manifest.release),
        identity=release_identity(manifest.content_hash),
    )


def release_identity(content_hash: str) -> str:
    """The identity of a release with this content hash, as this software answers over it."""
    return f"{content_hash}-pyoxigraph-{ox.__version__}-clustergraph-{clustergraph.__version__}"


def placed(dataset: DatasetSpec, *, in_memory_mib: int, home: Path, spawned: bool = False) -> DatasetSpec:
    """The dataset with the place of its store: on disk where its files are larger than `in_memory_mib`.

    It is always on disk where workers are `spawned`, for only forks share memory.
    The store of a release stands in `home/stores` and is used again; that of plain files in a directory of
    temporary files, which goes with the engine.
    """
    size = 0
    for file in dataset.files:
        with suppress(OSError):  # a file that cannot be read is reported by `load`
            size += file.path.stat().st_size
    if size <= in_memory_mib * 1024 * 1024 and not spawned:
        return replace(dataset, on_disk=None, spawned=False)
    name = store_name(dataset.identity)
    if dataset.release is None:
        place = Path(tempfile.gettempdir()) / f"clustergraph-{name}" / "dataset"
    else:
        place = home.absolute() / "stores" / name
    return replace(dataset, on_disk=place, spawned=spawned)


def store_name(identity: str) -> str:
    """The name of the directory that a store with this identity is kept in."""
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def load(dataset: DatasetSpec, progress: Callable[[str], None] | None = None) -> ox.Store:
    """Load every file of a dataset into a new store in memory; raises what `fill` raises."""
    store = ox.Store()
    fill(store, dataset, progress)
    return store


def fill(store: ox.Store, dataset: DatasetSpec, progress: Callable[[str], None] | None = None) -> None:
    """Load every file of a dataset into a store.

    Triples go to the default graph and quads to the graphs they name; blank nodes of different files stay
    apart. `progress` is told each path before it is read. Raises UnusableInput with one fault for each file
    that cannot be read: what is wrong, line and column where the syntax has lines; StorageUnavailable where a
    store on disk cannot be written.
    """
    faults: list[Fault] = []
    for file in dataset.files:
        if progress is not None:
            progress(str(file.path))
        try:
            _load_file(store, file, dataset.on_disk)
        except UnusableInput as error:
            faults.extend(error.faults)
    if faults:
        raise UnusableInput(_summary(faults), faults)


def _summary(faults: list[Fault]) -> str:
    first = faults[0]
    if len(faults) == 1:
        return f"{first.place()}: {first.message}"
    return f"{len(faults)} files cannot be loaded; the first is {first.place()}: {first.message}"


def _load_file(store: ox.Store, file: DataFile, on_disk: Path | None) -> None:
    syntax = RDF_ENDINGS.get(file.path.suffix.lower())
    name = file.format_name or (syntax.name if syntax else None)
    rdf_format = _FORMATS.get(name or "")
    if name is None or rdf_format is None:
        raise _unusable(
            file,
            "file-format",
            f"the format “{file.format_name}” is not known."
            if file.format_name
            else "its ending names no RDF format.",
            f"Use one of these endings: {_ENDINGS}."
            if name is None
            else f"Use one of: {', '.join(_FORMATS)}.",
        )
    try:
        if name == "rdfxml":
            _refuse_entities(file)
        base = file.base_iri or file.path.resolve().as_uri()
        store.bulk_load(path=str(file.path), format=rdf_format, base_iri=base)
    except SyntaxError as error:
        raise _syntax_fault(file, name, rdf_format, str(error)) from None
    except OSError as error:
        if on_disk is not None and _readable(file.path):
            raise StorageUnavailable(
                f"The store of the dataset cannot be written: {error.strerror or error}.",
                where=str(on_disk),
                fix="Make room and check the permission to write there, or raise in_memory_mib.",
            ) from error
        what = f"it cannot be read: {error.strerror or error}."
        raise _unusable(
            file, "file-unreadable", what, "Check the path and the permission to read it."
        ) from None
    except ValueError as error:
        raise _unusable(
            file, "base-iri", f"its base IRI is not usable: {error}.", "Give an absolute IRI as base."
        ) from None


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError:
        return False
    return True


def _unusable(
    file: DataFile, rule: str, message: str, fix: str, *, line: int | None = None, column: str | None = None
) -> UnusableInput:
    fault = Fault(rule=rule, message=message, fix=fix, file=str(file.path), line=line, column=column)
    return UnusableInput(message, [fault])


def _refuse_entities(file: DataFile) -> None:
    with _mapped(file.path) as content:
        for match in _DECLARATION.finditer(content):
            if match["found"] is not None:
                line = content[: match.start()].count(b"\n") + 1
                raise _unusable(
                    file,
                    "rdfxml-entities",
                    "it declares XML entities, which can expand without bound, so they are not read.",
                    "Write the IRIs out, or convert the file to Turtle with a tool you trust.",
                    line=line,
                )


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    if path.stat().st_size == 0:
        yield b""
        return
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _syntax_fault(file: DataFile, name: str, rdf_format: ox.RdfFormat, message: str) -> UnusableInput:
    place = _PLACE.match(message)
    fix = "Correct the file at this place."
    if place is not None:
        line, column, what = int(place[1]), place[2], place[3]
        return _unusable(file, f"{name}-syntax", _sentence(what), fix, line=line, column=column)
    if name == "jsonld" and "LoadDocumentCallback" in message:
        context = _remote_context(file.path)
        return _unusable(
            file,
            "jsonld-remote-context",
            f"it takes its context from {context or 'another document'}, which is never fetched.",
            "Put the context itself into the file.",
            line=_line_of(file.path, context),
        )
    return _unusable(
        file, f"{name}-syntax", _sentence(message), fix, line=_line_reached(file.path, rdf_format)
    )


def _sentence(message: str) -> str:
    message = message.strip()
    return message if message.endswith((".", "!", "?")) else f"{message}."


@dataclass(slots=True)
class _LineByLine:
    """A file given to the parser one line at a time, so that the last line given is where it stopped."""

    stream: BinaryIO
    lines: int = 0
    rest: bytes = field(default=b"")

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            self.rest = self.stream.readline()
            self.lines += bool(self.rest)
        size = len(self.rest) if size < 0 else size
        block, self.rest = self.rest[:size], self.rest[size:]
        return block


def _line_reached(path: Path, rdf_format: ox.RdfFormat) -> int | None:
    """The line at which a parser that names no line gives up."""
    with path.open("rb") as stream:
        source = _LineByLine(stream)
        try:
            for _ in ox.parse(source, format=rdf_format, base_iri="file:///"):  # type: ignore[arg-type]
                pass
        except SyntaxError:
            return max(source.lines, 1)
    return None


def _remote_context(path: Path) -> str | None:
    """The first context of a JSON-LD document that is a reference rather than a definition."""
    with path.open("rb") as stream:
        pending = [json.load(stream)]
    while pending:
        value = pending.pop(0)
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            context = value.get("@context")
            for entry in context if isinstance(context, list) else [context]:
                reference = entry.get("@import") if isinstance(entry, dict) else entry
                if isinstance(reference, str):
                    return reference
            pending.extend(value.values())
    return None


def _line_of(path: Path, text: str | None) -> int | None:
    if text is None:
        return None
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if text in line:
                return number
    return None
