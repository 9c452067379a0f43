"""The curators' inventory of the decks: every statement found in them, with the lines that hold it.

It is not part of the project; where it is at hand, the coverage check compares with it.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clustergraph.errors import Fault, UnusableInput
from clustergraph.evidence import Locator, parse_lines

_COLUMNS: Final = ("id", "kind", "deck", "slide")
_FILE: Final = re.compile(r"(\d{3})_[0-9a-f]+\.txt")
_LINES: Final = re.compile(r"\[([L\d,;-]+)\]")


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """One statement of the inventory: its row, kind, decks, and the places it may stand in.

    Lines of a statement that compares several decks are not told apart by deck: `places` then holds each
    range for each of the decks.
    """

    row: int
    kind: str
    decks: tuple[str, ...]
    places: tuple[Locator, ...]


def read_inventory(path: Path) -> dict[str, InventoryEntry]:
    """Read the inventory: a CSV file with the columns id, kind, deck (file names) and slide (`… [L28-30]`).

    Raises UnusableInput when it is no such table, with a fault for each row that names no deck or no lines.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(
            "The inventory cannot be read.", where=str(path), fix="Name a readable CSV file in UTF-8."
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UnusableInput(
            f"The inventory lacks the columns {', '.join(missing)}.",
            where=str(path),
            fix=f"Its header has {', '.join(_COLUMNS)}.",
        )
    entries: dict[str, InventoryEntry] = {}
    faults: list[Fault] = []
    for number, row in enumerate(reader, start=2):
        entry = _entry(number, row)
        if not entry.places:
            faults.append(
                Fault(
                    rule="located statement",
                    message=f"The row of {row['id']} names no deck or no lines.",
                    fix="Write the file name in the column deck, and lines such as [L28-30] in slide.",
                    file=path.name,
                    row=number,
                )
            )
        entries[row["id"]] = entry
    if faults:
        raise UnusableInput("The inventory has rows without a place.", faults, where=str(path))
    return entries


def _entry(number: int, row: dict[str, str]) -> InventoryEntry:
    decks = tuple(f"deck-{match[1]}" for match in _FILE.finditer(row["deck"]))
    ranges = ";".join(match[1].replace("L", "").replace(",", ";") for match in _LINES.finditer(row["slide"]))
    try:
        places = tuple(place for deck in decks for place in parse_lines(deck, ranges))
    except ValueError:
        places = ()
    return InventoryEntry(number, row["kind"], decks, places)
