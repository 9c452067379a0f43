"""Ten million triples, in memory and on disk: time to load, memory, and the twelve query types once."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import peers, procfs, servers, workload
from benchmarks.client import Client
from benchmarks.measure import Bench, Result, Table, told
from benchmarks.procfs import MIB

#: What the service and the raw engine in memory need together at ten million triples.
MEMORY_NEEDED_MIB = 10_000
_ON_DISK = {"cache_mib": 0, "in_memory_mib": 0}
_IN_MEMORY = {"cache_mib": 0, "in_memory_mib": 1_000_000}


def measure(bench: Bench) -> Result:
    """Our service in memory and on disk, each beside the raw engine over the same data."""
    place = bench.place("large")
    bench.say(f"generating {bench.triples:,} triples")
    begun = time.perf_counter()
    file = bench.data
    generated = time.perf_counter() - begun
    rows: list[list[str]] = []
    queries: dict[str, dict[str, float]] = {}
    for name, settings in (("in memory", _IN_MEMORY), ("on disk", _ON_DISK)):
        if name == "in memory" and _available_mib() < MEMORY_NEEDED_MIB * bench.triples / 10_000_000:
            bench.say("not enough memory for the store in memory")
            continue
        bench.say(f"starting clustergraph, {name}")
        with servers.ours(place / name.replace(" ", "-"), [file], settings=settings) as server:
            engine = procfs.proportional([*server.zygotes(), *server.workers()])
            rows.append([f"clustergraph, {name}", f"{server.seconds_to_start:.1f}", f"{engine / MIB:,.0f}"])
            queries[f"ours, {name}"] = _over_http(bench, server)
    with ExitStack() as stack:
        if _available_mib() >= MEMORY_NEEDED_MIB / 2 * bench.triples / 10_000_000:
            bench.say("starting the raw engine in memory")
            raw = stack.enter_context(servers.raw_engine(place, file))
            rows.append(
                ["raw, in memory", f"{raw.load_seconds:.1f}", f"{procfs.proportional([raw.pid]) / MIB:,.0f}"]
            )
            queries["raw, in memory"] = _raw(bench, raw)
    if bench.peers.oxigraph is not None:
        bench.say("oxigraph load, then the raw engine on disk")
        seconds, store = _on_disk(bench.peers.oxigraph, place, file)
        with servers.raw_engine(place, file, store=store) as raw:
            rows.append(
                [
                    "raw, on disk (oxigraph load)",
                    f"{seconds:.1f}",
                    f"{procfs.proportional([raw.pid]) / MIB:,.0f}",
                ]
            )
            queries["raw, on disk"] = _raw(bench, raw)
        bench.say("starting oxigraph serve-read-only")
        with peers.oxigraph_on_disk(bench.peers.oxigraph, place, file) as server:
            memory = procfs.proportional([server.process])
            rows.append([server.name, f"{server.seconds_to_start:.1f}", f"{memory / MIB:,.0f}"])
            queries[server.name] = _over_http(bench, server)
    columns = list(queries)
    return Result(
        "large",
        f"{bench.triples:,} triples",
        [told(f"load, {row[0]}", f"{row[1]} s, {row[2]} MiB") for row in rows],
        [
            Table("Load and memory (PSS just after it)", ["", "seconds", "MiB"], rows),
            Table(
                "The twelve query types, milliseconds, median of three drawn queries",
                ["query", *columns],
                [[name, *(f"{queries[column][name]:.2f}" for column in columns)] for name in workload.NAMES],
            ),
        ],
        [
            f"The data were generated in {generated:.1f} s."
            if generated > 1
            else "The data were there already."
        ],
        {"load": rows, "queries": queries},
    )


def _over_http(bench: Bench, server: servers.Server) -> dict[str, float]:
    found = {}
    with Client(server.endpoint) as client:
        for kind in workload.load_all():
            spent = []
            for query in kind.many(bench.population, 3):
                begun = time.perf_counter()
                response = client.ask(query, kind.media_type, keep=False)
                spent.append((time.perf_counter() - begun) * 1000)
                if response.status != 200:
                    spent[-1] = float("nan")
            found[kind.name] = statistics.median(spent)
            bench.say(f"{kind.name}: {found[kind.name]:.1f} ms")
    return found


def _raw(bench: Bench, raw: servers.RawEngine) -> dict[str, float]:
    return {
        kind.name: statistics.median(
            raw.ask(query, kind.media_type)[0][0] for query in kind.many(bench.population, 3)
        )
        for kind in workload.load_all()
    }


def _on_disk(binary: Path, place: Path, file: Path) -> tuple[float, Path]:
    begun = time.perf_counter()
    store = peers.store_on_disk(binary, place, file)
    return time.perf_counter() - begun, store


def _available_mib() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return 0.0
