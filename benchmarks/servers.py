"""Starting and stopping what is measured: our service and the raw engine here, its peers in `peers`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from benchmarks import procfs
from benchmarks.client import Client, Endpoint, HttpFailure

ROOT: Final = Path(__file__).resolve().parents[1]
START_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 20.0
#: What a server started has this long to end after it.
_ORPHAN_SECONDS: Final = 5.0
#: A server that answers, but with an error, has this many tries left.
_REFUSALS: Final = 400
_ZYGOTE: Final = "clustergraph.engine.zygote"


class NotStarted(Exception):
    """A server ended, or was not ready in time; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running SPARQL service: its process, where it answers, and how long it took until it did."""

    name: str
    process: int
    endpoint: Endpoint
    seconds_to_start: float
    log: Path

    def zygotes(self) -> list[int]:
        """Processes of ours that hold the dataset and fork workers."""
        inside = procfs.descendants(self.process)
        known = {process for process in inside if _ZYGOTE in procfs.command(process)}
        return [process for process in inside if process in known and not self._parent_in(process, known)]

    def workers(self) -> list[int]:
        """Processes of ours that evaluate queries."""
        return [worker for zygote in self.zygotes() for worker in procfs.children(zygote)]

    def fronts(self) -> list[int]:
        """Processes of ours that speak HTTP, or watch over those that do."""
        engine = {*self.zygotes(), *self.workers()}
        return [
            process for process in (self.process, *procfs.descendants(self.process)) if process not in engine
        ]

    @staticmethod
    def _parent_in(process: int, known: set[int]) -> bool:
        return any(process in procfs.children(candidate) for candidate in known)


class RawEngine:
    """The raw engine in a bare process, asked over a pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        self.quads = 0
        self.load_seconds = 0.0

    def loaded(self) -> None:
        """Wait until it has loaded."""
        answer = self._answer()
        self.quads, self.load_seconds = answer["quads"], answer["seconds"]

    def ask(self, query: str, media_type: str, *, times: int = 1) -> tuple[list[float], int]:
        """How long query and serialisation took each time, in milliseconds, and the bytes of the result."""
        assert self._process.stdin is not None
        task = {"query": query, "media_type": media_type, "times": times}
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        return answer["milliseconds"], answer["bytes"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotStarted("The raw engine has ended.")
        answer: dict[str, Any] = json.loads(line)
        return answer


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def ours(
    directory: Path,
    files: Sequence[Path] = (),
    *,
    name: str = "clustergraph",
    settings: Mapping[str, str | int | float] | None = None,
) -> Iterator[Server]:
    """`clustergraph serve` over files, or over the current release of the home in `settings`."""
    port = free_port()
    changed = {f"CLUSTERGRAPH_{key.upper()}": str(value) for key, value in (settings or {}).items()}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("CLUSTERGRAPH_")},
        "CLUSTERGRAPH_HOME": str(directory / "home"),
        **changed,
    }
    command = [sys.executable, "-m", "clustergraph", "serve", "--port", str(port), *map(str, files)]
    with running(name, command, directory, environment) as (process, log, begun):
        endpoint = Endpoint(port, "/sparql")
        wait_until_it_answers(process, log, endpoint, begun)
        yield Server(name, process.pid, endpoint, time.perf_counter() - begun, log)


@contextmanager
def raw_engine(directory: Path, file: Path, *, store: Path | None = None) -> Iterator[RawEngine]:
    """The raw engine over a file in memory, or over a store on disk; asked once it has loaded."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("raw.py")),
        str(file),
        *([str(store)] if store else []),
    ]
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "raw.log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
        )
        try:
            engine = RawEngine(process)
            engine.loaded()
            yield engine
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()


@contextmanager
def running(
    name: str, command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Path, float]]:
    """A process with its log and when it was started; it is ended with all it started, whatever happens."""
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / f"{name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = _start(command, output, environment)
        try:
            yield process, log, begun
        finally:
            _stop(process)


def _start(
    command: Sequence[str], output: IO[bytes], environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        cwd=ROOT,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    commands = {started: procfs.command(started) for started in procfs.descendants(process.pid)}
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    end = time.monotonic() + _ORPHAN_SECONDS
    while (left := _still(commands)) and time.monotonic() < end:
        time.sleep(0.02)
    for orphan in left:
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)


def _still(commands: Mapping[int, str]) -> list[int]:
    """Which of some processes run still; one that has the number but not the command is another."""
    return [
        process for process, command in commands.items() if command and procfs.command(process) == command
    ]


def wait_until_it_answers(
    process: subprocess.Popen[bytes], log: Path, endpoint: Endpoint, begun: float
) -> None:
    """Ask a trivial query until it is answered; raises NotStarted with the end of the log."""
    refused = 0
    while time.perf_counter() - begun < START_SECONDS:
        if process.poll() is not None:
            raise NotStarted(f"{log.stem} ended with {process.returncode}: {_end_of(log)}")
        with suppress(OSError, HttpFailure), Client(endpoint, timeout=START_SECONDS) as client:
            response = client.ask("ASK {}", "application/sparql-results+json")
            if response.status == 200:
                return
            refused += 1
            if refused > _REFUSALS:
                raise NotStarted(f"{log.stem} answers {response.status}: {response.body[:500]!r}")
        time.sleep(0.005)
    raise NotStarted(f"{log.stem} was not ready after {START_SECONDS:g} s: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-1000:]
