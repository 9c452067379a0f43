"""Memory of zygote and workers together against a bare process with the same store."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

from benchmarks import procfs, servers, workload
from benchmarks.client import Client
from benchmarks.measure import Bench, Line, Result, Table, WrongAnswer, told
from benchmarks.procfs import MIB
from benchmarks.servers import Server

_WORKERS = 4
_GOAL = 1.15
#: Longer than the workers take to part with the next of them.
_SETTLED_SECONDS = 6.0


def measure(bench: Bench) -> Result:
    """PSS after the twelve query types ran on every worker, and the raw engine's after the same."""
    kinds = workload.load_all()
    with ExitStack() as stack:
        place = bench.place("memory")
        bench.say("starting clustergraph and the raw engine")
        settings = {"cache_mib": 0, "workers": _WORKERS}
        ours = stack.enter_context(servers.ours(place, [bench.data], settings=settings))
        raw = stack.enter_context(servers.raw_engine(place, bench.data))
        idle = _pss(ours), procfs.proportional([raw.pid])
        for kind in kinds:
            for query in kind.many(bench.population, 3):
                raw.ask(query, kind.media_type)
                _on_every_worker(ours, query, kind.media_type)
        busy = _pss(ours)
        rested = _settle(ours)
        asked = _pss(ours), procfs.proportional([raw.pid])
        workers = len(ours.workers())
        front = procfs.proportional(ours.fronts())
    after = asked[0] / asked[1]
    before = idle[0] / idle[1]
    resting = asked[0] / idle[1]
    working = busy / idle[1]
    return Result(
        "memory",
        "Memory",
        [
            Line(
                what=f"zygote and {workers} workers after the twelve queries, {rested:.0f} s at rest, "
                f"at {bench.triples:,} triples",
                target=f"≤ {_GOAL} × raw store",
                reached=f"{after:.2f} × of the raw process after the same queries, "
                f"{resting:.2f} × of it just loaded",
                verdict="reached" if max(after, resting) <= _GOAL else "missed",
            ),
            told(
                "the moment every worker has run all twelve",
                f"{working:.2f} × the raw process just loaded",
            ),
            told("zygote and workers just started", f"{before:.2f} × the raw process just loaded"),
            told("the front process besides", f"{front / MIB:.0f} MiB"),
        ],
        [
            Table(
                "MiB (PSS: each shared page counted once)",
                ["", "just loaded", "at work", "at rest"],
                [
                    ["zygote and workers", *(f"{each / MIB:.0f}" for each in (idle[0], busy, asked[0]))],
                    ["raw process", f"{idle[1] / MIB:.0f}", "", f"{asked[1] / MIB:.0f}"],
                ],
            )
        ],
        [
            "Proportional set size of the zygote and all its workers, from smaps_rollup. Each query "
            "type ran three times on all workers at once. Oxigraph counts references in every quad that a "
            "scan passes, so a worker at work copies the pages it reads; it keeps them while it works, for "
            "the next scan is then as fast as the raw engine's, and gives them back when it has had nothing "
            "to do for some seconds. The raw process keeps what its own queries took, so the figure at rest "
            "is held against it both before and after them; the worse counts."
        ],
        {"idle": idle, "busy": busy, "asked": asked, "front": front},
    )


def _settle(server: Server) -> float:
    """Wait until the workers have given back what they give back at rest; returns the seconds it took."""
    started = time.monotonic()
    least, since = _pss(server), started
    while time.monotonic() - since < _SETTLED_SECONDS:
        time.sleep(0.5)
        now = _pss(server)
        if now < least * 0.98:
            least, since = now, time.monotonic()
    return since - started


def _pss(server: Server) -> int:
    return procfs.proportional([*server.zygotes(), *server.workers()])


def _on_every_worker(server: Server, query: str, media_type: str) -> None:
    """As many at once as there are workers, each unlike the others by a comment."""
    failures: list[str] = []

    def one(number: int) -> None:
        with Client(server.endpoint) as client:
            response = client.ask(f"{query}# {number}\n", media_type, keep=False)
            if response.status != 200:
                failures.append(f"{response.status}: {response.body[:200]!r}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(_WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise WrongAnswer("; ".join(failures))
