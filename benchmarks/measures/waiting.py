"""How long a small query waits while heavy ones occupy every worker but one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks import servers, workload
from benchmarks.client import Client
from benchmarks.measure import Bench, Line, Result, Table, start_peers, told
from benchmarks.servers import Server

_WORKERS = 4
_P99_MS = 100.0
#: A small query that has no answer after this long counts as blocked.
_BLOCKED_MS = 5_000.0


def measure(bench: Bench) -> Result:
    """Latencies of small look-ups, one at a time, at rest and beside heavy queries."""
    seconds = max(4.0, bench.seconds * 5)
    queries = workload.load(workload.LOOK_UP).many(bench.population, 5_000)
    found: dict[str, list[float]] = {}
    with ExitStack() as stack:
        bench.say("starting clustergraph")
        settings = {"cache_mib": 0, "workers": _WORKERS, "query_deadline_seconds": 600}
        ours = stack.enter_context(servers.ours(bench.place("waiting"), [bench.data], settings=settings))
        peers = start_peers(bench, stack, "waiting")
        for name, server in {"ours": ours, **peers}.items():
            found[f"{name}, at rest"] = _latencies(server, queries, seconds / 2)
            with _occupied(server, _WORKERS - 1):
                found[f"{name}, {_WORKERS - 1} heavy queries"] = _latencies(server, queries, seconds)
            bench.say(f"{name}: p99 {_percentile(found[f'{name}, {_WORKERS - 1} heavy queries'], 99):.1f} ms")
    mine = found[f"ours, {_WORKERS - 1} heavy queries"]
    p99 = _percentile(mine, 99)
    lines = [
        Line(
            what=f"small query beside {_WORKERS - 1} heavy ones, {_WORKERS} workers: p99",
            target=f"≤ {_P99_MS:g} ms",
            reached=f"{p99:.1f} ms (p50 {_percentile(mine, 50):.1f} ms)",
            verdict="reached" if p99 <= _P99_MS else "missed",
        ),
        Line(
            what="… and its longest wait",
            target="never blocked",
            reached=f"{max(mine):.0f} ms",
            verdict="reached" if max(mine) < _BLOCKED_MS else "missed",
        ),
    ]
    beside = found.get(f"oxigraph, {_WORKERS - 1} heavy queries")
    if beside:
        lines.append(
            told(
                "the same of oxigraph serve",
                f"{_percentile(beside, 99):.1f} ms, longest {max(beside):.0f} ms",
            )
        )
    return Result(
        "waiting",
        "Wait beside heavy queries",
        lines,
        [
            Table(
                "Milliseconds from sending to the whole answer, one small query at a time",
                ["", "queries", "p50", "p99", "longest"],
                [
                    [
                        name,
                        f"{len(values):,}",
                        f"{_percentile(values, 50):.2f}",
                        f"{_percentile(values, 99):.2f}",
                        f"{max(values):.1f}",
                    ]
                    for name, values in found.items()
                ],
            )
        ],
        [
            "The heavy queries count pairs of triples, each other pairs, and would run for hours. They "
            "use every "
            "core of the machine, so that the wait has the operating system’s share in it: see oxigraph’s."
        ],
        {
            name: {"p50": _percentile(values, 50), "p99": _percentile(values, 99), "max": max(values)}
            for name, values in found.items()
        },
    )


@contextmanager
def _occupied(server: Server, heavy: int) -> Iterator[None]:
    clients = [Client(server.endpoint) for _ in range(heavy)]
    try:
        for number, client in enumerate(clients):
            client.send(server.endpoint.target(workload.heavy_query(number)), workload.JSON)
        time.sleep(1.0)
        yield
    finally:
        for client in clients:
            client.close()


def _latencies(server: Server, queries: list[str], seconds: float) -> list[float]:
    found: list[float] = []
    end = time.perf_counter() + seconds
    with Client(server.endpoint) as client:
        while (begun := time.perf_counter()) < end:
            response = client.ask(queries[len(found) % len(queries)], workload.JSON)
            assert response.status == 200, response
            found.append((time.perf_counter() - begun) * 1000)
    return found


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
