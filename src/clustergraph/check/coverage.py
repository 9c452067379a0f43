"""The coverage check: every statement of the inventory is carried by the dataset, or left out with a reason.

`data/coverage.csv` maps each inventory id to the IRIs that carry it. The IRIs follow from the `statements`
columns of the deck tables and are written by `clustergraph check --write-coverage`; the reasons are written
by curators and kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox
from pydantic import Field

from clustergraph import iris
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.inventory import InventoryEntry, read_inventory
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.check.places import Places
from clustergraph.errors import Fault
from clustergraph.evidence import Locator
from clustergraph.sources.cells import Names
from clustergraph.sources.content import Content
from clustergraph.sources.table import Row, TableReading, read_table

_WRITE = "Run `clustergraph check --write-coverage`, and read what it changes."


class CoverageRow(Row):
    """An inventory id with the IRIs that carry it, or with the reason why none does."""

    statement: str
    carriers: Names = Field(alias="iris")
    reason: str | None


Numbered = tuple[int, CoverageRow]


@measured("coverage")
def check_coverage(dataset: CheckedDataset, inventory: Path | None = None) -> Findings:
    """Compare `data/coverage.csv` with the tables, the dataset and, where given, the inventory."""
    reading = read_coverage(dataset.content)
    faults = list(reading.faults)
    if not faults:
        faults += _row_faults(reading)
        faults += _out_of_step(reading, dataset.collection.carried)
        faults += _dangling(reading, dataset.asserted)
    carried = sum(1 for _, row in reading.rows if row.carriers)
    figures = f"{plural(carried, 'statement')} carried, {len(reading.rows) - carried} left out with a reason"
    if inventory is None:
        return Findings(f"{figures}; not compared with an inventory", tuple(faults))
    entries = read_inventory(inventory)
    faults += _against_inventory(reading, entries, Places(dataset.asserted))
    return Findings(f"{figures}; {plural(len(entries), 'inventory row')}", tuple(faults))


def coverage_path(content: Content) -> Path:
    """Where the coverage table stands."""
    return content.data / "coverage.csv"


def read_coverage(content: Content) -> TableReading[CoverageRow]:
    """The coverage table with its faults."""
    path = coverage_path(content)
    return read_table(path, content.relative(path), CoverageRow)


def write_coverage(dataset: CheckedDataset) -> Path:
    """Bring `data/coverage.csv` in step with the tables, keeping reasons of what they do not carry."""
    path = coverage_path(dataset.content)
    rows = read_coverage(dataset.content).rows if path.is_file() else []
    reasons = {row.statement: row.reason for _, row in rows if row.reason}
    path.write_text(coverage_text(dataset.collection.carried, reasons), encoding="utf-8")
    return path


def coverage_text(carried: Mapping[str, Iterable[str]], reasons: Mapping[str, str]) -> str:
    """The coverage table, sorted by kind and number of the inventory id."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["statement", "iris", "reason"])
    for statement in sorted({*carried, *reasons}, key=_kind_and_number):
        names = "|".join(iris.compact(subject) for subject in sorted(set(carried.get(statement, ()))))
        writer.writerow([statement, names, "" if names else reasons[statement]])
    return buffer.getvalue()


def _kind_and_number(statement: str) -> tuple[str, int, str]:
    match = re.search(r"\d+$", statement)
    return statement[: match.start()] if match else statement, int(match[0]) if match else 0, statement


def _fault(file: str, number: int | None, row_id: str, message: str, fix: str) -> Fault:
    return Fault(rule="coverage", message=message, fix=fix, file=file, row=number, value=row_id)


def _row_faults(reading: TableReading[CoverageRow]) -> Iterable[Fault]:
    seen: dict[str, int] = {}
    for number, row in reading.rows:
        first = seen.setdefault(row.statement, number)
        if first != number:
            message = f"{row.statement} is listed already in row {first}."
            yield _fault(reading.file, number, row.statement, message, "Keep one of the two rows.")
        if bool(row.carriers) == bool(row.reason):
            held = "both IRIs and a reason" if row.reason else "neither IRIs nor a reason"
            yield _fault(
                reading.file,
                number,
                row.statement,
                f"{row.statement} has {held}.",
                "A statement is carried by IRIs, or left out for a reason of a sentence.",
            )


def _out_of_step(reading: TableReading[CoverageRow], carried: Mapping[str, Iterable[str]]) -> Iterable[Fault]:
    listed = {row.statement: (number, set(row.carriers)) for number, row in reading.rows}
    for statement in sorted(carried):
        number, names = listed.get(statement, (None, set()))
        expected = set(carried[statement])
        if names != expected:
            apart = ", ".join(iris.compact(each) for each in sorted(names ^ expected))
            message = f"{statement} is out of step with the column statements of the tables: {apart}."
            yield _fault(reading.file, number, statement, message, _WRITE)
    for statement, (number, names) in listed.items():
        if names and statement not in carried:
            message = f"{statement} has IRIs here, but no row of the tables carries it."
            yield _fault(reading.file, number, statement, message, _WRITE)


def _dangling(reading: TableReading[CoverageRow], store: ox.Store) -> Iterable[Fault]:
    for number, row in reading.rows:
        for name in row.carriers:
            described = store.quads_for_pattern(ox.NamedNode(name), None, None, ox.DefaultGraph())
            if next(described, None) is None:
                message = f"{iris.compact(name)}, which should carry {row.statement}, is not in the dataset."
                yield _fault(reading.file, number, row.statement, message, _WRITE)


def _against_inventory(
    reading: TableReading[CoverageRow], entries: Mapping[str, InventoryEntry], places: Places
) -> Iterable[Fault]:
    listed = {row.statement: (number, row) for number, row in reading.rows}
    for statement, entry in entries.items():
        if statement not in listed:
            yield _fault(
                reading.file,
                None,
                statement,
                f"{statement} ({entry.kind}, row {entry.row} of the inventory) is neither carried nor left "
                "out for a reason.",
                "Carry it in a deck table and name it in the column statements, or give a reason here.",
            )
            continue
        number, row = listed[statement]
        if row.carriers and (reason := _misplaced(row, entry, places)) is not None:
            fix = "Correct the deck and lines of the table row that carries it."
            yield _fault(reading.file, number, statement, reason, fix)
    for statement, (number, _) in listed.items():
        if statement not in entries:
            message = f"The inventory has no {statement}."
            yield _fault(reading.file, number, statement, message, "Correct the id.")


def _misplaced(row: CoverageRow, entry: InventoryEntry, places: Places) -> str | None:
    """Why the evidence of the carriers does not point at the statement; None where it does.

    Each deck that the statement names must be pointed at, on lines that the statement names.
    """
    cited = [place for name in row.carriers for place in places.of(name)]
    for deck in entry.decks:
        wanted = [place for place in entry.places if place.source == deck]
        if not any(_overlap(one, other) for one in cited for other in wanted):
            lines = "; ".join(place.words for place in wanted)
            return f"{row.statement} stands in {deck} ({lines}), but its evidence does not point there."
    return None


def _overlap(one: Locator, other: Locator) -> bool:
    return one.source == other.source and one.first <= other.last and other.first <= one.last
