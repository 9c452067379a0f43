"""What the operator asks a running service: a Unix socket in its home that only its own user can open.

Each process that speaks HTTP listens at `HOME/run/PID.sock` (mode 0600, in a directory of mode 0700). It
reads one JSON object a line and answers each with one:

* `{"ask": "queries"}`: the running queries, with their text, under `queries`;
* `{"ask": "metrics"}`: the exposition of this process under `metrics`;
* `{"ask": "stop", "number": N}`: stops a query; `stopped` tells whether there was one to stop.

Every answer has the `front` that gives it; a request that cannot be understood is answered by `error`.
Nothing of this is reachable over HTTP.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from clustergraph.engine.base import RunningQuery
from clustergraph.errors import StorageUnavailable
from clustergraph.service.logs import fingerprint

_DIRECTORY: Final = "run"
_SUFFIX: Final = ".sock"
#: Longest address of a Unix socket that every platform takes (Linux 108 bytes with the end, others 104).
_LONGEST_ADDRESS: Final = 100
_DESCRIPTORS: Final = Path("/proc/self/fd")

_MOST_REQUEST_BYTES: Final = 64 * 1024
_IDLE_SECONDS: Final = 5.0
_MOST_CONNECTIONS: Final = 16
_ANSWER_SECONDS: Final = 2.0
_MOST_ANSWER_BYTES: Final = 256 * 1024 * 1024
#: Many fronts are asked at once, so that one that hangs delays nobody but itself.
_MOST_ASKED_AT_ONCE: Final = 64


class OperatorSocket:
    """The operator's socket of one process, served in the event loop that starts it.

    `queries` gives the running queries, `metrics` the exposition as text, `stop` stops a query by its number
    and tells whether there was one. `front` names this process among those of one service.
    """

    def __init__(
        self,
        home: Path,
        *,
        queries: Callable[[], Iterable[RunningQuery]],
        metrics: Callable[[], str],
        stop: Callable[[int], bool],
        front: str = "0",
    ) -> None:
        self._home = home
        self._queries = queries
        self._metrics = metrics
        self._stop = stop
        self._front = front
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._inode = 0

    @property
    def path(self) -> Path:
        """Where the socket is while it is served."""
        return self._home / _DIRECTORY / f"{os.getpid()}{_SUFFIX}"

    async def start(self) -> None:
        """Remove the sockets of processes that have gone, and listen.

        Raises StorageUnavailable where the home cannot be written, or its directory `run` is another user's.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _opened(self.path.parent) as directory:
                _make_private(directory, self.path.parent)
                _remove_stale(directory, self.path.parent)
                listener = _listen(directory, self.path)
                self._inode = os.stat(self.path.name, dir_fd=directory, follow_symlinks=False).st_ino
        except OSError as error:
            raise StorageUnavailable(
                f"The operator's socket cannot be made: {error.strerror or error}.",
                where=str(self.path),
                fix="Without it `clustergraph queries` does not see this service; all else works. Let this "
                "user write the home directory.",
            ) from error
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=_MOST_REQUEST_BYTES)

    async def aclose(self) -> None:
        """Stop listening, end every connection and remove the socket."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with suppress(OSError), _opened(self.path.parent) as directory:
            found = os.stat(self.path.name, dir_fd=directory, follow_symlinks=False)
            if found.st_ino == self._inode:
                os.unlink(self.path.name, dir_fd=directory)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= _MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            # A request that is too long, too slow or half, or an answer that nobody reads, ends it.
            with suppress(TimeoutError, ValueError, OSError):
                await self._converse(reader, writer)
        finally:
            self._connections.discard(task)
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            answer = {"front": self._front, **await self._answer(line)}
            writer.write(json.dumps(answer).encode() + b"\n")
            async with asyncio.timeout(_IDLE_SECONDS):
                await writer.drain()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            request = None
        match request:
            case {"ask": "queries"}:
                # A long query takes long to read, and nobody else should wait for that.
                return {"queries": await asyncio.to_thread(_described, tuple(self._queries()))}
            case {"ask": "metrics"}:
                return {"metrics": self._metrics()}
            case {"ask": "stop", "number": int(number)}:
                return {"stopped": self._stop(number)}
        return {"error": "A request is a JSON object that asks for queries, metrics, or to stop a number."}


def ask_all(
    home: Path, request: Mapping[str, object], *, pid: int | None = None
) -> list[tuple[int, dict[str, Any]]]:
    """Ask every process that serves with this home, or the one with `pid`; their answers by process.

    A process that has gone, or does not answer within two seconds, is left out. Blocks: in an event loop call
    it in a thread. Raises StorageUnavailable where this user may not look.
    """
    directory_path = home / _DIRECTORY
    line = json.dumps(dict(request)).encode() + b"\n"
    try:
        with _opened(directory_path) as directory:
            pids = sorted(found for found in _sockets(directory) if pid in (None, found))
            if not pids:
                return []
            with ThreadPoolExecutor(min(len(pids), _MOST_ASKED_AT_ONCE)) as pool:
                answers = pool.map(lambda each: _ask(directory, directory_path, each, line), pids)
                return [
                    (process, answer)
                    for process, answer in zip(pids, answers, strict=True)
                    if answer is not None
                ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageUnavailable(
            f"The sockets of the service cannot be read: {error.strerror}.",
            where=str(directory_path),
            fix="Ask as the user that runs the service.",
        ) from error


def expositions(answers: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, str]:
    """The expositions among the answers to `metrics`, by front; by process too where two have one name."""
    found: dict[str, str] = {}
    for process, answer in answers:
        if isinstance(text := answer.get("metrics"), str):
            front = str(answer.get("front", process))
            found[f"{front}-{process}" if front in found else front] = text
    return found


def _described(queries: tuple[RunningQuery, ...]) -> list[dict[str, Any]]:
    now = time.monotonic()
    return [
        {
            "number": each.number,
            "query": each.query,
            "fingerprint": fingerprint(each.query),
            "seconds": round(max(0.0, now - each.started), 3),
            "deadline_seconds": each.deadline_seconds,
            "client": each.client,
            "format": each.format_name,
            "worker": each.worker,
            "streaming": each.streaming,
        }
        for each in queries
    ]


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _make_private(directory: int, path: Path) -> None:
    if os.fstat(directory).st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "the directory belongs to another user", str(path))
    os.fchmod(directory, 0o700)


def _sockets(directory: int) -> Iterator[int]:
    """The processes that have, or had, a socket in the directory."""
    for name in os.listdir(directory):
        process = name.removesuffix(_SUFFIX)
        if process != name and process.isascii() and process.isdecimal():
            yield int(process)


def _address(directory: int, path: Path) -> str:
    """The address of a socket: its path, or a short name for one that is longer than addresses may be."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        return str(path)
    if not _DESCRIPTORS.is_dir():
        raise OSError(errno.ENAMETOOLONG, "the path of the home is too long for a socket", str(path))
    return str(_DESCRIPTORS / str(directory) / path.name)


