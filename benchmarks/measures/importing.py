"""Import of a simple table against reading its cells and parsing its statements, and the memory it takes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks import synthetic_table
from benchmarks.measure import Bench, Line, Result, at_most, figures_table, interleaved, spread, told
from benchmarks.servers import ROOT

_GOAL = 50_000
_MOST_GROWTH = 1.2
#: A round takes half a minute, and rounds hardly differ.
_ROUNDS = 3


def measure(bench: Bench) -> Result:
    """Rows a second of both, and the peak of memory at a quarter of the rows and at all."""
    place = bench.place("importing")
    place.mkdir(parents=True, exist_ok=True)
    rows = 100_000 if bench.quick else 1_000_000
    table, quarter, statements = (place / name for name in ("table.csv", "quarter.csv", "table.nq"))
    bench.say(f"making tables of {rows:,} and {rows // 4:,} rows")
    synthetic_table.make(table, rows)
    synthetic_table.make(quarter, rows // 4)
    synthetic_table.statements_of(table, statements)
    processes = len(os.sched_getaffinity(0))
    peaks: dict[Path, list[float]] = {table: [], quarter: []}

    def take(path: Path) -> float:
        found = _run("import", path, str(processes))
        peaks[path].append(found["own_mib"] + processes * found["child_mib"])
        return found["rows"] / found["seconds"]

    def raw(_: int) -> float:
        found = _run("raw", table, str(statements))
        return found["rows"] / found["seconds"]

    found = interleaved(
        bench,
        {"import": lambda _: take(table), "import of a quarter": lambda _: take(quarter), "raw": raw},
        at_most=_ROUNDS,
    )
    reached = statistics.median(found["import"])
    share = [ours / theirs for ours, theirs in zip(found["import"], found["raw"], strict=True)]
    growth = [whole / part for whole, part in zip(peaks[table], peaks[quarter], strict=True)]
    return Result(
        "importing",
        "Import of a simple table",
        [
            Line(
                what=f"rows a second of {rows:,} rows, {processes} processes",
                target=f"≥ {_GOAL:,}",
                reached=f"{reached:,.0f} ({spread(found['import'])})",
                verdict="reached" if reached >= _GOAL else "missed",
            ),
            told(
                "the same against csv.reader and a bare parse, one process",
                f"{statistics.median(share):.2f} ×",
            ),
            at_most("memory at four times the rows", growth, _MOST_GROWTH, "×"),
        ],
        [
            figures_table("Rows a second", found),
            figures_table(
                "Peak of memory, MiB", {"all rows": peaks[table][1:], "a quarter": peaks[quarter][1:]}
            ),
        ],
        [
            "import: validated row by row, every row compared for duplicates, statements compressed on disk. "
            "raw: cells read with `csv.reader`, the same statements parsed with pyoxigraph. Memory is that "
            "of the importing process and, for each of its children, that of the largest."
        ],
        {**found, "peak": peaks[table], "peak of a quarter": peaks[quarter]},
    )


def _run(task: str, path: Path, argument: str) -> dict[str, float]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.synthetic_table", task, str(path), argument],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found
