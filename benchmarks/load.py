"""Load from many clients at once: wrk where it is installed, else clients of our own in one event loop."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.client import Endpoint

_SCRIPT: Final = """
local targets, place = {}, 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    targets[#targets + 1] = wrk.format("GET", line)
  end
end
function request()
  place = place % #targets + 1
  return targets[place]
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests": %d, "microseconds": %d, "failed": %d, "p50": %d, "p99": %d, "max": %d}\\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to: requests a second, failures, and latencies in milliseconds."""

    per_second: float
    failed: int
    p50: float
    p99: float
    slowest: float


class LoadFailed(Exception):
    """Requests failed or the load generator did; a rate of wrong answers is no rate."""


def generator() -> str:
    """The load generator that `run` uses, with its version."""
    if not shutil.which("wrk"):
        return "asyncio clients"
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    return " ".join((told.stdout or told.stderr).split()[:2])


def run(
    endpoint: Endpoint,
    targets: Sequence[str],
    *,
    clients: int,
    seconds: float,
    accept: str,
    headers: Sequence[str] = (),
) -> Load:
    """Ask the targets in turn from `clients` keep-alive connections; raises LoadFailed on any failure."""
    sent = (f"Accept: {accept}", *headers)
    if shutil.which("wrk"):
        load = _wrk(endpoint, targets, clients, seconds, sent)
    else:
        load = asyncio.run(_own(endpoint, targets, clients, seconds, sent))
    if load.failed:
        raise LoadFailed(f"{load.failed} requests to port {endpoint.port} failed.")
    return load


def _wrk(
    endpoint: Endpoint, targets: Sequence[str], clients: int, seconds: float, headers: Sequence[str]
) -> Load:
    with tempfile.TemporaryDirectory() as directory:
        script, listed = Path(directory) / "load.lua", Path(directory) / "targets"
        script.write_text(_SCRIPT)
        listed.write_text("\n".join(targets) + "\n")
        command = ["wrk", "--threads", "1", "--connections", str(clients)]
        command += ["--duration", f"{max(1, round(seconds))}s", "--timeout", "30s", "--script", str(script)]
        for header in headers:
            command += ["--header", header]
        command += [f"http://{endpoint.host}:{endpoint.port}/", "--", str(listed)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    _, found, result = told.stdout.rpartition("RESULT ")
    if not found:
        raise LoadFailed(f"wrk ended with {told.returncode}: {(told.stderr or told.stdout)[-500:]}")
    figures = json.loads(result)
    return Load(
        figures["requests"] / figures["microseconds"] * 1e6,
        figures["failed"],
        *(figures[name] / 1000 for name in ("p50", "p99", "max")),
    )


async def _own(
    endpoint: Endpoint, targets: Sequence[str], clients: int, seconds: float, headers: Sequence[str]
) -> Load:
    latencies: list[float] = []
    failed = 0
    turn = 0
    lines = "".join(f"{header}\r\n" for header in headers)
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal failed, turn
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        try:
            while time.perf_counter() < end:
                target = targets[turn % len(targets)]
                turn += 1
                begun = time.perf_counter()
                writer.write(f"GET {target} HTTP/1.1\r\nHost: {endpoint.host}\r\n{lines}\r\n".encode())
                status = await _response(reader)
                latencies.append((time.perf_counter() - begun) * 1000)
                failed += not 200 <= status < 400
        except (OSError, asyncio.IncompleteReadError):
            failed += 1
        finally:
            writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(clients)))
    spent = time.perf_counter() - begun
    ordered = sorted(latencies) or [0.0]
    return Load(
        len(latencies) / spent,
        failed,
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        ordered[-1],
    )


async def _response(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(None, 2)[1])
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif status != 304 and b"content-length:" in lower:
        await reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
    return status