def _remove_stale(directory: int, path: Path) -> None:
    """Remove the sockets that nobody listens at.

    Whether a process of that number lives says nothing: numbers come again, and a container has its own.
    """
    for pid in tuple(_sockets(directory)):
        name = f"{pid}{_SUFFIX}"
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)
            try:
                probe.connect(_address(directory, path / name))
            except ConnectionRefusedError:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=directory)
            except OSError:
                continue


def _listen(directory: int, path: Path) -> socket.socket:
    """Listen at a path; under another name first, for a socket that nobody listens at yet looks stale."""
    if path.name in os.listdir(directory):
        raise OSError(
            errno.EADDRINUSE, "a process of this number in another container serves here", str(path)
        )
    listener = socket.socket(socket.AF_UNIX)
    unfinished = path.with_suffix(".new")
    try:
        with suppress(FileNotFoundError):
            os.unlink(unfinished.name, dir_fd=directory)
        # Nobody else can open it before its mode is set: the directory is private.
        listener.bind(_address(directory, unfinished))
        os.chmod(unfinished.name, stat.S_IRUSR | stat.S_IWUSR, dir_fd=directory)
        listener.listen(_MOST_CONNECTIONS)
        listener.setblocking(False)
        os.rename(unfinished.name, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        listener.close()
        raise
    return listener


def _ask(directory: int, path: Path, pid: int, line: bytes) -> dict[str, Any] | None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.connect(_address(directory, path / f"{pid}{_SUFFIX}"))
            connection.sendall(line)
            received = bytearray()
            while not received.endswith(b"\n") and len(received) < _MOST_ANSWER_BYTES:
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                block = connection.recv(1 << 16)
                if not block or time.monotonic() > deadline:
                    return None
                received += block
        answer = json.loads(received)
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
