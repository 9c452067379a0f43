"""Moving NUTS codes from one version to a later one.

Source of the rule: `docs/decisions/0017-moving-codes.md`.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from clustergraph.errors import UnusableInput
from clustergraph.sources.nuts.changes import Kind
from clustergraph.sources.nuts.index import NutsIndex
from clustergraph.sources.nuts.territories import VERSIONS

_UNKNOWN: Final = "unknown-code"
_MIXED: Final = "mixed-versions"
_WHY: Final = {
    Kind.SPLIT: "the territory was divided",
    Kind.BOUNDARY_SHIFT: "its boundary moved",
    Kind.MERGER: "it was merged, and the source does not say into which territory as a whole",
    Kind.NEW_REGION: "it has no counterpart",
    Kind.CODE_CHANGE: "it got several codes",
}


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one code: the new code, or why there is none, with the codes that come into question.

    `reason` is empty for a code that was moved or kept; `merged` marks a code whose territory is now part of
    a larger one.
    """

    code: str
    to: str | None
    reason: str = ""
    message: str = ""
    candidates: tuple[str, ...] = ()
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A cell that was left as it was: its row as a spreadsheet counts it, and why."""

    row: int
    code: str
    reason: str
    message: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted table and the report: how many cells were kept, moved and moved into a larger territory."""

    text: str
    kept: int
    moved: int
    merged: int
    empty: int
    unmoved: tuple[Unmoved, ...]

    def as_json(self) -> dict[str, object]:
        """The report, without the table."""
        counts = {name: getattr(self, name) for name in ("kept", "moved", "merged", "empty")}
        return {
            **counts,
            "unmoved": [asdict(each) for each in self.unmoved],
            "reasons": dict(sorted(Counter(each.reason for each in self.unmoved).items())),
        }


def check_versions(before: str, after: str) -> None:
    """Raise UnusableInput unless codes can be moved between the two versions."""
    for version in (before, after):
        if version not in VERSIONS:
            raise UnusableInput(
                f"NUTS {version} is not known here.",
                fix=f"The versions known are {', '.join(VERSIONS)}; Eurostat has tables for older ones.",
            )
    if VERSIONS.index(before) >= VERSIONS.index(after):
        raise UnusableInput(
            f"Codes are moved to a later version, and NUTS {after} is not later than {before}.",
            fix="Exchange --from and --to, or leave the file as it is.",
        )


def move(index: NutsIndex, code: str, before: str, after: str) -> Move:
    """Where a code of one version is in a later one; identity first, then the changes step by step."""
    key = code.strip().upper()
    territory = index.find(key, before)
    if territory is None or before not in territory.codes or (len(key) == 2 and after not in territory.codes):
        return _no(index, key, before, after)
    if after in territory.codes:
        return Move(key, territory.codes[after])
    merged = False
    steps = VERSIONS[VERSIONS.index(before) : VERSIONS.index(after) + 1]
    current = key
    for start, end in pairwise(steps):
        here = index.find(current, start)
        if here is not None and end in here.codes:
            current = here.codes[end]
            continue
        change = index.change(current, start)
        if change is None:
            return Move(key, None, "discontinued", f"NUTS {end} has no region for {current}.")
        if not change.keeps_whole:
            why = f"In NUTS {end} {_WHY[change.kind]}: {', '.join(change.after)}."
            return Move(key, None, change.kind.value, why, change.after)
        merged |= change.kind is Kind.MERGER
        current = change.after[0]
    return Move(key, current, merged=merged)


def convert(
    raw: bytes, name: str, index: NutsIndex, *, before: str, after: str, column: str = "nuts_code"
) -> Converted:
    """Move the codes in a column of a CSV table, every other cell kept; what cannot be moved stays.

    Raises UnusableInput for versions that cannot be converted, text that is not UTF-8, an empty table, a
    column that is missing or stands twice, and rows that are longer or shorter than the header.
    """
    check_versions(before, after)
    rows, dialect = _rows(raw, name)
    place = _column(rows[0], column, name)
    counts: Counter[str] = Counter()
    unmoved: list[Unmoved] = []
    known: dict[str, Move] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(rows[0]):
            raise UnusableInput(
                f"Row {number} has {len(row)} cells, the header {len(rows[0])}.",
                where=name,
                fix="Put cells that hold a delimiter, a quote or a line break in double quotes.",
            )
        code = row[place]
        if not code.strip():
            counts["empty"] += 1
            continue
        if code not in known:
            known[code] = move(index, code, before, after)
        moved = known[code]
        if moved.to is None:
            unmoved.append(Unmoved(number, code, moved.reason, moved.message, moved.candidates))
            continue
        counts["merged" if moved.merged else "kept" if moved.to == moved.code else "moved"] += 1
        row[place] = moved.to
    return Converted(
        _written(rows, dialect),
        counts["kept"],
        counts["moved"],
        counts["merged"],
        counts["empty"],
        tuple(unmoved),
    )


def convert_file(
    path: Path, index: NutsIndex, *, before: str, after: str, column: str = "nuts_code"
) -> Converted:
    """Convert a CSV file; raises UnusableInput also where it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableInput(
            f"The table cannot be read: {error.strerror}.", where=str(path), fix="Name a CSV file."
        ) from error
    return convert(raw, str(path), index, before=before, after=after, column=column)


def _no(index: NutsIndex, code: str, before: str, after: str) -> Move:
    versions = index.versions(code)
    if not versions:
        return Move(code, None, _UNKNOWN, f"No version of NUTS known here has the code {code}.")
    if before in versions:
        return Move(code, None, "discontinued", f"NUTS {after} has no regions for {code}.")
    others = " and ".join(sorted(versions))
    return Move(
        code, None, _MIXED, f"{code} is a code of NUTS {others}, not of {before}: the column mixes versions."
    )


def _rows(raw: bytes, name: str) -> tuple[list[list[str]], type[csv.Dialect]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnusableInput(
            f"Line {line} is not UTF-8 (byte 0x{raw[error.start]:02x}).", where=name, fix="Save it as UTF-8."
        ) from None
    dialect = type("Found", (csv.excel,), {"delimiter": _delimiter(text), "lineterminator": "\n"})
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), dialect, strict=True))
    except csv.Error as error:
        raise UnusableInput(
            f"The table cannot be read: {error}.",
            where=name,
            fix="Look for a double quote that is not closed.",
        ) from None
    if not rows or not any(rows[0]):
        raise UnusableInput("The table is empty.", where=name, fix="Give a table with a header.")
    return rows, dialect


def _delimiter(text: str) -> str:
    """Of comma, semicolon and tabulator the one that the header has most of."""
    header = text.partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _column(header: Sequence[str], column: str, name: str) -> int:
    places = [place for place, each in enumerate(header) if each.strip() == column]
    if len(places) != 1:
        found = "is missing" if not places else "stands twice"
        raise UnusableInput(
            f"The column {column!r} {found}.",
            where=name,
            fix=f"Name the column of the codes with --column; the header is: {', '.join(header)}",
        )
    return places[0]


def _written(rows: Iterable[Sequence[str]], dialect: type[csv.Dialect]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, dialect).writerows(rows)
    return out.getvalue()
