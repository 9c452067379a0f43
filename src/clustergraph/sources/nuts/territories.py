"""The territories behind the codes of NUTS: one for each that kept its identity, whatever its codes were.

Source of the rule: `docs/decisions/0016-nuts-territories.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from clustergraph import iris
from clustergraph.sources.nuts.changes import Change, ChangeRow, Kind
from clustergraph.sources.nuts.countries import countries
from clustergraph.sources.nuts.workbook import BEFORE, NEW, OLD, Workbook

#: The versions known, the newest last. Of 2016 the codes are known, not the boundaries.
VERSIONS: Final = (BEFORE, OLD, NEW)

#: In which order the versions are asked for the code that names a territory.
_NAMING: Final = (NEW, OLD, BEFORE)


@dataclass(frozen=True, slots=True)
class Territory:
    """A country or region: its code in each version that has it, its label, and what it lies in.

    `parents` are what it lies in directly, in the newest version first: a region that kept its identity while
    the level above was cut anew lies in a region of each version.

    `stated` are the versions whose source is read, code by code; a code of another version follows from the
    changes. `native` is the label in its own script where `label` is a transcription.
    """

    iri: str
    level: int
    codes: Mapping[str, str]
    stated: frozenset[str]
    label: str
    native: str | None = None
    parents: tuple[str, ...] = ()

    @property
    def parent(self) -> str | None:
        """What it lies in directly in the newest version that has it; None for a country."""
        return self.parents[0] if self.parents else None

    @property
    def code(self) -> str:
        """The newest of its codes."""
        return next(self.codes[version] for version in _NAMING if version in self.codes)

    @property
    def is_extra_regio(self) -> bool:
        """Whether it stands for what of the economic territory belongs to no region."""
        return self.level > 0 and set(self.code[2:]) == {"Z"}


@dataclass(slots=True)
class _Draft:
    level: int
    codes: dict[str, str]
    stated: set[str]
    label: str
    country: str = ""


def territories(
    book: Workbook,
    uk: Iterable[tuple[str, int, str]],
    changes: Iterable[Change],
    rows: Iterable[tuple[int, ChangeRow]],
) -> tuple[Territory, ...]:
    """Every territory of the versions known: countries first, each region after what it lies in."""
    drafts = [*_countries(book), *_of_workbook(book)]
    _add_uk(drafts, uk)
    _add_before(drafts, book, tuple(changes), [row for _, row in rows])
    return tuple(_named(drafts, book))


def _countries(book: Workbook) -> Iterator[_Draft]:
    """Level 0; those with regions have the versions of their regions."""
    old = {pairing.country for pairing in book.pairings if pairing.old}
    new = {pairing.country for pairing in book.pairings if pairing.new}
    for country in countries().values():
        versions = [version for version, found in ((OLD, old), (NEW, new)) if country.code in found]
        codes = dict.fromkeys(versions, country.code)
        yield _Draft(0, codes, set(versions), country.label, country.code)


def _of_workbook(book: Workbook) -> Iterator[_Draft]:
    for pairing in book.pairings:
        if pairing.level > 0:
            codes = {version: code for version, code in ((OLD, pairing.old), (NEW, pairing.new)) if code}
            yield _Draft(pairing.level, codes, set(codes), book.labels.get(pairing.new or "", pairing.label))


def _add_uk(drafts: list[_Draft], uk: Iterable[tuple[str, int, str]]) -> None:
    for draft in drafts:
        if draft.country == "UK":
            draft.codes[BEFORE] = "UK"
            draft.stated.add(BEFORE)
    drafts.extend(_Draft(level, {BEFORE: code}, {BEFORE}, label) for code, level, label in uk)


def _add_before(
    drafts: list[_Draft], book: Workbook, changes: tuple[Change, ...], rows: list[ChangeRow]
) -> None:
    """The codes of 2016: the same as in 2021 unless the table says otherwise; and of the UK in 2021."""
    rows = [row for row in rows if (row.version_before, row.version_after) == (BEFORE, OLD)]
    labels = {row.code_before: row.label_before or "" for row in rows if row.code_before}
    labels_after = {row.code_after: row.label_after for row in rows}
    begun = {row.code_after for row in rows}
    moved = {
        change.after[0]: change.before
        for change in changes
        if change.kind is Kind.CODE_CHANGE and change.version_before == BEFORE
    }
    for draft in drafts:
        if OLD in draft.codes and draft.codes[OLD] not in begun:
            draft.codes[BEFORE] = draft.codes[OLD]
        elif draft.codes.get(BEFORE) and draft.codes[BEFORE] not in labels:
            draft.codes[OLD] = draft.codes[BEFORE]
    by_old = {draft.codes[OLD]: draft for draft in drafts if OLD in draft.codes}
    by_new = {draft.codes[NEW]: draft for draft in drafts if NEW in draft.codes}
    by_before = {draft.codes[BEFORE]: draft for draft in drafts if BEFORE in draft.codes}
    kept = {code: by_old[after] for after, code in moved.items() if after in by_old}
    kept |= {code: by_new[after] for after, code in book.restored.items() if after in by_new}
    for code, label in labels.items():
        if code in by_before:
            continue
        if code in kept:
            kept[code].codes[BEFORE] = code
            kept[code].stated.add(BEFORE)
        else:
            by_before[code] = _Draft(len(code) - 2, {BEFORE: code}, {BEFORE}, label)
            drafts.append(by_before[code])
    for after, code in moved.items():
        if after not in by_old and code in by_before:
            by_before[code].codes[OLD] = after
            by_before[code].stated.add(OLD)
            by_old[after] = by_before[code]
    for after in sorted(begun - by_old.keys()):
        drafts.append(_Draft(len(after) - 2, {OLD: after}, {OLD}, labels_after[after]))


def _named(drafts: list[_Draft], book: Workbook) -> Iterator[Territory]:
    """Give each its IRI: its newest code, and the version besides where another territory bears that code."""
    by_code: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    newest = {id(draft): _NAMING.index(_version(draft)) for draft in drafts if draft.codes}
    for draft in sorted(drafts, key=lambda each: (each.level, newest.get(id(each), 0))):
        if draft.level == 0:
            country = countries()[draft.country]
            by_code |= {(version, country.code): country.iri for version in VERSIONS}
            yield Territory(country.iri, 0, draft.codes, frozenset(draft.stated), draft.label)
            continue
        version = _version(draft)
        code = draft.codes[version]
        slug = code.lower() if code not in taken else f"{code.lower()}-{version}"
        taken.add(code)
        iri = iris.thing(f"region/{slug}")
        by_code |= dict.fromkeys(draft.codes.items(), iri)
        latin = book.latin.get(code)
        yield Territory(
            iri,
            draft.level,
            draft.codes,
            frozenset(draft.stated),
            latin or draft.label,
            draft.label if latin else None,
            _parents(draft, by_code),
        )


def _version(draft: _Draft) -> str:
    return next(version for version in _NAMING if version in draft.codes)


def _parents(draft: _Draft, by_code: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """What the code without its last character stands for, in each version, the newest first.

    In 2016 seven regions of Northern Ireland had codes (UKN10 to UKN16) that did not begin with that of the
    level above; they have others in 2021, which do.
    """
    above = ((version, draft.codes[version][:-1]) for version in _NAMING if version in draft.codes)
    return tuple(dict.fromkeys(by_code[each] for each in above if each in by_code))
