"""The report of a run: a page for people, a picture, and JSON for machines."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import chart, load
from benchmarks.measure import Bench, Result, Table
from benchmarks.peers import Peers

_MARKS = {
    "reached": "✓ reached",
    "missed": "✗ missed",
    "not measured": "not measured",
    "for information": "–",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where, when and with what a run was made; `minutes` is how long it took."""

    date: str
    minutes: float
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, str]


def circumstances(bench: Bench, seconds: float) -> Circumstances:
    """The circumstances of a run that has just ended."""
    return Circumstances(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        minutes=round(seconds / 60, 1),
        machine={
            "processor": _processor(),
            "cores": str(os.cpu_count() or 1),
            "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GiB",
            "system": f"{platform.system()} {platform.release()}",
            "load when it ended": f"{os.getloadavg()[0]:.1f}",
        },
        versions={
            "clustergraph": version("clustergraph"),
            "Python": platform.python_version(),
            **{name: version(name) for name in ("pyoxigraph", "uvicorn")},
            **peer_versions(bench.peers),
            "load generator": load.generator(),
        },
        settings={
            "triples": f"{bench.triples:,}",
            "rounds": str(bench.rounds),
            "seconds a load": f"{bench.seconds:g}",
        },
    )


def peer_versions(peers: Peers) -> dict[str, str]:
    """The versions of the peers that are installed."""
    found = {}
    if peers.oxigraph is not None:
        found["oxigraph serve"] = _told([str(peers.oxigraph), "--version"]).removeprefix("oxigraph ")
    if peers.rdflib_python is not None:
        ask = "from importlib.metadata import version; print(version('{}'))"
        for package in ("rdflib-endpoint", "rdflib"):
            found[package] = _told([str(peers.rdflib_python), "-c", ask.format(package)])
    return found


def markdown(results: Sequence[Result], run: Circumstances, *, picture: str | None = None) -> str:
    """The page: every target with what was reached, how it was measured, and the figures of every round."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench` or `make bench-large`; not to be edited. Our service beside "
        "`oxigraph serve` (in memory), rdflib-endpoint and the raw engine (pyoxigraph in a bare process), "
        "all in one run.",
        "",
        f"{run.date}, in {run.minutes:g} minutes. "
        + ", ".join(f"{name}: {value}" for name, value in run.machine.items())
        + ".",
        "",
        "Versions: " + ", ".join(f"{name} {value}" for name, value in run.versions.items()) + ".",
        "",
        "## Targets",
        "",
        *_table(
            Table(
                "",
                ["measure", "target", "reached", "verdict"],
                [
                    [f"{result.title}: {line.what}", line.target, line.reached, _MARKS[line.verdict]]
                    for result in results
                    for line in result.lines
                ],
            )
        ),
    ]
    if picture is not None:
        lines += [f"![Ratios beside their goals]({picture})", ""]
    lines += [
        "## Method",
        "",
        f"Machines are shared and noisy, so only ratios within one run count. The candidates take turns, "
        f"{run.settings['rounds']} rounds of each or fewer, in an order that turns round; a ratio is taken "
        "in every round and the median of the ratios is what is reported, with the smallest and the largest "
        "in brackets. Answers are compared with the raw engine’s before a rate is taken. The data are "
        "synthetic (`benchmarks/generator.py`, deterministic, "
        f"{run.settings['triples']} triples unless said otherwise); the twelve query types are in "
        "`benchmarks/queries/`. Everything runs on one machine, load generator included, so that an absolute "
        "figure is no promise for another one.",
        "",
    ]
    for result in results:
        lines += [f"## {result.title}", ""]
        for note in result.notes:
            lines += [note, ""]
        for table in result.tables:
            lines += [f"{table.caption}:", "", *_table(table)]
    return "\n".join(lines).rstrip() + "\n"


def as_json(results: Sequence[Result], run: Circumstances) -> str:
    """The same for machines, with the figures of every round."""
    document: dict[str, Any] = {
        "run": asdict(run),
        "results": {
            result.name: {
                "title": result.title,
                "lines": [asdict(line) for line in result.lines],
                "figures": result.figures,
            }
            for result in results
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write(results: Sequence[Result], run: Circumstances, *, page: Path, latest: Path) -> None:
    """Write page, picture and JSON."""
    picture = page.with_suffix(".svg")
    latest.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(chart.svg([line for result in results for line in result.lines]), encoding="utf-8")
    page.write_text(markdown(results, run, picture=picture.name), encoding="utf-8")
    latest.write_text(as_json(results, run), encoding="utf-8")


def _table(table: Table) -> list[str]:
    rows = [table.columns, ["---"] * len(table.columns), *table.rows]
    return [*("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows), ""]


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine() or sys.platform


def _told(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
