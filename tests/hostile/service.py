"""The service under attack: a real `clustergraph serve`, and what is looked at after each blow."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx

from hostile import dataset

DEADLINE_SECONDS: Final = 2.0
WORKERS: Final = 2
GROWTH_MIB: Final = 150
_SMALL: Final = f"SELECT ?label {{ <{dataset.EX}n7> <{dataset.EX}label> ?label }}"
_KEPT_BYTES: Final = 16 * 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What came of a request: its status (None where no answer began), its body, and whether it ended."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int = 0
    complete: bool = True
    seconds: float = 0.0

    @property
    def slug(self) -> str:
        """The status and kind of problem, such as `504 query-timeout`; `200`, or `broken`."""
        if not self.complete or self.status is None:
            return "broken"
        if self.status < 400:
            return str(self.status)
        return f"{self.status} {str(self.problem().get('type', '')).rpartition('#')[2]}"

    def problem(self) -> dict[str, Any]:
        """The problem document of a refusal, which must be a complete one."""
        assert self.headers.get("content-type") == "application/problem+json", (self.headers, self.body[:300])
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status, found
        assert found["title"], found
        assert found["detail"], found
        return found

    def rows(self) -> list[dict[str, str]]:
        """The rows of a SELECT, by variable."""
        assert self.length == len(self.body), "the body was too long to be kept"
        return [
            {name: term["value"] for name, term in row.items()}
            for row in json.loads(self.body)["results"]["bindings"]
        ]

    def boolean(self) -> bool:
        """The answer of an ASK."""
        found = json.loads(self.body)["boolean"]
        assert isinstance(found, bool)
        return found


@dataclass(frozen=True)
class Vitals:
    """Memory of all processes in MiB (PSS), how many there are, and the descriptors of the front."""

    mib: float
    processes: int
    descriptors: int


class Target:
    """A running service, with its vital signs from before the attack."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.log = log
        parts = urlsplit(address)
        self.host, self.port = str(parts.hostname), int(parts.port or 0)
        self._log_read = 0
        for _ in range(5):
            self._small_query()
            self.ask("SELECT * { ?s ?p ?o } LIMIT 5000")
        self.baseline = self.vitals()

    def ask(self, query: str, accept: str = "application/sparql-results+json", **parameters: str) -> Outcome:
        """Ask a query by a form and read all of its answer."""
        # A lone surrogate is what JSON and other escapes can smuggle in: send its three bytes as they are.
        form = urlencode({"query": query, **parameters}, errors="surrogatepass")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
        return self.request("POST", "/sparql", content=form.encode(), headers=headers)

    def request(self, method: str, path: str, **options: Any) -> Outcome:
        """One request on a connection of its own."""
        begun = time.monotonic()
        body = bytearray()
        length, status, headers = 0, None, {}
        complete = True
        try:
            with (
                httpx.Client(
                    base_url=self.address, timeout=30, headers={"Accept-Encoding": "identity"}
                ) as client,
                client.stream(method, path, **options) as response,
            ):
                status, headers = response.status_code, dict(response.headers)
                for block in response.iter_raw():
                    length += len(block)
                    if len(body) < _KEPT_BYTES:
                        body += block
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            complete = False
        return Outcome(status, headers, bytes(body), length, complete, time.monotonic() - begun)

    @contextmanager
    def connection(self, receive_buffer: int | None = None) -> Iterator[socket.socket]:
        """A bare connection to the service."""
        with socket.socket() as connection:
            if receive_buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.settimeout(30)
            connection.connect((self.host, self.port))
            yield connection

    def talk(self, *blocks: bytes, seconds: float = 20) -> bytes:
        """Send blocks and return all that comes back until the end, or until nothing comes for `seconds`."""
        heard = bytearray()
        with self.connection() as connection:
            with suppress(ConnectionError):
                for block in blocks:
                    connection.sendall(block)
            connection.settimeout(seconds)
            with suppress(ConnectionError, TimeoutError):
                while block := connection.recv(65536):
                    heard += block
        return bytes(heard)

    def vitals(self) -> Vitals:
        """The vital signs now."""
        tree = processes_below(self.process.pid)
        descriptors = sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())
        return Vitals(sum(map(_pss_mib, tree)), len(tree), descriptors)

    def new_log(self) -> str:
        """What the service has logged since the last call."""
        with self.log.open("rb") as file:
            file.seek(self._log_read)
            text = file.read()
        self._log_read += len(text)
        return text.decode("utf-8", "replace")

    def assert_well(self) -> None:
        """The service is as it was: it lives, is ready, answers, and has given everything back."""
        assert self.process.poll() is None, f"the service ended: {self.new_log()}"
        self._small_query()
        assert self._get("/livez", 2).status_code == 200
        assert self._get("/readyz", 5).status_code == 200
        found = eventually(self.vitals, lambda it: it.mib < self.baseline.mib + GROWTH_MIB, 5)
        assert found.mib < self.baseline.mib + GROWTH_MIB, (found, self.baseline)
        logged = self.new_log()
        assert "Traceback" not in logged, logged

    def assert_nothing_leaked(self) -> None:
        """Processes and descriptors are back to what they were."""
        base = self.baseline

        def settled(now: Vitals) -> bool:
            return now.processes <= base.processes and now.descriptors <= base.descriptors + 4

        found = eventually(self.vitals, settled, 15)
        assert settled(found), (found, base)

    def _small_query(self) -> None:
        found = httpx.post(
            f"{self.address}/sparql",
            data={"query": _SMALL},
            headers={"Accept": "application/sparql-results+json"},
            timeout=2,
        )
        assert found.status_code == 200, found.text
        assert found.json()["results"]["bindings"] == [{"label": {"type": "literal", "value": "thing 7"}}]

    def _get(self, path: str, seconds: float) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", timeout=seconds)


def eventually(look: Callable[[], T], good: Callable[[T], bool], seconds: float) -> T:
    """What `look` finds once it is good, or at the end of the time."""
    end = time.monotonic() + seconds
    while not good(found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@contextmanager
def under_attack(directory: Path, **environment: str) -> Iterator[Target]:
    """`clustergraph serve` over the hostile dataset, on a free port."""
    file = dataset.write(directory)
    log = directory / "service.log"
    chosen = {
        "CLUSTERGRAPH_QUERY_DEADLINE_SECONDS": f"{DEADLINE_SECONDS:g}",
        "CLUSTERGRAPH_QUERY_MEMORY_MIB": "256",
        "CLUSTERGRAPH_WORKERS": str(WORKERS),
        **environment,
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "clustergraph", "serve", "--port", "0", str(file)],
            env={**os.environ, **chosen},
            stdout=output,
            stderr=output,
            cwd=directory,
        ) as process,
    ):
        try:
            yield Target(process, _announced(process, log), log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    def said() -> str | None:
        found = re.search(r"Serving at (http://[0-9.]+:\d+)", log.read_text(encoding="utf-8"))
        return found[1] if found else None

    address = eventually(said, lambda it: it is not None or process.poll() is not None, 60)
    assert address is not None, log.read_text(encoding="utf-8")
    return address


def processes_below(root: int) -> list[int]:
    """A process and all that it and they have started."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            with suppress(OSError):
                waiting.extend(map(int, path.read_text().split()))
    return found


def _pss_mib(process: int) -> float:
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)
        if found:
            return int(found[1]) / 1024
    return 0.0
