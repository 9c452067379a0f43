"""What a measure is told and what it gives back; medians and interleaving."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyoxigraph as ox

from benchmarks import generator, peers, workload
from benchmarks.client import Client
from benchmarks.generator import Population
from benchmarks.peers import Peers
from benchmarks.servers import Server

Verdict = Literal["reached", "missed", "not measured", "for information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """How a run measures.

    `triples` is the size of the data of most measures, `small` the one where a peer could not load more in
    fair time; `rounds` how often the candidates take turns; `seconds` how long a load lasts; a `quick` run
    only shows that everything works; `say` is told what happens.
    """

    directory: Path
    peers: Peers
    triples: int
    small: int
    rounds: int
    seconds: float
    quick: bool
    say: Callable[[str], None]

    @property
    def data(self) -> Path:
        """The dataset of most measures."""
        return generator.dataset(self.directory / "data", self.triples)

    @property
    def small_data(self) -> Path:
        return generator.dataset(self.directory / "data", self.small)

    @property
    def population(self) -> Population:
        return Population.of(self.triples)

    def place(self, name: str) -> Path:
        """A directory for the logs and homes of one measure."""
        return self.directory / "runs" / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One target and what was reached of it."""

    what: str
    target: str
    reached: str
    verdict: Verdict
    ratio: float | None = None
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Raw figures: a caption, the names of the columns, and rows of text."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one measure found; `figures` are the numbers of every round, for machines."""

    name: str
    title: str
    lines: Sequence[Line]
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


class WrongAnswer(Exception):
    """A server answered something else than the raw engine: its speed says nothing."""


def at_least(what: str, ratios: Sequence[float], goal: float, *, of: str) -> Line:
    """A line on the median of ratios that should be no smaller than `goal`."""
    reached = statistics.median(ratios)
    return Line(
        what=what,
        target=f"≥ {goal:g} × {of}",
        reached=f"{reached:.2f} × ({spread(ratios)})",
        verdict="reached" if reached >= goal else "missed",
        ratio=reached,
        goal=goal,
    )


def at_most(what: str, values: Sequence[float], goal: float, unit: str, *, worst: bool = False) -> Line:
    """A line on values that should be no larger than `goal`: their median, or with `worst` the largest."""
    reached = max(values) if worst else statistics.median(values)
    return Line(
        what=what,
        target=f"≤ {goal:g} {unit}",
        reached=f"{reached:.3g} {unit} ({spread(values)})",
        verdict="reached" if reached <= goal else "missed",
    )


def told(what: str, reached: str) -> Line:
    """A line without a target."""
    return Line(what=what, target="–", reached=reached, verdict="for information")


def not_measured(what: str, target: str, why: str) -> Line:
    """A line on a target that this run could not measure."""
    return Line(what=what, target=target, reached=why, verdict="not measured")


def spread(values: Sequence[float]) -> str:
    """The smallest and the largest of the rounds."""
    return f"{min(values):.3g}–{max(values):.3g}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratio of each round."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def interleaved(
    bench: Bench,
    candidates: Mapping[str, Callable[[int], float]],
    *,
    warm: bool = True,
    at_most: int | None = None,
) -> dict[str, list[float]]:
    """Measure every candidate once a round, in an order that turns round each time.

    A candidate is told the number of the round. The first turn of each is thrown away with `warm`. They take
    turns `at_most` so often, where that is given.
    """
    found: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    if warm:
        for name in names:
            candidates[name](-1)
    rounds = min(bench.rounds, at_most or bench.rounds)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(candidates[name](number))
        bench.say(
            f"round {number + 1}/{rounds}: "
            + ", ".join(f"{name} {values[-1]:.4g}" for name, values in found.items())
        )
    return found


def figures_table(caption: str, found: Mapping[str, Sequence[float]], digits: int = 0) -> Table:
    """Every round of every candidate, and the median."""
    rounds = len(next(iter(found.values())))
    return Table(
        caption,
        ["", *(f"round {number + 1}" for number in range(rounds)), "median"],
        [
            [name, *(f"{value:,.{digits}f}" for value in values), f"{statistics.median(values):,.{digits}f}"]
            for name, values in found.items()
        ],
    )


def start_peers(
    bench: Bench, stack: ExitStack, name: str, *, disk: bool = False, rdflib: bool = False
) -> dict[str, Server]:
    """The peers that are installed, started: oxigraph in memory and, if asked for, others."""
    started: dict[str, Server] = {}
    place = bench.place(name)
    if bench.peers.oxigraph is not None:
        bench.say("starting oxigraph serve")
        started["oxigraph"] = stack.enter_context(peers.oxigraph(bench.peers.oxigraph, place, bench.data))
        if disk:
            bench.say("starting oxigraph serve-read-only")
            on_disk = peers.oxigraph_on_disk(bench.peers.oxigraph, place, bench.data)
            started["oxigraph on disk"] = stack.enter_context(on_disk)
    if rdflib and bench.peers.rdflib_python is not None:
        bench.say("starting rdflib-endpoint")
        started["rdflib-endpoint"] = stack.enter_context(
            peers.rdflib_endpoint(bench.peers.rdflib_python, place, bench.small_data)
        )
    return started


def check_answers(asked: Iterable[Server], file: Path, queries: Sequence[str]) -> None:
    """Compare the rows that servers answer with the raw engine's; raises WrongAnswer where they differ."""
    store = ox.Store()
    store.bulk_load(path=str(file), base_iri="file:///")
    expected = [_rows(_serialised(store, query)) for query in queries]
    for server in asked:
        with Client(server.endpoint) as client:
            for query, rows in zip(queries, expected, strict=True):
                response = client.ask(query, workload.JSON)
                if response.status != 200:
                    raise WrongAnswer(f"{server.name} answered {response.status}: {response.body[:300]!r}")
                if _rows(response.body) != rows:
                    raise WrongAnswer(f"{server.name} answered other rows than the raw engine to:\n{query}")


def _serialised(store: ox.Store, query: str) -> bytes:
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return solutions.serialize(format=ox.QueryResultsFormat.JSON) or b""


def _rows(body: bytes) -> list[str]:
    bindings = json.loads(body)["results"]["bindings"]
    return sorted(json.dumps(row, sort_keys=True) for row in bindings)
