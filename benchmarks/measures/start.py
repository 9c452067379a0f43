"""Start of `serve` on a built release against loading the same file in a bare process."""

from __future__ import annotations

import statistics
import time

from benchmarks import releases, servers
from benchmarks.measure import Bench, Line, Result, figures_table, interleaved, ratios, spread, told

_GOAL = 1.3


def measure(bench: Bench) -> Result:
    """Seconds from the start of the process to the first answer, and to the store being loaded."""
    place = bench.place("start")
    home = place / "home"
    bench.say("making a release of synthetic data")
    dataset = releases.built(home, bench.triples).dataset
    loads: list[float] = []

    def serve(_: int) -> float:
        with servers.ours(place, settings={"home": str(home)}) as server:
            return server.seconds_to_start

    def load(number: int) -> float:
        begun = time.perf_counter()
        with servers.raw_engine(place, dataset) as raw:
            if number >= 0:
                loads.append(raw.load_seconds)
            return time.perf_counter() - begun

    found = interleaved(bench, {"serve": serve, "raw": load})
    against = ratios(found["serve"], found["raw"])
    reached = statistics.median(against)
    only_load = statistics.median(ratios(found["serve"], loads))
    return Result(
        "start",
        "Start on a built release",
        [
            Line(
                what=f"start of serve on a release of {bench.triples:,} triples",
                target=f"≤ {_GOAL} × raw load",
                reached=f"{reached:.2f} × ({spread(against)})",
                verdict="reached" if reached <= _GOAL else "missed",
            ),
            told("the same against bulk_load alone, without the start of Python", f"{only_load:.2f} ×"),
        ],
        [figures_table("Seconds until the first answer", {**found, "bulk_load alone": loads}, 2)],
        [
            "serve: from starting the command to the answer of a trivial query, checksums of the "
            "release included. "
            "raw: from starting a bare Python process to its store being loaded with `bulk_load` from "
            "the same file."
        ],
        {**found, "bulk_load": loads},
    )
