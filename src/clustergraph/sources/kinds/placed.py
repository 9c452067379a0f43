"""Rows about a territory: its NUTS code, what else a table may say of it, and which territory that is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, StringConstraints, ValidationInfo, field_validator

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Texts
from clustergraph.sources.nuts import NutsIndex
from clustergraph.sources.nuts.countries import EUROSTAT_TO_ISO, eurostat_code
from clustergraph.sources.statements import SourcedRow, Statements

#: The properties that keep the cells of a placed row as the table gives them.
PLACE: Final = {
    "nuts_code": f"{CG}codeAsStated",
    "nuts_version": f"{CG}codeVersionAsStated",
    "region_name": f"{CG}nameAsStated",
    "derived": f"{CG}derivedColumn",
}
#: The years of the versions of NUTS.
NutsVersion = Literal["1995", "1999", "2003", "2006", "2010", "2013", "2016", "2021", "2024"]


def _as_eurostat(code: str) -> str:
    return eurostat_code(code[:2]) + code[2:]


#: A NUTS code of any level, or a country by its code; EL and UK are kept where GR and GB are written.
NutsCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,3}$"), AfterValidator(_as_eurostat)]


class PlacedRow(SourcedRow):
    """A row about a territory.

    `region_name` is what the source calls it. `nuts_level`, `nuts2_code`, `nuts1_code` and `country_code`
    follow from the code and are only checked against it. `derived` names the columns that whoever made the
    table worked out, while the source says nothing of the kind.
    """

    nuts_code: NutsCode | None = None
    nuts_version: NutsVersion | None = None
    region_name: str | None = None
    country_code: str | None = None
    derived: Texts = ()

    derivable: ClassVar[frozenset[str]] = frozenset({"nuts_code"})

    @field_validator("derived")
    @classmethod
    def _names_columns(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        for column in columns:
            if column not in cls.derivable:
                raise ValueError(
                    f"{column!r} is no column that can be derived: {', '.join(sorted(cls.derivable))}"
                )
        return tuple(sorted(set(columns)))

    @field_validator("country_code", "nuts_level", "nuts1_code", "nuts2_code", check_fields=False)
    @classmethod
    def _follows_from_the_code(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or "nuts_code" not in info.data:
            return value
        code = info.data["nuts_code"]
        if code is None:
            raise ValueError("it cannot be checked without nuts_code; for a country, nuts_code is its code")
        expected = following(code)[str(info.field_name)]
        if _as_eurostat(value) != _as_eurostat(expected or ""):
            raise ValueError(f"{code} has {expected or 'nothing'} there")
        return value

    @property
    def territory(self) -> str | None:
        """The IRI of the territory that the code means; None without a code."""
        return None if self.nuts_code is None else territory(self.nuts_code, self.nuts_version)

    def references(self) -> Iterator[tuple[str, str]]:
        """The mentions of the columns, and the territory."""
        yield from super().references()
        if self.territory is not None:
            yield "nuts_code", self.territory


def following(code: str) -> dict[str, str | None]:
    """What a code says by its form: level, codes of levels 1 and 2 above or at it, country in ISO 3166-1."""
    return {
        "nuts_level": str(len(code) - 2),
        "nuts2_code": code[:4] if len(code) >= 4 else None,
        "nuts1_code": code[:3] if len(code) >= 3 else None,
        "country_code": EUROSTAT_TO_ISO.get(code[:2], code[:2]),
    }


@cache
def territory(code: str, version: str | None) -> str:
    """The IRI of the territory that a code means in a version of NUTS, or in the newest that has it.

    A code that no version has leads to an IRI that nobody describes, which is a fault of its row.
    """
    found = _index().territory(code, None if len(code) == 2 else version)
    return found or iris.thing(f"{'country' if len(code) == 2 else 'region'}/{code.lower()}")


@cache
def _index() -> NutsIndex:
    return NutsIndex.load()


def state_place(statements: Statements, subject: str, row: PlacedRow) -> None:
    """State how the source names the territory, with which code, and which columns were worked out."""
    for column, predicate in PLACE.items():
        cell = getattr(row, column)
        for value in cell if isinstance(cell, tuple) else (cell,):
            statements.graph.add(subject, predicate, value)


def place_label(statements: Statements, row: PlacedRow) -> str:
    """What to call the place in a label: the territory by its own label, else as the source names it."""
    if row.territory is not None and row.territory in statements.labels:
        return statements.labels[row.territory]
    return row.region_name or row.nuts_code or "an unnamed place"
