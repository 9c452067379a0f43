"""What codes of countries and regions mean, for tables that come without the version of NUTS."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from clustergraph.sources.nuts import NutsIndex


class Territories(Protocol):
    """What a code of a country or of NUTS means; None where it means nothing."""

    def country(self, code: str) -> str | None:
        """The IRI of a country by ISO 3166-1 alpha-2 or as Eurostat writes it."""

    def territory(self, code: str, version: str | None = None) -> str | None:
        """The IRI of the territory that a code means in a version, or in the newest that has it."""

    def versions(self, code: str) -> tuple[str, ...]:
        """The versions that have a code."""


class UnknownPlace(ValueError):
    """A code that names no territory, or more than one; `fix` says what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def country_of(territories: Territories, code: str) -> str:
    """The IRI of the country that a code means; raises UnknownPlace."""
    country = territories.country(code)
    if country is None:
        raise UnknownPlace(
            f"{code!r} is the code of no country",
            "Give the two letters of ISO 3166-1, or EL and UK as Eurostat writes them.",
        )
    return country


def region_of(territories: Territories, code: str, version: str | None = None) -> str:
    """The IRI of the territory that a code means in a version; raises UnknownPlace.

    Without a version a code is taken only where it means one territory in all versions that have it. Codes of
    two letters are countries.
    """
    if version is not None:
        found = territories.territory(code, version)
        if found is None:
            raise UnknownPlace(f"{code!r} is no code of NUTS {version}", "Correct the code or the version.")
        return found
    if len(code.strip()) == 2:
        return country_of(territories, code)
    meanings = {territories.territory(code, each) for each in territories.versions(code)} - {None}
    if len(meanings) > 1:
        raise UnknownPlace(
            f"{code!r} names different regions in different versions of NUTS",
            "Say which version is meant; no region is guessed.",
        )
    if not meanings:
        raise UnknownPlace(
            f"{code!r} is no code of the versions of NUTS that are known",
            "Correct the code, or give the country alone.",
        )
    return str(meanings.pop())


@cache
def known_index() -> NutsIndex:
    """The classification, read once."""
    return NutsIndex.load()


def known_territories() -> Territories:
    """The territories of the classification."""
    return known_index()
