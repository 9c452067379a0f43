"""What a running service tells: one line of its log for each request, and one count of it at /metrics."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

LOOK_UP = "SELECT ?o { <http://example.org/secret-subject> ?p ?o }"


@contextmanager
def serving(directory: Path) -> Iterator[tuple[str, list[str]]]:
    """A service that logs every request as JSON; its address, and its lines once it has ended."""
    file = directory / "data.ttl"
    file.write_text("<http://example.org/secret-subject> <http://example.org/p> 1 .", encoding="utf-8")
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "clustergraph", "serve", "--port", "0", str(file)],
        env={
            **os.environ,
            "CLUSTERGRAPH_HOME": str(directory / "home"),
            "CLUSTERGRAPH_LOG_FORMAT": "json",
            "CLUSTERGRAPH_LOG_LEVEL": "debug",
        },
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                found = re.search(r"Serving at (http://\S+)", line)
                if found:
                    yield found[1], lines
                    break
        finally:
            process.send_signal(signal.SIGINT)
            lines += process.stderr.read().splitlines()
            process.wait(timeout=30)


def test_each_request_is_one_line_and_one_count(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, lines):
        ask = f"{address}/sparql"
        tag = httpx.get(ask, params={"query": LOOK_UP}).headers["ETag"]
        httpx.get(ask, params={"query": LOOK_UP})
        httpx.get(ask, params={"query": LOOK_UP}, headers={"If-None-Match": tag})
        httpx.get(ask, params={"query": "SELECT nonsense"})
        httpx.get(ask, params={"query": "SELECT * { SERVICE <http://example.org/> {} }"})
        httpx.get(f"{address}/")
        metrics = httpx.get(f"{address}/metrics").text
    requests = [
        json.loads(line) for line in lines if '"event": "request"' in line or '"event":"request"' in line
    ]
    outcomes = [each["outcome"] for each in requests]
    assert outcomes == ["answered", "cached", "not-modified", "malformed", "refused", "page"]
    for outcome in outcomes:
        assert f'clustergraph_request_seconds_count{{outcome="{outcome}"}} 1.0' in metrics
    assert requests[0]["fingerprint"] == requests[1]["fingerprint"]
    assert not any("secret-subject" in line for line in lines)
