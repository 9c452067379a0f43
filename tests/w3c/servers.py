"""Real servers for the tests: `clustergraph serve` over one dataset, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pyoxigraph as ox
import pytest

from w3c.datasets import write

_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 30.0


@dataclass(slots=True)
class Servers:
    """One server at a time: tests that share a dataset come together and share it, too."""

    directory: Path
    _key: Hashable = None
    _client: httpx.Client | None = None
    _running: subprocess.Popen[bytes] | None = None
    _stopping: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _count: int = 0

    def over(
        self, key: Hashable, content: Callable[[], Iterable[ox.Quad]], **environment: str
    ) -> httpx.Client:
        """A client of the server over a dataset; started unless it runs already under the same key."""
        if (
            self._client is None
            or self._key != key
            or self._running is None
            or self._running.poll() is not None
        ):
            self._stop()
            self._client = self._start(content(), environment)
            self._key = key
        return self._client

    def close(self) -> None:
        """Stop every server and wait until it has ended."""
        self._stop()
        for process in self._stopping:
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _stop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
            self._stopping.append(self._running)
            self._running = None

    def _start(self, content: Iterable[ox.Quad], environment: Mapping[str, str]) -> httpx.Client:
        self._count += 1
        data = write(content, self.directory / f"{self._count}.nq")
        log = self.directory / f"{self._count}.log"
        with log.open("wb") as stream:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "clustergraph", "serve", "--port", "0", str(data)],
                env={
                    **os.environ,
                    "HOME": str(self.directory),
                    "TMPDIR": str(self.directory),
                    "CLUSTERGRAPH_HOME": str(self.directory / "releases"),
                    "CLUSTERGRAPH_WORKERS": "2",
                    **environment,
                },
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            said = log.read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"Serving at (http://\S+)", said):
                return httpx.Client(base_url=found[1], timeout=30.0)
            if self._running.poll() is not None:
                pytest.fail(f"the server ended:\n{said}")
            time.sleep(0.02)
        return pytest.fail(f"the server did not start within {_START_SECONDS:g} s")
