"""The look-up that other readers use: from a code to the territory that it means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clustergraph.sources.nuts.changes import Change, ChangeRow, changes_of_table, changes_of_workbook
from clustergraph.sources.nuts.countries import EUROSTAT_TO_ISO, countries, eurostat_code
from clustergraph.sources.nuts.territories import VERSIONS, Territory, territories
from clustergraph.sources.nuts.workbook import uk_regions, workbook

#: The newest version first: a code without a version is taken for the newest that has it.
_NEWEST_FIRST: Final = VERSIONS[::-1]


class NutsIndex:
    """Territories by code and version; each look-up is one or two accesses to a dictionary.

    Codes are taken in capitals or not, with blanks around them or not.
    """

    def __init__(self, territories: Iterable[Territory], changes: Iterable[Change]) -> None:
        self.territories: tuple[Territory, ...] = tuple(territories)
        self.changes: tuple[Change, ...] = tuple(changes)
        self._changes = {(each.before, each.version_before): each for each in self.changes}
        self._by_iri = {each.iri: each for each in self.territories}
        self._by_version: dict[tuple[str, str], Territory] = {
            (code, version): each for each in self.territories for version, code in each.codes.items()
        }
        self._newest: dict[str, Territory] = {}
        for version in VERSIONS:
            self._newest |= {code: each for (code, own), each in self._by_version.items() if own == version}
        self._countries: dict[str, str] = {}
        for country in countries().values():
            self._countries[country.code] = country.iri
            if country.iso is not None:
                self._countries[country.iso] = country.iri

    @classmethod
    def load(cls, rows: Iterable[tuple[int, ChangeRow]] = ()) -> NutsIndex:
        """The index of the classification, with the numbered rows of `nuts_changes.csv`.

        Without rows, the codes of 2016 are known only where they are those of 2021.
        """
        known = tuple(rows)
        changes = (*changes_of_table(known), *changes_of_workbook(workbook()))
        return cls(territories(workbook(), uk_regions(), changes, known), changes)

    def find(self, code: str, version: str | None = None) -> Territory | None:
        """The territory that a code means in a version, or in the newest version that has the code."""
        key = code.strip().upper()
        if len(key) == 2:
            return self._by_iri.get(self._countries.get(key, ""))
        return self._newest.get(key) if version is None else self._by_version.get((key, version))

    def territory(self, code: str, version: str | None = None) -> str | None:
        """The IRI of the territory that a code means, or None; a code of two letters is a country's."""
        found = self.find(code, version)
        return None if found is None else found.iri

    def country(self, code: str) -> str | None:
        """The IRI of a country by ISO 3166-1 alpha-2 (GR, GB) or as Eurostat writes it (EL, UK)."""
        return self._countries.get(code.strip().upper())

    def label(self, code: str, version: str | None = None) -> str | None:
        """The label of the territory that a code means."""
        found = self.find(code, version)
        return None if found is None else found.label

    def parent(self, code: str, version: str | None = None) -> str | None:
        """The IRI of what the territory that a code means lies in directly; None for a country."""
        found = self.find(code, version)
        return None if found is None else found.parent

    def versions(self, code: str) -> tuple[str, ...]:
        """The versions that have a code, the newest first."""
        key = code.strip().upper()
        key = eurostat_code(key) if key not in EUROSTAT_TO_ISO else key
        return tuple(version for version in _NEWEST_FIRST if (key, version) in self._by_version)

    def change(self, code: str, version: str) -> Change | None:
        """What became of a code of a version in the next; None where nothing changed or nothing is known."""
        return self._changes.get((code, version))

    def of(self, iri: str) -> Territory | None:
        """The territory with an IRI."""
        return self._by_iri.get(iri)
