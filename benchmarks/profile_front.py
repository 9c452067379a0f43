"""Where the front process spends its time for one small look-up.

    python -m benchmarks.profile_front [--seconds 8] [--clients 8] [--repeated] [--triples 100000]

Puts load on `clustergraph serve` and prints three tables: processor time a request by process, and, where
py-spy is installed, self time of the front by part and by function. `--repeated` asks one query again and
again, so that the cache answers. py-spy's collapsed stacks are kept, for any flame graph viewer.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import generator, load, procfs, servers, workload
from benchmarks.generator import Population
from benchmarks.servers import ROOT, Server

#: Parts of the front by what stands in the path of a frame's file; the first that fits counts.
_PARTS: Final = (
    ("clustergraph/engine", "engine (front side)"),
    ("clustergraph/service", "service"),
    ("clustergraph/", "other clustergraph"),
    ("starlette", "starlette"),
    ("fastapi", "fastapi"),
    ("uvicorn", "uvicorn"),
    ("uvloop", "uvloop"),
    ("asyncio", "asyncio"),
    ("prometheus_client", "prometheus_client"),
    ("structlog", "structlog"),
    ("logging", "logging"),
    ("lib/python", "standard library"),
)


def main() -> int:
    """Profile and print."""
    given = _arguments()
    console = Console()
    file = generator.dataset(given.directory / "data", given.triples)
    place = given.directory / "runs" / "profile"
    query = workload.load(workload.LOOK_UP)
    queries = query.many(Population.of(given.triples), 1 if given.repeated else 8_000)
    settings = {} if given.repeated else {"cache_mib": 0}
    with servers.ours(place, [file], settings=settings) as server:
        targets = [server.endpoint.target(text) for text in queries]

        def asked(seconds: float) -> load.Load:
            return load.run(
                server.endpoint, targets, clients=given.clients, seconds=seconds, accept=workload.JSON
            )

        asked(2)
        console.print(_by_process(server, lambda: asked(given.seconds), given.seconds))
        stacks = _sampled(server.process, given, place, lambda: asked(given.seconds + 2))
    if stacks is None:
        console.print("py-spy is not installed, or may not look at the process: no table by function.")
        return 1
    console.print(_shares("Self time of the front, by part", _by_part(stacks)))
    console.print(_shares("Self time of the front, by function", _by_function(stacks), most=given.functions))
    console.print(f"Stacks: {place / 'stacks.txt'}")
    return 0


def _by_process(server: Server, ask: Callable[[], load.Load], seconds: float) -> Table:
    groups = {"front": server.fronts(), "zygote": server.zygotes(), "workers": server.workers()}
    before = {name: sum(map(procfs.processor_seconds, group)) for name, group in groups.items()}
    rate = ask().per_second
    table = Table(title=f"Processor time, {rate:,.0f} requests a second", title_justify="left")
    table.add_column("process")
    table.add_column("µs a request", justify="right")
    table.add_column("of one core", justify="right")
    for name, group in groups.items():
        spent = sum(map(procfs.processor_seconds, group)) - before[name]
        table.add_row(name, f"{spent / (rate * seconds) * 1e6:.0f}", f"{spent / seconds:.0%}")
    return table


def _sampled(
    process: int, given: argparse.Namespace, place: Path, ask: Callable[[], load.Load]
) -> list[tuple[list[str], int]] | None:
    in_environment = given.peers / "bin" / "py-spy"
    spy = str(in_environment) if in_environment.exists() else shutil.which("py-spy")
    if spy is None:
        return None
    output = place / "stacks.txt"
    command = [spy, "record", "--pid", str(process), "--format", "raw", "--output", str(output)]
    command += ["--duration", str(round(given.seconds)), "--rate", "500", "--full-filenames", "--nolineno"]
    command += ["--native"] if given.native else []
    recording = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ask()
    if recording.wait() != 0:
        return None
    found = []
    for line in output.read_text(encoding="utf-8").splitlines():
        stack, _, samples = line.rpartition(" ")
        found.append((stack.split(";"), int(samples)))
    return found


def _by_part(stacks: Iterable[tuple[list[str], int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, samples in stacks:
        found[next((name for mark, name in _PARTS if mark in stack[-1]), "native and other")] += samples
    return found


def _by_function(stacks: Iterable[tuple[list[str], int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, samples in stacks:
        function, _, place = stack[-1].partition(" (")
        short = place.rstrip(")").rpartition("site-packages/")[2].rpartition("src/")[2]
        found[f"{function} ({short})"] += samples
    return found


def _shares(title: str, found: Counter[str], *, most: int = 20) -> Table:
    total = sum(found.values()) or 1
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("share", justify="right")
    for name, samples in found.most_common(most):
        table.add_row(name, f"{samples / total:.1%}")
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--triples", type=int, default=100_000)
    parser.add_argument("--functions", type=int, default=30, help="How many functions to list.")
    parser.add_argument(
        "--repeated", action="store_true", help="One query again and again: the cache answers."
    )
    parser.add_argument("--native", action="store_true", help="Also native frames (uvloop, httptools).")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-bench")
    parser.add_argument("--directory", type=Path, default=ROOT / "benchmarks" / "scratch")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
