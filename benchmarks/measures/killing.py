"""A query over its deadline: when its worker is gone, and when the next query on that slot is answered."""

from __future__ import annotations

import os
import select
import time
from contextlib import ExitStack

from benchmarks import procfs, servers, workload
from benchmarks.client import Client
from benchmarks.measure import Bench, Result, Table, at_most
from benchmarks.servers import Server

_DEADLINE = 1.5
_GONE_SECONDS = 0.5
_NEXT_MS = 100.0
#: A worker that has used this much more processor time is at work.
_COMPUTING_SECONDS = 0.05


def measure(bench: Bench) -> Result:
    """Both of two workers are occupied; a small query waits for the one whose query is killed."""
    gone: list[float] = []
    after: list[float] = []
    with ExitStack() as stack:
        bench.say("starting clustergraph")
        settings = {"cache_mib": 0, "workers": 2, "query_deadline_seconds": 600}
        ours = stack.enter_context(servers.ours(bench.place("killing"), [bench.data], settings=settings))
        other = stack.enter_context(Client(ours.endpoint))
        before = _used(ours)
        other.send(ours.endpoint.target(workload.heavy_query(0)), workload.JSON)
        busy = _busy_worker(ours, set(), before)
        small = workload.load(workload.LOOK_UP).many(bench.population, bench.rounds * 2)
        for number in range(bench.rounds * 2):
            overdue, next_one = _once(ours, busy, number, small[number])
            gone.append(overdue)
            after.append(next_one)
            bench.say(f"gone {overdue * 1000:.0f} ms after its deadline; next answer {next_one:.1f} ms later")
    return Result(
        "killing",
        "A killed query",
        [
            at_most("worker gone after its deadline", gone, _GONE_SECONDS, "s", worst=True),
            at_most(
                f"next query on that slot answered, at {bench.triples:,} triples",
                after,
                _NEXT_MS,
                "ms",
                worst=True,
            ),
        ],
        [
            Table(
                "By kill",
                ["kill", "gone after the deadline, ms", "next answer after that, ms"],
                [
                    [str(number + 1), f"{overdue * 1000:.1f}", f"{next_one:.1f}"]
                    for number, (overdue, next_one) in enumerate(zip(gone, after, strict=True))
                ],
            )
        ],
        [
            "Two workers, both occupied by counts that take hours; one has a deadline of a second "
            "(`timeout=1`). A "
            "small query waits in the queue for it. The worker’s end is seen through a pidfd; the deadline "
            "counts from when the client has sent the query. The largest of all kills counts."
        ],
        {"gone_seconds": gone, "next_milliseconds": after},
    )


def _once(ours: Server, busy: int, number: int, small: str) -> tuple[float, float]:
    with Client(ours.endpoint) as doomed, Client(ours.endpoint) as waiting:
        before = _used(ours)
        sent = time.perf_counter()
        doomed.send(
            ours.endpoint.target(workload.heavy_query(number + 1), timeout=str(_DEADLINE)), workload.JSON
        )
        worker = _busy_worker(ours, {busy}, before)
        watched = os.pidfd_open(worker)
        try:
            waiting.send(ours.endpoint.target(small), workload.JSON)
            poll = select.poll()
            poll.register(watched, select.POLLIN)
            if not poll.poll(20_000):
                raise TimeoutError("The worker outlived its deadline by 20 s.")
            ended = time.perf_counter()
        finally:
            os.close(watched)
        response = waiting.receive()
        answered = time.perf_counter()
        assert response.status == 200, response
        refused = doomed.receive()
        assert refused.status in (503, 504), refused
    return ended - sent - _DEADLINE, (answered - ended) * 1000


def _used(ours: Server) -> dict[int, float]:
    return {worker: procfs.processor_seconds(worker) for worker in ours.workers()}


def _busy_worker(ours: Server, others: set[int], before: dict[int, float]) -> int:
    """The worker that has begun to compute since `before`, other than some; TimeoutError where none has."""
    end = time.perf_counter() + _DEADLINE * 0.9
    while time.perf_counter() < end:
        for worker, seconds in _used(ours).items():
            if worker not in others and seconds - before.get(worker, 0.0) >= _COMPUTING_SECONDS:
                return worker
        time.sleep(0.01)
    raise TimeoutError("No worker computes although a heavy query was sent.")
