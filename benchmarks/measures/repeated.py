"""The same query again: from the cache, and as If-None-Match; no worker may be touched."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import load, procfs, servers, workload
from benchmarks.client import Client
from benchmarks.measure import (
    Bench,
    Line,
    Result,
    at_least,
    check_answers,
    figures_table,
    interleaved,
    not_measured,
    ratios,
    start_peers,
)
from benchmarks.servers import Server

_CLIENTS = 8


def measure(bench: Bench) -> Result:
    """Rates of a repeated look-up and of 304 answers, and what the workers did meanwhile."""
    query = workload.load(workload.LOOK_UP).many(bench.population, 1)[0]
    with ExitStack() as stack:
        bench.say("starting clustergraph")
        ours = stack.enter_context(servers.ours(bench.place("repeated"), [bench.data]))
        peers = start_peers(bench, stack, "repeated")
        check_answers((ours, *peers.values()), bench.data, [query])
        target = ours.endpoint.target(query)
        with Client(ours.endpoint) as client:
            response = client.get(target, workload.JSON)
            etag = response.headers.get("etag", "")
            known = (f"If-None-Match: {etag}",)
            again = client.get(target, workload.JSON, headers=known) if etag else response

        def rate(server: Server, headers: tuple[str, ...] = ()) -> float:
            return load.run(
                server.endpoint,
                [server.endpoint.target(query)],
                clients=_CLIENTS,
                seconds=bench.seconds,
                accept=workload.JSON,
                headers=headers,
            ).per_second

        touched = {name: _Touch(ours) for name in ("cache", "If-None-Match")}

        def watched(name: str, headers: tuple[str, ...]) -> float:
            with touched[name]:
                return rate(ours, headers)

        candidates = {"cache": lambda _: watched("cache", ())}
        if again.status == 304:
            candidates["If-None-Match"] = lambda _: watched("If-None-Match", known)
        if "oxigraph" in peers:
            candidates["oxigraph"] = lambda _: rate(peers["oxigraph"])
        found = interleaved(bench, candidates)
    lines = []
    for name, what in (
        ("cache", "the same query again, 8 clients"),
        ("If-None-Match", "If-None-Match, 8 clients"),
    ):
        if name not in found:
            lines.append(
                not_measured(what, "≥ 0.45 × oxigraph serve", f"ETag {etag!r} answered {again.status}")
            )
            continue
        if "oxigraph" in found:
            theirs = found["oxigraph"]
            lines.append(at_least(what, ratios(found[name], theirs), 0.45, of="oxigraph serve"))
        lines.append(touched[name].line(name))
    return Result(
        "repeated",
        "The same query again",
        lines,
        [figures_table("Requests a second, 8 clients", found)],
        [
            "One look-up, repeated. oxigraph serve has no cache and evaluates it each time; our cache "
            "has its "
            "default size. Whether a worker was touched is read from Linux: the context switches of "
            "all worker "
            "processes while the load ran, in which a process that sleeps has none.",
        ],
        {**found, "switches": {name: touch.switches for name, touch in touched.items()}},
    )


class _Touch:
    """Counts how often the workers of a server woke while it was entered."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.switches = 0
        self.requested = False

    def __enter__(self) -> None:
        self._before = {worker: procfs.switches(worker) for worker in self._server.workers()}

    def __exit__(self, *_: object) -> None:
        now = {worker: procfs.switches(worker) for worker in self._server.workers()}
        self.switches += sum(count - self._before.get(worker, 0) for worker, count in now.items())

    def line(self, name: str) -> Line:
        return Line(
            what=f"workers touched meanwhile ({name})",
            target="none",
            reached="none" if self.switches == 0 else f"{self.switches} context switches",
            verdict="reached" if self.switches == 0 else "missed",
        )
