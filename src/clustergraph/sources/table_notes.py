"""What each curated table is about and what it covers: written by hand, in the metadata beside the table."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustergraph.errors import UnusableInput
from clustergraph.sources.content import Content
from clustergraph.sources.csvw import group_metadata, metadata
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.kinds.kind import TableKind


@dataclass(frozen=True, slots=True)
class CuratedTable:
    """A curated table with its kind; `notes` is where its metadata stand."""

    kind: TableKind[Any]
    path: Path

    @property
    def notes(self) -> Path:
        """The metadata document (CSVW section 5.2.1: the name of the file with `-metadata.json`)."""
        return self.path.with_name(f"{self.path.name}-metadata.json")

    def stated(self) -> tuple[str, str]:
        """Title and description as the curators wrote them; the title of the kind where there is none.

        Raises UnusableInput where the metadata are no JSON object.
        """
        if not self.notes.is_file():
            return self.kind.title, ""
        try:
            told = json.loads(self.notes.read_text(encoding="utf-8"))
            return str(told.get("dc:title", self.kind.title)), str(told.get("dc:description", ""))
        except (OSError, ValueError, AttributeError) as error:
            raise UnusableInput(
                f"The metadata of the table cannot be read: {error}.",
                where=str(self.notes),
                fix="Correct the JSON, or remove the file and run `clustergraph check --write-metadata`.",
            ) from error

    def text(self) -> str:
        """The metadata as they should be: title and description as stated, columns from the row model."""
        return _written(self.told())

    def told(self) -> dict[str, Any]:
        """These metadata as a JSON object."""
        title, description = self.stated()
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
        return metadata(self.kind, self.path.name, header, title=title, description=description)

    def cells(self, column: str) -> Iterator[tuple[int, str]]:
        """The cells of a column that are not empty, with the numbers of their rows (the header is row 1)."""
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), 2):
                if cell := (row.get(column) or "").strip():
                    yield number, cell

    def count(self) -> int:
        """How many rows the table has."""
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            return max(0, sum(1 for record in csv.reader(lines) if record) - 1)


def curated_tables(content: Content) -> Iterator[CuratedTable]:
    """Every curated table that is there, in the order of the kinds."""
    for kind in KINDS:
        path = content.data / "tables" / f"{kind.name}.csv"
        if path.is_file():
            yield CuratedTable(kind, path)


def group_notes(content: Content) -> tuple[Path, str]:
    """Where the metadata of all curated tables together stand (CSVW section 5.3), and what they should be."""
    told = group_metadata([(table.kind, table.told()) for table in curated_tables(content)])
    return content.data / "tables" / "csv-metadata.json", _written(told)


def _written(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
