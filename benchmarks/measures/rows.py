"""A hundred thousand rows as JSON and CSV, to one client and to eight, and how the front grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

from benchmarks import procfs, servers, workload
from benchmarks.client import Client
from benchmarks.measure import (
    Bench,
    Line,
    Result,
    Table,
    WrongAnswer,
    at_least,
    at_most,
    figures_table,
    interleaved,
    not_measured,
    ratios,
    start_peers,
)
from benchmarks.procfs import MIB
from benchmarks.servers import Server

_FORMATS = {"JSON": workload.JSON, "CSV": workload.CSV}
_CLIENTS = (1, 8)
_GROWTH_MIB = 16


def measure(bench: Bench) -> Result:
    """Results a second, and the growth of the front's peak memory for each client."""
    lines: list[Line] = []
    tables: list[Table] = []
    figures: dict[str, object] = {}
    growths: dict[str, list[float]] = {}
    # Only its data holds that many participations.
    expected = 100_000 if bench.triples >= 1_000_000 else None
    with ExitStack() as stack:
        bench.say("starting clustergraph")
        ours = stack.enter_context(servers.ours(bench.place("rows"), [bench.data], settings={"cache_mib": 0}))
        started = {"ours": ours, **start_peers(bench, stack, "rows")}
        offsets = count(1)
        lengths = {name: _rows(server, expected) for name, server in started.items()}
        if len(set(lengths.values())) > 1:
            raise WrongAnswer(f"The servers answer different numbers of rows: {lengths}.")
        for format_name, media_type in _FORMATS.items():
            for clients in _CLIENTS:
                what = f"{format_name}, {clients} client{'s' if clients > 1 else ''}"
                bench.say(f"{what}: results a second")
                grown: list[float] = []
                candidates = {
                    name: _fetching(server, media_type, clients, offsets, grown if name == "ours" else None)
                    for name, server in started.items()
                }
                found = interleaved(bench, candidates)
                figures[what] = found
                growths[what] = [growth / clients for growth in grown]
                tables.append(figures_table(f"Results of 100 k rows a second: {what}", found, 2))
                if "oxigraph" in found:
                    lines.append(
                        at_least(what, ratios(found["ours"], found["oxigraph"]), 1.0, of="oxigraph serve")
                    )
                else:
                    lines.append(not_measured(what, "≥ 1 × oxigraph serve", "not installed"))
    worst = [max(values) for values in growths.values()]
    lines.append(
        at_most("growth of the front process for each client", worst, _GROWTH_MIB, "MiB", worst=True)
    )
    tables.append(
        Table(
            "Growth of the front’s peak memory (VmHWM), MiB a client, by round",
            ["", *(f"round {number}" for number in range(bench.rounds + 1))],
            [[what, *(f"{value:.1f}" for value in values)] for what, values in growths.items()],
        )
    )
    return Result(
        "rows",
        "A hundred thousand rows",
        lines,
        tables,
        [
            "Each request starts at another row (OFFSET), so that none is shared or cached; the clients are "
            "threads that read and throw away. One front process, as many workers as by default, no "
            "compression. Round 0 of the "
            "growth is the warm-up."
        ],
        {**figures, "growth": growths},
    )


def _rows(server: Server, expected: int | None) -> int:
    with Client(server.endpoint) as client:
        rows = client.ask(workload.rows_query(0), workload.CSV).body.count(b"\n") - 1
    if expected is not None and rows != expected:
        raise WrongAnswer(f"{server.name} answered {rows} rows.")
    return rows


def _fetching(
    server: Server, media_type: str, clients: int, offsets: count[int], grown: list[float] | None
) -> Callable[[int], float]:
    each = 3 if clients == 1 else 1

    def one(failures: list[str]) -> None:
        try:
            with Client(server.endpoint) as client:
                for _ in range(each):
                    response = client.ask(workload.rows_query(next(offsets)), media_type, keep=False)
                    if response.status != 200 or response.length < 1000:
                        failures.append(f"{server.name} answered {response.status}")
        except Exception as error:
            failures.append(f"{server.name}: {error!r}")

    def rate(_: int) -> float:
        failures: list[str] = []
        front = server.process
        procfs.forget_peak(front)
        before = procfs.resident(front)
        threads = [threading.Thread(target=one, args=(failures,)) for _ in range(clients)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = time.perf_counter() - begun
        if failures:
            raise WrongAnswer("; ".join(failures))
        if grown is not None:
            grown.append(max(0, procfs.peak_resident(front) - before) / MIB)
        return clients * each / spent

    return rate
