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
from clustergraph.sources.csvw import metadata
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
        title, description = self.stated()
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
        told = metadata(self.kind, self.path.name, header, title=title, description=description)
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"

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
