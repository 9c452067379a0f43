"""Countries: ISO 3166-1 by the package pycountry, and the codes that Eurostat writes otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import pycountry

from clustergraph import iris
from clustergraph.sources.table import Row

#: Eurostat writes EL and UK where ISO 3166-1 has GR and GB (Eurostat, Glossary: Country codes).
EUROSTAT_TO_ISO: Final = {"EL": "GR", "UK": "GB"}
_ISO_TO_EUROSTAT: Final = {iso: own for own, iso in EUROSTAT_TO_ISO.items()}

#: ISO 3166-1 has no code for Kosovo. XK is what Eurostat uses; 1A0 is its entry in the authority table of
#: countries of the Publications Office, whose other entries are the alpha-3 codes.
_KOSOVO: Final = ("XK", "1A0", "Kosovo")


@dataclass(frozen=True, slots=True)
class Country:
    """A country: `code` is what Eurostat uses, `iso` its alpha-2 code where ISO 3166-1 gives one."""

    code: str
    iso: str | None
    authority: str
    label: str

    @property
    def iri(self) -> str:
        """The IRI of the country, by its ISO code, or Eurostat's where it has none."""
        return iris.thing(f"country/{(self.iso or self.code).lower()}")


@cache
def countries() -> dict[str, Country]:
    """Every country by the code that Eurostat uses for it, in the order of the codes."""
    return {country.code: country for country in sorted(_all(), key=lambda each: each.code)}


def eurostat_code(code: str) -> str:
    """The code that Eurostat uses for what an ISO 3166-1 alpha-2 code names: EL for GR, UK for GB."""
    return _ISO_TO_EUROSTAT.get(code, code)


def _all() -> Iterator[Country]:
    for entry in pycountry.countries:
        label = getattr(entry, "common_name", entry.name)
        yield Country(eurostat_code(entry.alpha_2), entry.alpha_2, entry.alpha_3, label)
    code, authority, label = _KOSOVO
    yield Country(code, None, authority, label)


class GroupRow(Row):
    """A row of `country_groups.csv`: a country by its ISO code (XK for Kosovo), a group, who says so."""

    country: str
    group: str
    since: int | None
    source: str
    as_of: date | None
