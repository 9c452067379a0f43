"""What front, zygote and workers say to each other over Unix stream sockets.

Front and zygote exchange JSON, each message after its length (4 bytes, big-endian). A worker reads its
queries after their length as well and answers in frames: one byte of kind, the length of the body (4 bytes),
the body. One or more frames answer a query, and the last of them is END or ERROR; in capitals it says as well
that the worker leaves after it. CODED, empty, comes first where the body is in the content coding that the
query allowed. READY, empty, comes before the first query of a worker that was not forked but spawned.
"""

from __future__ import annotations

import json
import marshal
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clustergraph.errors import (
    ClustergraphError,
    EngineUnavailable,
    Fault,
    QueryCrashed,
    QueryMalformed,
    QueryMisplaced,
    QueryOverBudget,
    QueryRefused,
    QueryUnserialisable,
    ReleaseUnavailable,
    Severity,
    StorageUnavailable,
    UnusableInput,
)

if TYPE_CHECKING:  # a zygote starts faster without it
    import asyncio

DATA: Final = b"d"
CODED: Final = b"c"
END: Final = b"e"
ERROR: Final = b"x"
READY: Final = b"r"
LAST_END: Final = b"E"
LAST_ERROR: Final = b"X"

#: Exit statuses of a worker that left because of a query, after the answer to it.
OUT_OF_MEMORY: Final = 71
BROKEN: Final = 72

#: A result up to this many bytes is held back until it is complete and sent as one frame.
FIRST_BLOCK: Final = 128 * 1024
#: A longer result goes on in blocks of this many bytes.
NEXT_BLOCK: Final = 192 * 1024
#: One that is compressed, in blocks of this many bytes before that.
NEXT_BLOCK_TO_CODE: Final = 64 * 1024
#: A compressed result is sent on as soon as this many bytes of it are ready.
CODED_BLOCK: Final = 16 * 1024

LENGTH: Final = struct.Struct(">I")
FRAME: Final = struct.Struct(">cI")

_ERRORS: Final[dict[str, type[ClustergraphError]]] = {
    kind.__name__: kind
    for kind in (
        QueryMalformed,
        QueryRefused,
        QueryUnserialisable,
        QueryOverBudget,
        QueryCrashed,
        UnusableInput,
        ReleaseUnavailable,
        StorageUnavailable,
        EngineUnavailable,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one worker may use: bytes of memory beyond the dataset, and bytes of one result."""

    memory_bytes: int
    result_bytes: int


class Task(NamedTuple):
    """One query as a worker gets it.

    `default_graphs` and `named_graphs` are IRIs, both empty where the request names no dataset.
    `from_graphs` and `from_named` are the terms of FROM and FROM NAMED as written, given with `prologue`
    only where their default graph is a merge of several. `cpu_seconds` is the processor time allowed.
    `coding` is the content coding a longer body is written in, none where empty. With `checked_only` the
    query is read and asked of an empty dataset, and its answer is empty.
    """

    query: str
    format_name: str
    cpu_seconds: int
    base_iri: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prologue: str = ""
    from_graphs: tuple[str, ...] = ()
    from_named: tuple[str, ...] = ()
    prefixes: dict[str, str] | None = None
    coding: str = ""
    checked_only: bool = False

    def pack(self) -> bytes:
        # Front and worker run the same interpreter, started by us, so its own format will do: it takes a
        # fifth of the time of JSON, on the way of every query.
        body = marshal.dumps(tuple(self))
        return LENGTH.pack(len(body)) + body

    @staticmethod
    def unpack(body: bytes | bytearray | memoryview) -> Task:
        return Task._make(marshal.loads(body))  # noqa: S302 - written by `pack` in the front


def pack(message: dict[str, Any]) -> bytes:
    """A message as JSON after its length."""
    body = json.dumps(message, ensure_ascii=True).encode("ascii")
    return LENGTH.pack(len(body)) + body


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next message that `pack` made; raises EOFError or OSError when the other side has gone."""
    length = LENGTH.unpack(await reader.readexactly(LENGTH.size))[0]
    message: dict[str, Any] = json.loads(await reader.readexactly(length))
    return message


def frame(kind: bytes, body: bytes | bytearray) -> bytes:
    """A frame of a worker's answer."""
    return FRAME.pack(kind, len(body)) + body


def error_to_json(error: ClustergraphError) -> dict[str, Any]:
    """An error of this package as JSON, for the other side of a socket."""
    value: dict[str, Any] = {"error": type(error).__name__, "what": error.what, "fix": error.fix}
    if isinstance(error, QueryMisplaced):
        value |= {"line": error.line, "column": error.column}
    else:
        value["where"] = error.where
    if isinstance(error, UnusableInput):
        value["faults"] = [asdict(fault) for fault in error.faults]
    return value


def error_from_json(value: dict[str, Any]) -> ClustergraphError:
    """The error that `error_to_json` described."""
    kind = _ERRORS.get(value["error"], EngineUnavailable)
    if issubclass(kind, QueryMisplaced):
        return kind(value["what"], line=value["line"], column=value["column"], fix=value["fix"])
    if issubclass(kind, UnusableInput):
        faults = [Fault(**{**fault, "severity": Severity(fault["severity"])}) for fault in value["faults"]]
        return kind(value["what"], faults, where=value["where"], fix=value["fix"])
    return kind(value["what"], where=value["where"], fix=value["fix"])


def over_memory() -> QueryOverBudget:
    """The error of a query that needed more memory than one query may have."""
    return QueryOverBudget(
        "The query needed more memory than one query may use here.",
        fix="Join its patterns through shared variables, or sort and group fewer rows.",
    )
