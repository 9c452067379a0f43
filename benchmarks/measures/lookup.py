"""Small look-ups that no cache has seen, from 1, 8 and 32 clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks import load, servers, workload
from benchmarks.generator import Population
from benchmarks.measure import (
    Bench,
    Line,
    Result,
    Table,
    at_least,
    check_answers,
    figures_table,
    interleaved,
    not_measured,
    ratios,
    start_peers,
    told,
)
from benchmarks.servers import Server

_GOAL_CLIENTS = 8
_CLIENTS = (_GOAL_CLIENTS, 1, 32)
#: Rounds of the loads that no goal is set for.
_ROUNDS_BESIDES = 3
_TARGETS = 8_000


def measure(bench: Bench) -> Result:
    """One front process, as many as there are cores, and the peers, in requests a second."""
    cores = os.cpu_count() or 1
    uncached = {"cache_mib": 0}
    place = bench.place("lookup")
    with ExitStack() as stack:
        candidates = {"one front": _ours(stack, bench, "one front", uncached)}
        many = f"{cores} fronts"
        if cores > 1:
            candidates[many] = _ours(stack, bench, many, {**uncached, "processes": cores})
        candidates |= start_peers(bench, stack, "lookup", disk=not bench.quick, rdflib=True)
        query = workload.load(workload.LOOK_UP)
        queries = {
            name: query.many(
                Population.of(bench.small if name == "rdflib-endpoint" else bench.triples), _TARGETS
            )
            for name in candidates
        }
        others = [server for name, server in candidates.items() if name != "rdflib-endpoint"]
        check_answers(others, bench.data, queries["one front"][:20])
        if "rdflib-endpoint" in candidates:
            smaller = queries["rdflib-endpoint"][:20]
            check_answers([candidates["rdflib-endpoint"]], bench.small_data, smaller)
        fronts = len(candidates[many].fronts()) if many in candidates else 0
        found: dict[int, dict[str, list[float]]] = {}
        for clients in _CLIENTS[:1] if bench.quick else _CLIENTS:
            bench.say(f"{clients} clients, requests a second")
            found[clients] = interleaved(
                bench,
                {
                    name: _loading(server, queries[name], clients, bench.seconds)
                    for name, server in candidates.items()
                },
                at_most=None if clients == _GOAL_CLIENTS else _ROUNDS_BESIDES,
            )
    logs = place.relative_to(bench.directory)
    return Result(
        "lookup",
        "Small look-up, not cached",
        _lines(found, many, fronts, cores),
        [_table(clients, rates) for clients, rates in found.items()],
        [
            f"Every request asks for another organisation; our cache is off (CLUSTERGRAPH_CACHE_MIB=0). "
            f"rdflib-endpoint serves {bench.small:,} triples, all others {bench.triples:,}. "
            f"{cores} cores serve the servers and the load generator alike. Logs: {logs}.",
        ],
        {f"c={clients}": rates for clients, rates in found.items()},
    )


def _ours(stack: ExitStack, bench: Bench, name: str, settings: dict[str, int]) -> Server:
    bench.say(f"starting clustergraph, {name}")
    place = bench.place("lookup") / name.replace(" ", "-")
    return stack.enter_context(servers.ours(place, [bench.data], settings=settings))


def _loading(server: Server, queries: list[str], clients: int, seconds: float) -> Callable[[int], float]:
    targets = [server.endpoint.target(query) for query in queries]

    def rate(_: int) -> float:
        return load.run(
            server.endpoint, targets, clients=clients, seconds=seconds, accept=workload.JSON
        ).per_second

    return rate


def _lines(found: dict[int, dict[str, list[float]]], many: str, fronts: int, cores: int) -> list[Line]:
    eight = found[_GOAL_CLIENTS]
    one = eight["one front"]
    lines: list[Line] = []
    if "oxigraph" in eight:
        theirs = eight["oxigraph"]
        lines.append(at_least("one front process, 8 clients", ratios(one, theirs), 0.22, of="oxigraph serve"))
        what = f"as many front processes as cores ({cores}), 8 clients"
        if many in eight and fronts >= cores:
            lines.append(at_least(what, ratios(eight[many], theirs), 0.35, of="oxigraph serve"))
        else:
            lines.append(not_measured(what, "≥ 0.35 × oxigraph serve", f"{fronts} front processes ran"))
    else:
        lines.append(not_measured("one front process, 8 clients", "≥ 0.22 × oxigraph serve", "not installed"))
    if "rdflib-endpoint" in eight:
        theirs = eight["rdflib-endpoint"]
        lines.append(at_least("one front process, 8 clients", ratios(one, theirs), 5, of="rdflib-endpoint"))
    else:
        lines.append(not_measured("one front process, 8 clients", "≥ 5 × rdflib-endpoint", "not installed"))
    if "oxigraph on disk" in eight:
        line = at_least("", ratios(one, eight["oxigraph on disk"]), 0, of="")
        lines.append(told("one front process, 8 clients, of oxigraph serve on disk", line.reached))
    for clients in (each for each in found if each != _GOAL_CLIENTS):
        rates = found[clients]
        if "oxigraph" in rates:
            for name in ("one front", many):
                if name in rates:
                    line = at_least("", ratios(rates[name], rates["oxigraph"]), 0, of="")
                    lines.append(told(f"{name}, {clients} clients, of oxigraph serve", line.reached))
    return lines


def _table(clients: int, rates: dict[str, list[float]]) -> Table:
    return figures_table(f"Requests a second, {clients} clients", rates)
