"""Relations of cluster policy with countries and areas outside the European Union."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import StringConstraints, model_validator

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Name, OptionalPeriod
from clustergraph.sources.claims import state_attribute
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements

_FACTS: Final = {
    "cooperation-agreement": "cooperation agreement",
    "discussion-paper": "discussion paper",
    "dropped-target": "target country that was dropped",
    "matchmaking": "matchmaking event",
    "matchmaking-partner": "partner of matchmaking events",
    "memorandum": "memorandum of understanding",
    "partnership-programme": "partnership programme",
    "programme-participation": "participation in a programme",
    "target": "target country",
}


class ThirdCountryRow(SourcedRow):
    """What a page says of cluster policy and one country or area.

    `country_code` is the ISO 3166-1 alpha-2 code, or XK; an area that is no country stays a text. A `target`
    of a thing is a link to the country; every other fact is a claim about the thing and the country.
    """

    about: Name
    country_code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    area: str
    fact: Literal[
        "cooperation-agreement",
        "discussion-paper",
        "dropped-target",
        "matchmaking",
        "matchmaking-partner",
        "memorandum",
        "partnership-programme",
        "programme-participation",
        "target",
    ]
    title: str
    period: OptionalPeriod = None

    @model_validator(mode="after")
    def _target_is_a_country(self) -> Self:
        if self.fact == "target" and self.country_code is None:
            raise ValueError("a target is a country with its country_code; an area is another fact")
        return self

    @property
    def country(self) -> str | None:
        """The IRI of the country; None for an area."""
        return None if self.country_code is None else iris.thing(f"country/{self.country_code.lower()}")

    def references(self) -> Iterator[tuple[str, str]]:
        """The thing and the country."""
        yield from super().references()
        if self.country is not None:
            yield "country_code", self.country


def _emit(statements: Statements, row: ThirdCountryRow) -> str:
    if row.fact == "target" and row.country is not None:
        return statements.relation(row.about, f"{CG}targetsTerritory", row.country, row)
    when = "" if row.period is None else f" ({row.period.label})"
    countries = () if row.country is None else (row.country,)
    value = f"{row.area}: {row.title}{when}"
    return state_attribute(statements, row.about, _FACTS[row.fact], value, row, also_about=countries)


THIRD_COUNTRIES: Final = TableKind(
    name="third_countries",
    title="Cluster policy and countries outside the European Union",
    model=ThirdCountryRow,
    subject=lambda row: row.about,
    emit=_emit,
    mints=False,
)
