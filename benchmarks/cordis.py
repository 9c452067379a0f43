"""Time the import of a synthetic CORDIS dump, and what memory it takes.

    python benchmarks/cordis.py [PROJECTS]

The dump is made up; its default size is that of Horizon 2020: 35,000 projects, 178,000 participations. Each
size is read in a process of its own, at a tenth and at full size, so that growth of memory shows; the rate is
also given as a ratio to reading the same two tables with Python's csv alone. Batches are counted and dropped.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from clustergraph import iris
from clustergraph.sources.cordis.importer import CordisImporter
from clustergraph.sources.importing import ImportContext, ImportInput
from clustergraph.sources.places import known_territories

#: Participations for each project, and organisations for each project, as in Horizon 2020.
PARTICIPATIONS = 178 / 35
ORGANISATIONS = 40 / 35
REGIONS = ("DE111", "FR101", "ES300", "ITC4C", "PL911", "AT130", "BE100", "SE110", "FI1B1", "PT170")
LABELS = {iris.thing("programme/horizon-2020"): "Horizon 2020"}
_PROJECT = (
    "id acronym status title startDate endDate totalCost ecMaxContribution legalBasis topics ecSignatureDate "
    "frameworkProgramme masterCall subCall fundingScheme nature objective contentUpdateDate rcn grantDoi"
)
_ORGANISATION = (
    "projectID projectAcronym organisationID vatNumber name shortName SME activityType street postCode city "
    "country nutsCode geolocation organizationURL contactForm contentUpdateDate rcn order role "
    "ecContribution netEcContribution totalCost endOfParticipation active"
)


def write_dump(path: Path, projects: int) -> None:
    """A zip with the two tables; objectives have the length that real ones have."""
    objective = "Synthetic objective; made up for timing only. " * 40
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _write(archive, "project.csv", _PROJECT.split(" "), _projects(projects, objective))
        _write(archive, "organization.csv", _ORGANISATION.split(" "), _participations(projects))


def _write(archive: zipfile.ZipFile, name: str, header: list[str], rows: Iterator[dict[str, str]]) -> None:
    with archive.open(name, "w") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, header, restval="", delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


def _projects(number: int, objective: str) -> Iterator[dict[str, str]]:
    chance = random.Random(7)
    for each in range(number):
        begun = chance.randrange(2014, 2021)
        yield {
            "id": str(600_000 + each),
            "acronym": f"SYN{each}",
            "title": f"Synthetic project {each}",
            "startDate": f"{begun}-{chance.randrange(1, 13):02}-01",
            "endDate": f"{begun + 3}-{chance.randrange(1, 13):02}-28",
            "totalCost": f"{chance.randrange(100_000, 9_000_000)}.5",
            "ecMaxContribution": str(chance.randrange(50_000, 5_000_000)),
            "topics": f"SYN-{chance.randrange(400)}-{begun}",
            "frameworkProgramme": "H2020",
            "masterCall": f"SYN-CALL-{begun}",
            "objective": objective,
        }


def _participations(projects: int) -> Iterator[dict[str, str]]:
    chance = random.Random(8)
    for each in range(int(projects * PARTICIPATIONS)):
        project = int(each / PARTICIPATIONS)
        organisation = chance.randrange(int(projects * ORGANISATIONS))
        region = REGIONS[organisation % len(REGIONS)]
        yield {
            "projectID": str(600_000 + project),
            "projectAcronym": f"SYN{project}",
            "organisationID": str(900_000_000 + organisation),
            "name": f"Synthetic organisation {organisation}",
            "country": region[:2],
            "nutsCode": region,
            "role": "participant",
            "ecContribution": f"{chance.randrange(10_000, 900_000)}.25",
        }


def read_raw(path: Path) -> int:
    """The rows of both tables by csv alone."""
    rows = 0
    with zipfile.ZipFile(path) as archive:
        for name in ("project.csv", "organization.csv"):
            with archive.open(name) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
                rows += sum(1 for _ in csv.reader(text, delimiter=";")) - 1
    return rows


def read_dump(path: Path) -> tuple[int, int]:
    """The rows that are taken and the faults that are found."""
    source = ImportInput(path, path.name)
    rows = faults = 0
    for batch in CordisImporter(known_territories).read(
        source, ImportContext(graph="synthetic", labels=LABELS)
    ):
        rows += batch.rows
        faults += len(batch.faults)
    return rows, faults


def measured(path: Path) -> tuple[int, float, float, float, float]:
    """Rows, seconds for csv alone, seconds for the import, MiB before and MiB at the peak."""
    known_territories()
    begun = time.perf_counter()
    raw_rows = read_raw(path)
    raw = time.perf_counter() - begun
    before = _peak()
    begun = time.perf_counter()
    rows, faults = read_dump(path)
    assert (rows, faults) == (raw_rows, 0) or raw_rows - rows < raw_rows / 100, (rows, raw_rows, faults)
    return rows, raw, time.perf_counter() - begun, before, _peak()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(projects: int) -> None:
    """Print rows, rates and memory at a tenth of the size and at the full size."""
    with tempfile.TemporaryDirectory() as directory:
        for size in (projects // 10, projects):
            path = Path(directory) / f"dump-{size}.zip"
            write_dump(path, size)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                rows, raw, ours, before, peak = pool.apply(measured, (path,))
            print(
                f"{size:,} projects, {rows:,} rows: {ours:.1f} s, {rows / ours:,.0f} rows/s, "
                f"{ours / raw:.1f} times csv alone; memory {before:.0f} MiB before, {peak:.0f} MiB at most"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 35_000)
