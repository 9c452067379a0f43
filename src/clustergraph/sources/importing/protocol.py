"""What an importer is: a name, columns, and a way from a file to batches of statements and faults."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import zstandard

from clustergraph.errors import Fault
from clustergraph.sources.kinds.kind import Organisation
from clustergraph.sources.mentions import Mention
from clustergraph.sources.table.encoding import Advance
from clustergraph.sources.table.limits import TableLimits


@dataclass(frozen=True, slots=True)
class ImportInput:
    """A file to import: `name` is what messages call it, `sheet` that of a workbook."""

    path: Path
    name: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportContext:
    """What an importer may know.

    `graph` is the name of the import and of its named graph. `labels` has every IRI that is described
    elsewhere (in the curated files and in other imports), with its English label or an empty text: what has
    a label is never labelled again, and what is not there is not known. `skip` are the rows to leave out.
    `options` are those of the kind, such as the topics of CORDIS, as the user gave them. `processes` is how
    many may read rows at once. `advance` is told how many more bytes of the input have been read.
    """

    graph: str
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: TableLimits = field(default_factory=TableLimits)
    skip: frozenset[int] = frozenset()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    processes: int = 1
    advance: Advance = lambda _count: None


class ColumnHelp(NamedTuple):
    """A column for people: its name, whether a table must have it, and what its cells are."""

    name: str
    required: bool
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What some rows became; batches come in the order of the input.

    `statements` are N-Quads in Zstandard frames (`packed`), every quad in the named graph of the import.
    `rows` counts the good rows and `rejected` those with a fault. `subjects` are the row and the key
    (`subject_key`) of what each good row describes. `mentions` are of things that are not described
    elsewhere: they must be among what the input describes.
    """

    statements: bytes = b""
    rows: int = 0
    rejected: int = 0
    faults: tuple[Fault, ...] = ()
    subjects: tuple[tuple[int, int], ...] = ()
    organisations: tuple[Organisation, ...] = ()
    mentions: tuple[Mention, ...] = ()


class Importer(Protocol):
    """A kind of input that users bring.

    `mints` says that a second row with the same subject is a duplicate.
    """

    @property
    def name(self) -> str:
        """The kind on the command line, such as `priorities`."""

    @property
    def title(self) -> str:
        """What it is, in a few English words."""

    @property
    def mints(self) -> bool:
        """Whether a row is the one place that introduces its subject."""

    @property
    def columns(self) -> tuple[ColumnHelp, ...]:
        """The columns, for people."""

    def read(self, source: ImportInput, context: ImportContext) -> Iterator[Batch]:
        """Every row of the input, in batches; faults never end it early, unless nothing more can be read.

        Memory does not grow with the input. The statements depend on the rows, the name of the graph and
        the labels only.
        """


def packed(lines: Iterable[str]) -> bytes:
    """Lines of N-Quads as one Zstandard frame; frames may follow each other. No lines are no frame."""
    text = "".join(lines)
    return zstandard.ZstdCompressor(level=1).compress(text.encode()) if text else b""


def unpacked(stream: BinaryIO) -> BinaryIO:
    """A stream of such frames as the N-Quads they hold."""
    return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)


def subject_key(subject: str) -> int:
    """64 bits that tell an IRI from others, signed; two of a billion share them by a chance of one in 37."""
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), signed=True)
