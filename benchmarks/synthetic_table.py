"""A simple table of a million made-up organisations, its import, and the raw work beside it.

    python -m benchmarks.synthetic_table make FILE ROWS
    python -m benchmarks.synthetic_table import FILE PROCESSES
    python -m benchmarks.synthetic_table raw FILE NQUADS

Each of the last two prints JSON: seconds, rows and the peak of memory in MiB, children included.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.imports.intake import Request, take_in
from clustergraph.imports.workspace import Workspace
from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import Code, Day, PlainDecimal, ThingId
from clustergraph.sources.importing import ImportContext, ImportInput, TableImporter, unpacked
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import day, decimal

COLUMNS = ("id", "name", "country", "founded", "budget", "source_url")


class SimpleRow(SourcedRow):
    """A made-up organisation."""

    id: ThingId
    name: str
    country: Code
    founded: Day
    budget: PlainDecimal


def emit(statements: Statements, row: SimpleRow) -> None:
    """Six triples: class, label, page, country, day and number."""
    graph = statements.graph
    statements.named(row.id, row, [f"{CG}ClusterOrganisation"], row.name)
    graph.link(row.id, f"{CG}basedIn", iris.thing(f"country/{row.country}"))
    graph.add(row.id, f"{DCT}issued", day(row.founded))
    graph.add(row.id, "https://example.org/synthetic/budget", decimal(row.budget))


SIMPLE = TableKind(
    name="simple",
    title="Synthetic organisations",
    model=SimpleRow,
    subject=lambda row: row.id,
    emit=emit,
    label=lambda row: row.name,
)


def make(path: Path, rows: int) -> None:
    """Write a table; the same every time."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number in range(rows):
            writer.writerow(
                (
                    f"cluster-organisation/synthetic-{number}",
                    f"Synthetic cluster {number}, made up",
                    ("it", "fr", "de", "es", "pl")[number % 5],
                    f"{1980 + number % 40}-0{1 + number % 9}-1{number % 10}",
                    f"{number % 1000}.5",
                    f"https://example.org/synthetic/{number % 100}",
                )
            )


def take(path: Path, processes: int) -> dict[str, float]:
    """Import a table as the command does, without building; statements and workspace on disk."""
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        workspace = Workspace(Path(directory) / "rows.sqlite")
        request = Request(
            importer=TableImporter(SIMPLE),
            source=ImportInput(path, path.name),
            context=ImportContext(graph="synthetic", processes=processes),
        )
        begun = time.perf_counter()
        intake = take_in(request, Path(directory), workspace)
        seconds = time.perf_counter() - begun
        workspace.close()
    assert intake.staged is not None, intake.faults[:3]
    return {"seconds": seconds, "rows": intake.rows}


def raw(path: Path, statements: Path) -> dict[str, float]:
    """Read the cells with csv and parse the same statements with pyoxigraph, and no more."""
    begun = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as lines:
        rows = sum(1 for _ in csv.reader(lines)) - 1
    parsed = sum(1 for _ in ox.parse(path=str(statements), format=ox.RdfFormat.N_QUADS))
    return {"seconds": time.perf_counter() - begun, "rows": rows, "quads": parsed}


def statements_of(path: Path, target: Path) -> None:
    """The statements of a table as plain N-Quads."""

    with target.open("wb") as out:
        for batch in TableImporter(SIMPLE).read(
            ImportInput(path, path.name), ImportContext(graph="synthetic")
        ):
            with tempfile.TemporaryFile() as packed:
                packed.write(batch.statements)
                packed.seek(0)
                out.write(unpacked(packed).read())


def main(task: str, file: str, argument: str) -> None:
    """Do one task and print what it took."""
    if task == "make":
        make(Path(file), int(argument))
        return
    found = take(Path(file), int(argument)) if task == "import" else raw(Path(file), Path(argument))
    used = [
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps({**found, "own_mib": used[0], "child_mib": used[1]}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
