"""The build stage by stage over a synthetic ecosystem, and its closure against the naive fixpoint.

Every figure is taken in a process of its own (`benchmarks/stages.py`), so that memory and caches are its own.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from benchmarks import closure, ecosystem
from benchmarks.ecosystem import Size
from benchmarks.generator import write_blocks
from benchmarks.measure import (
    Bench,
    Line,
    Result,
    Table,
    WrongAnswer,
    at_least,
    figures_table,
    not_measured,
    ratios,
    told,
)
from benchmarks.servers import ROOT

_GOAL = 3.0
_CLOSED = 1_000_000
#: Beside which owlrl and pySHACL are asked: a few thousand triples, and the ontology.
_FEW = Size(20)
_STAGES = (
    "collect", "close", "contradictions", "validate asserted", "validate closed", "canonicalise", "publish",
)  # fmt: skip
_LIMIT_SECONDS = 1200.0
_WORDS = {
    "build": "build",
    "unvalidated": "build without validation",
    "close": "build up to its closure",
}
_OURS_AND_NAIVE = {"ours": "close", "naive": "naive"}
_EVERY_WAY = {
    **_OURS_AND_NAIVE,
    "naive, joined by hash": "naive-by-hash",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds by stage, counts, and the peak of memory in MiB of one process."""

    seconds: dict[str, float]
    counts: dict[str, int]
    peak: float


def measure(bench: Bench) -> Result:
    """The closure at a million triples, and every stage at a few tens of thousands."""
    sizes = [5_000, 15_000] if bench.quick else [20_000, 60_000]
    lines, tables, figures = _both(bench, 20_000 if bench.quick else _CLOSED, _OURS_AND_NAIVE)
    few_lines, few_table = _few(bench)
    growth, stages = _growth(bench, sizes, "build")
    return Result(
        "build",
        "A full build",
        [*lines, *few_lines, *growth],
        [*tables, few_table, stages],
        [
            "Seconds of processor time, each task in a process of its own. The ecosystem "
            "(`benchmarks/ecosystem.py`) conforms to the shapes: organisations in regions, partnerships "
            "under calls and instruments, priorities, figures and the places that state them; a little more "
            "is inferred from it than asserted. The links (`benchmarks/closure.py`) join made-up things at "
            "random over every property of the ontology.",
            "The naive fixpoint runs the same rules one after the other as SPARQL updates until a whole pass "
            "adds nothing. It does not know what was inferred, and has no budget and no deadline; the "
            "closure knows and has them. `make bench-large` also runs it with the joins of the closure "
            "(“joined by hash”), and builds as far as memory reaches.",
        ],
        figures,
    )


def measure_large(bench: Bench) -> Result:
    """The closure every way at a million triples, every stage up to there, and some of them beyond.

    A build holds the dataset as text beside the store, and a tenfold one is too much of that for most
    machines; collecting and closing it is not.
    """
    small, large = (3_000, 30_000) if bench.quick else (100_000, 1_000_000)
    lines, tables, figures = _both(bench, large, _EVERY_WAY)
    for sizes, task in (
        ([small, large], "build"),
        ([large, large * 4], "unvalidated"),
        ([large, large * 10], "close"),
    ):
        growth, stages = _growth(bench, sizes, task)
        lines += growth
        tables.append(stages)
    return Result("build-large", "A full build, large", lines, tables, (), figures)


def _both(
    bench: Bench, triples: int, tasks: Mapping[str, str]
) -> tuple[list[Line], list[Table], dict[str, dict[str, list[float]]]]:
    """The closure of both kinds of data."""
    lines: list[Line] = []
    tables: list[Table] = []
    figures: dict[str, dict[str, list[float]]] = {}
    for name, file in (
        ("an ecosystem", _data(bench, Size.of_triples(triples))),
        ("links over every property", _links(bench, triples)),
    ):
        more, table, figures[name] = _closures(bench, file, f"{triples:,} triples, {name}", tasks)
        lines += more
        tables.append(table)
    return lines, tables, figures


def _closures(
    bench: Bench, file: Path, what: str, tasks: Mapping[str, str]
) -> tuple[list[Line], Table, dict[str, list[float]]]:
    found: dict[str, list[float]] = {name: [] for name in tasks}
    passes: dict[str, int] = {}
    inferred = set()
    for name, task in tasks.items():
        run = _run(bench, task, file)
        found[name].append(_LIMIT_SECONDS if run is None else run.seconds["close"])
        if run is not None:
            passes[name] = run.counts["rounds"]
            inferred.add(run.counts["inferred"])
        bench.say(f"closure of {what}, {name}: {found[name][-1]:.1f} s")
    if len(inferred) > 1:
        raise WrongAnswer(f"the closures differ: {sorted(inferred)} triples")
    against = {name: ratios(found[name], found["ours"]) for name in tasks if name != "ours"}
    lines = [at_least(f"closure of {what}", against["naive"], _GOAL, of="as fast as the naive fixpoint")]
    lines += [
        told(f"closure of {what}, {name}", f"{statistics.median(against[name]):.2f} × as fast")
        for name in list(against)[1:]
    ]
    took = ", ".join(f"{name} {count}" for name, count in passes.items())
    caption = f"Closure of {what}, {max(inferred):,} inferred, seconds (passes: {took})"
    return lines, figures_table(caption, found, 1), found


