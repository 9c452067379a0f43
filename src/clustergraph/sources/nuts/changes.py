"""What became of codes from one version of NUTS to the next.

From 2021 to 2024 by the workbook, from 2016 to 2021 by the table `data/tables/nuts_changes.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import model_validator

from clustergraph.sources.nuts.workbook import NEW, OLD, Pairing, Workbook
from clustergraph.sources.table import Row


class Kind(StrEnum):
    """What happened to a territory; each is a concept of the scheme territorial-change."""

    CODE_CHANGE = "code-change"
    BOUNDARY_SHIFT = "boundary-shift"
    MERGER = "merger"
    SPLIT = "split"
    NEW_REGION = "new-region"


class Basis(StrEnum):
    """Whether a source pairs the codes, or the project by comparing labels, blocks and levels below."""

    STATED = "stated"
    DERIVED = "derived"


_WORDS: Final = {
    "Boundary shift": Kind.BOUNDARY_SHIFT,
    "Code change": Kind.CODE_CHANGE,
    "Merged": Kind.MERGER,
    "Split": Kind.SPLIT,
}


class ChangeRow(Row):
    """A row of `nuts_changes.csv`: one code before, one after, and where that is stated."""

    version_before: str
    code_before: str | None
    label_before: str | None
    version_after: str
    code_after: str
    label_after: str
    change: Kind
    basis: Basis
    source: str

    @model_validator(mode="after")
    def _begins_only_if_new(self) -> ChangeRow:
        if (self.code_before is None) != (self.change is Kind.NEW_REGION):
            raise ValueError("a new region has no code before, and any other change has one")
        return self


@dataclass(frozen=True, slots=True)
class Change:
    """A code of one version and the codes of the next that its territory went to, whole or in part.

    A territory that only got another code, or was merged whole into one other, has exactly one code after.
    """

    version_before: str
    version_after: str
    before: str
    after: tuple[str, ...]
    kind: Kind
    basis: Basis
    row: int | None = None

    @property
    def keeps_whole(self) -> bool:
        """Whether everything in the territory before is in the one territory after."""
        return self.kind in (Kind.CODE_CHANGE, Kind.MERGER) and len(self.after) == 1


def changes_of_table(rows: Iterable[tuple[int, ChangeRow]]) -> Iterator[Change]:
    """The changes of the table, the rows of one code gathered; new regions are no change of a code."""
    gathered: dict[tuple[str, str, str], list[tuple[int, ChangeRow]]] = {}
    for number, row in rows:
        if row.code_before is not None:
            key = (row.version_before, row.version_after, row.code_before)
            gathered.setdefault(key, []).append((number, row))
    for (version_before, version_after, before), found in gathered.items():
        number, first = found[0]
        after = tuple(row.code_after for _, row in found)
        yield Change(version_before, version_after, before, after, first.change, first.basis, number)


def changes_of_workbook(book: Workbook) -> Iterator[Change]:
    """The changes from 2021 to 2024: code changes as the workbook pairs them, other successors derived.

    The territories that changed in one block may each have gone to every one that began in it. A region of
    level 2 went, besides, to the regions that hold the successors of its parts.
    """
    ended = {pairing.old: pairing for pairing in book.pairings if pairing.old and pairing.old != pairing.new}
    begun = {pairing.new: pairing for pairing in book.pairings if pairing.old is None and pairing.new}
    after: dict[str, tuple[str, ...]] = {}
    for code, pairing in sorted(ended.items(), key=lambda each: -each[1].level):
        if pairing.new is not None:
            after[code] = (pairing.new,)
        else:
            after[code] = tuple(sorted({*_in_block(pairing, book, begun), *_above(code, after)}))
    for code, pairing in ended.items():
        basis = Basis.STATED if pairing.new is not None else Basis.DERIVED
        yield Change(OLD, NEW, code, after[code], _WORDS[pairing.change], basis)


def _in_block(pairing: Pairing, book: Workbook, begun: dict[str, Pairing]) -> Iterator[str]:
    """The successors of a code within its block: of the same label if the boundaries shifted, else all."""
    for codes, successors in book.blocks:
        if pairing.old in codes:
            same = [code for code in successors if code in begun and begun[code].label == pairing.label]
            alone = pairing.level == 2 and len(same) == 1
            yield from same if alone else (code for code in successors if code in begun)


def _above(code: str, after: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The regions that hold what the parts of a region became."""
    for part, successors in after.items():
        if len(part) == len(code) + 1 and part.startswith(code):
            yield from (successor[:-1] for successor in successors)
