"""The build stage by stage over a synthetic ecosystem, and its closure against the naive fixpoint.

Every figure is taken in a process of its own (`benchmarks/stages.py`), so that memory and caches are its own.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ecosystem
from benchmarks.ecosystem import Size
from benchmarks.measure import Bench, Line, Result, Table, at_least, figures_table, not_measured, ratios, told
from benchmarks.servers import ROOT

_GOAL = 3.0
_CLOSED = 1_000_000
#: Beside which owlrl and pySHACL are asked: a few thousand triples, and the ontology.
_FEW = Size(20)
_STAGES = (
    "collect", "close", "contradictions", "validate asserted", "validate closed", "canonicalise", "publish",
)  # fmt: skip
_LIMIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds by stage, counts, and the peak of memory in MiB of one process."""

    seconds: dict[str, float]
    counts: dict[str, int]
    peak: float


def measure(bench: Bench) -> Result:
    """The closure at a million triples, and the stages at a tenth and a hundredth of it."""
    small, middle = (10_000, 30_000) if bench.quick else (30_000, 100_000)
    closed = 100_000 if bench.quick else _CLOSED
    lines, tables, figures = _closures(bench, closed, rounds=1 if bench.quick else 2)
    few_lines, few_table = _few(bench)
    growth, stages = _growth(bench, [small, middle], "build")
    return Result(
        "build",
        "A full build",
        [*lines, *few_lines, *growth],
        [*tables, few_table, stages],
        [
            "The data are a synthetic ecosystem (`benchmarks/ecosystem.py`) that conforms to the shapes: "
            "organisations in regions, partnerships under calls and instruments, priorities, figures and the "
            "places that state them; about as many triples as asserted are inferred. The naive fixpoint runs "
            "the same rules one after the other as SPARQL updates until a whole pass adds nothing; it keeps "
            "no inferred graph, no budget and no deadline, which the closure does. “As written” leaves joins "
            "to the engine; “joined by hash” gives it the joins of the closure.",
            "`make bench-large` builds a million triples, and ten million without validation.",
        ],
        figures,
    )


def measure_large(bench: Bench) -> Result:
    """The stages at a hundred thousand and a million triples, and at ten million without validation."""
    sizes = [10_000, 100_000] if bench.quick else [100_000, 1_000_000]
    growth, stages = _growth(bench, sizes, "build")
    most, without = _growth(bench, [sizes[-1], sizes[-1] * 10], "unvalidated")
    return Result("build-large", "A full build, large", [*growth, *most], [stages, without])


def _closures(bench: Bench, triples: int, rounds: int) -> tuple[list[Line], list[Table], dict[str, object]]:
    file = _data(bench, Size.of_triples(triples))
    tasks = {"ours": "close", "naive, as written": "naive", "naive, joined by hash": "naive-by-hash"}
    found: dict[str, list[float]] = {name: [] for name in tasks}
    passes: dict[str, int] = {}
    inferred = set()
    for number in range(rounds):
        for name in tasks if number % 2 == 0 else reversed(tasks):
            run = _run(bench, tasks[name], file)
            if run is None:
                found[name].append(_LIMIT_SECONDS)
                continue
            found[name].append(run.seconds["close"])
            passes[name] = run.counts["rounds"]
            inferred.add(run.counts["inferred"])
            bench.say(f"{name}: {found[name][-1]:.1f} s")
    assert len(inferred) == 1, f"the closures differ: {inferred}"
    size = f"{triples:,} triples"
    lines = [
        at_least(
            f"closure of {size} ({name})",
            ratios(found[name], found["ours"]),
            _GOAL,
            of="as fast as the naive fixpoint",
        )
        for name in list(tasks)[1:2]
    ]
    by_hash = statistics.median(ratios(found["naive, joined by hash"], found["ours"]))
    lines.append(told(f"closure of {size} (naive, joined by hash)", f"{by_hash:.2f} × as fast"))
    took = ", ".join(f"{name} {count}" for name, count in passes.items())
    caption = f"Seconds for the closure of {size}, {inferred.pop():,} inferred; passes: {took}"
    return lines, [figures_table(caption, found, 1)], dict(found)


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
            lines.append(not_measured(f"{what} against {peer}", "–", "over its time"))
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
            return [not_measured(f"{task} of {triples:,} triples", "–", "over its time")], Table("", [""], [])
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
    words = "build" if task == "build" else "build without validation"
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


def _run(bench: Bench, task: str, file: Path) -> Run | None:
    """One task in a process of its own; None where it passed its time."""
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
    if done.returncode != 0:
        raise OSError(f"{task} failed: {done.stderr.strip().splitlines()[-1:]}")
    answer = json.loads(done.stdout)
    return Run(answer["seconds"], answer["counts"], answer["peak"])