def _few(bench: Bench) -> tuple[list[Line], Table]:
    """owlrl and pySHACL beside ours, where they end in fair time."""
    file = _data(bench, _FEW)
    rows, lines = [], []
    for what, stage, ours, peer in (
        ("closure", "close", "close", "owlrl"),
        ("validation", "validate", "validate", "pyshacl"),
    ):
        own, other = _run(bench, ours, file), _run(bench, peer, file)
        if own is None or other is None:
            lines.append(not_measured(f"{what} against {peer}", "–", "over its time or memory"))
            continue
        asserted, mine, theirs = own.counts["asserted"], own.seconds[stage], other.seconds[stage]
        rows.append([what, peer, f"{asserted:,}", f"{mine:.2f}", f"{theirs:.2f}"])
        lines.append(told(f"{what} of {asserted:,} triples", f"{theirs / mine:.0f} × as fast as {peer}"))
    return lines, Table("Small data, seconds", ["", "peer", "triples", "ours", "peer’s"], rows)


def _growth(bench: Bench, sizes: list[int], task: str) -> tuple[list[Line], Table]:
    """Every stage at two sizes, beside the raw parser, and which of them grow faster than the data."""
    parsed: list[float] = []
    runs: list[Run] = []
    for triples in sizes:
        file = _data(bench, Size.of_triples(triples))
        bench.say(f"{task} of {triples:,} triples")
        raw, run = _run(bench, "parse", file), _run(bench, task, file)
        if raw is None or run is None:
            return [not_measured(f"{task} of {triples:,} triples", "–", "over its time or memory")], Table(
                "", [""], []
            )
        parsed.append(raw.seconds["parse"])
        runs.append(run)
    small, large = runs
    grown = large.counts["asserted"] / small.counts["asserted"]
    rows = [
        ["raw parser", *(f"{spent:.2f}" for spent in parsed), "1.0", f"{parsed[1] / parsed[0] / grown:.2f}"]
    ]
    steep = []
    for stage in [name for name in _STAGES if name in large.seconds]:
        mine, theirs = small.seconds[stage], large.seconds[stage]
        growth = theirs / mine / grown
        rows.append([stage, f"{mine:.2f}", f"{theirs:.2f}", f"{theirs / parsed[1]:.1f}", f"{growth:.2f}"])
        if growth > 1.5:
            steep.append(f"{stage} {growth:.1f} ×")
    totals = [sum(run.seconds.values()) for run in runs]
    rows.append(
        ["all", *(f"{spent:.2f}" for spent in totals), f"{totals[1] / parsed[1]:.1f}",
         f"{totals[1] / totals[0] / grown:.2f}"]
    )  # fmt: skip
    rows.append(
        [
            "peak memory, MiB",
            *(f"{run.peak:,.0f}" for run in runs),
            "",
            f"{large.peak / small.peak / grown:.2f}",
        ]
    )
    asserted = [f"{run.counts['asserted']:,}" for run in runs]
    words = _WORDS[task]
    line = told(
        f"{words}, stages that grow faster than the data from {asserted[0]} to {asserted[1]} triples",
        ", ".join(steep) or "none (> 1.5 ×)",
    )
    columns = [
        "stage",
        *(f"{count} triples" for count in asserted),
        "× raw parser",
        "growth ÷ growth of the data",
    ]
    return [line], Table(f"Seconds of each stage of a {words}", columns, rows)


def _data(bench: Bench, size: Size) -> Path:
    path = bench.directory / "data" / f"ecosystem-{size.organisations}.nq"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        ecosystem.write(path, size, nquads=True)
    return path


def _links(bench: Bench, triples: int) -> Path:
    path = bench.directory / "data" / f"links-{triples}.nq"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = ox.parse(path=str(ROOT / "ontology" / "clustergraph.ttl"), format=ox.RdfFormat.TURTLE)
        ontology = [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in text]
        blocks = (f"{quad.triple} .\n" for quad in closure.synthetic(ontology, triples))
        write_blocks(path, blocks, nquads=True)
    return path


def _run(bench: Bench, task: str, file: Path) -> Run | None:
    """One task in a process of its own; None where it passed its time or its memory."""
    home = bench.place("build") / task
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.stages", task, str(file), str(home)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode < 0 or "MemoryError" in done.stderr:
        return None
    if done.returncode != 0:
        raise OSError(f"{task} failed: {done.stderr.strip().splitlines()[-1:]}")
    answer = json.loads(done.stdout)
    return Run(answer["seconds"], answer["counts"], answer["peak"])
