"""Twelve query types over HTTP against the raw engine in a bare process, one at a time."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack

from benchmarks import servers, workload
from benchmarks.client import Client
from benchmarks.measure import Bench, Line, Result, Table, WrongAnswer

_FACTOR = 1.1
_EXTRA_MS = 2.0
#: Each query is asked several times a round and the fastest counts: what other programs on the machine take
#: only ever adds to it.
_FEWEST, _MOST, _ENOUGH_MS = 3, 40, 60.0


def measure(bench: Bench) -> Result:
    """Time from sending the query to the last byte, against query and serialisation alone."""
    rows: list[list[str]] = []
    figures: dict[str, dict[str, list[float]]] = {}
    worst: tuple[float, str] | None = None
    over: list[str] = []
    with ExitStack() as stack:
        place = bench.place("twelve")
        bench.say("starting clustergraph and the raw engine")
        ours = stack.enter_context(servers.ours(place, [bench.data], settings={"cache_mib": 0}))
        raw = stack.enter_context(servers.raw_engine(place, bench.data))
        client = stack.enter_context(Client(ours.endpoint))
        for kind in workload.load_all():
            mine, theirs, size = _compare(bench, kind, client, raw)
            figures[kind.name] = {"ours": mine, "raw": theirs}
            excess = statistics.median(
                [ours_ms - _FACTOR * raw_ms for ours_ms, raw_ms in zip(mine, theirs, strict=True)]
            )
            ratio = statistics.median(mine) / statistics.median(theirs)
            if worst is None or excess > worst[0]:
                worst = (excess, kind.name)
            if excess > _EXTRA_MS:
                over.append(kind.name)
            rows.append(
                [
                    kind.name,
                    f"{statistics.median(theirs):.2f}",
                    f"{statistics.median(mine):.2f}",
                    f"{ratio:.2f}",
                    f"{statistics.median(mine) - statistics.median(theirs):+.2f}",
                    f"{excess:+.2f}",
                    f"{size:,}",
                    "no" if excess > _EXTRA_MS else "yes",
                ]
            )
            bench.say(f"{kind.name}: raw {rows[-1][1]} ms, ours {rows[-1][2]} ms")
    assert worst is not None
    line = Line(
        what=f"twelve queries at {bench.triples:,} triples",
        target=f"none > {_FACTOR} × raw engine + {_EXTRA_MS:g} ms",
        reached=f"{12 - len(over)} of 12; the furthest, {worst[1]}, takes {worst[0]:+.2f} ms more",
        verdict="missed" if over else "reached",
    )
    return Result(
        "twelve",
        "Twelve query types",
        [line],
        [
            Table(
                "Medians in milliseconds, one client; “excess” is ours − 1.1 × raw, which may be 2 ms",
                ["query", "raw", "ours", "ratio", "difference", "excess", "bytes", "within"],
                rows,
            )
        ],
        [
            "Raw: pyoxigraph’s `query(…).serialize(…)` to bytes in a bare Python process. Ours: from "
            "sending the "
            "request to the last byte over HTTP, nothing cached. Both take turns with the same drawn "
            "queries, "
            f"{_FEWEST} to {_MOST} times a round; of each round the fastest counts, for what else runs "
            "on the "
            "machine can only add to it; of the rounds, the median."
        ],
        figures,
    )


def _compare(
    bench: Bench, kind: workload.QueryType, client: Client, raw: servers.RawEngine
) -> tuple[list[float], list[float], int]:
    queries = kind.many(bench.population, bench.rounds + 1)
    (first,), size = raw.ask(queries[-1], kind.media_type)
    _asked(client, kind, queries[-1])
    times = max(_FEWEST, min(_MOST, int(_ENOUGH_MS / max(first, 0.01))))
    mine: list[float] = []
    theirs: list[float] = []
    for query in queries[: bench.rounds]:
        ours_ms: list[float] = []
        raw_ms: list[float] = []
        for _ in range(times):
            spent, expected = raw.ask(query, kind.media_type)
            raw_ms += spent
            milliseconds, length = _asked(client, kind, query)
            ours_ms.append(milliseconds)
            if length != expected:
                raise WrongAnswer(f"{kind.name}: {length} bytes, the raw engine gives {expected}.\n{query}")
        mine.append(min(ours_ms))
        theirs.append(min(raw_ms))
    return mine, theirs, size


def _asked(client: Client, kind: workload.QueryType, query: str) -> tuple[float, int]:
    begun = time.perf_counter()
    response = client.ask(query, kind.media_type, keep=False)
    spent = (time.perf_counter() - begun) * 1000
    if response.status != 200:
        raise WrongAnswer(f"{kind.name} was answered with {response.status}.")
    return spent, response.length
