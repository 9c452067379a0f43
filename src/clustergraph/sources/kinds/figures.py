"""Figures, in the columns of the exchange format: each an observation of a page or of the table itself."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, ClassVar, Final, Self

import pyoxigraph as ox
from pydantic import BeforeValidator, Field, model_validator

from clustergraph import iris
from clustergraph.iris import CG, SKOS
from clustergraph.sources.cells import Addresses, Code, OptionalPeriod, Period, PlainDecimal, parse_period
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.kinds.kind import Cells, TableKind
from clustergraph.sources.kinds.read_back import NamedGraph
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import Instrument, identifier_of, named, slug, words
from clustergraph.sources.triples import UNITS

#: The columns of the exchange format.
_COLUMNS: Final = (
    "figure_id",
    "subject_uri",
    "indicator_uri",
    "value",
    "value_min",
    "value_max",
    "qualifier",
    "unit_uri",
    "ref_period_start",
    "ref_period_end",
    "as_of",
    "geo",
    "scope_note",
    "source_uri",
    "locator",
    "quote",
    "conflicts_with",
)
#: The words of the exchange format for qualifiers, and the codes of the scheme for them.
_QUALIFIERS: Final = {"about": "approximately", "over": "more-than", "max": "at-most"}
_WORDS: Final = {code: word for word, code in _QUALIFIERS.items()}
_UNIT_CODES: Final = {unit: code for code, unit in UNITS.items()}
_INDICATORS: Final = iris.concept("indicator", "")
_OBSERVATIONS: Final = f"{iris.CGI}obs/"
_TERRITORY: Final = re.compile(r"([A-Z]{2})([A-Z0-9]{0,3})")
_COUNTRIES: Final = {"el": "gr", "uk": "gb"}


def _identifier(value: object) -> object:
    return slug(value.removeprefix("obs/")) if isinstance(value, str) else value


def _indicator(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.removeprefix("cgs:indicator/").removeprefix(_INDICATORS)


def _unit(value: object) -> object:
    if value is None:
        return "NUM"
    code = _UNIT_CODES.get(str(value), value)
    if code not in UNITS:
        raise ValueError(f"write one of {', '.join(UNITS)}, or the address of such a unit")
    return code


def _qualifier(value: object) -> object:
    return "exact" if value is None else _QUALIFIERS.get(str(value), value)


def _area(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _TERRITORY.fullmatch(value)
    if match is None:
        raise ValueError("write a country code such as IT or a NUTS code such as ITC4")
    country = match[1].lower()
    if match[2]:
        return iris.thing(f"region/{value.lower()}")
    return iris.thing(f"country/{_COUNTRIES.get(country, country)}")


def _observations(value: object) -> object:
    if not isinstance(value, str):
        return value or ()
    return tuple(named(word if "/" in word else slug(word), "obs") for word in words(value))


Number = Annotated[PlainDecimal, Field(ge=0)]


class FigureRow(SourcedRow):
    """A figure: a number, or a range of which at least one end is given, in the unit's own size.

    `subject_uri` is an identifier such as `platform/eccp` or an address, `indicator_uri` the code or address
    of an indicator, `geo` a country or NUTS code. A period with one end is the year, month or day of that
    end. The qualifier `planned` says that the number is exact and its standing that of a plan.
    """

    schemes: ClassVar[Mapping[str, str]] = {
        "indicator_uri": "indicator",
        "qualifier": "qualifier",
        "nature": "nature",
    }

    figure_id: Annotated[str | None, BeforeValidator(_identifier)] = None
    subject_uri: Instrument
    indicator_uri: Annotated[Code, BeforeValidator(_indicator)]
    value: Number | None = None
    value_min: Number | None = None
    value_max: Number | None = None
    qualifier: Annotated[Code, BeforeValidator(_qualifier)] = "exact"
    unit_uri: Annotated[str, BeforeValidator(_unit)] = "NUM"
    ref_period_start: OptionalPeriod = None
    ref_period_end: OptionalPeriod = None
    geo: Annotated[str | None, BeforeValidator(_area)] = None
    scope_note: str | None = None
    source_url: Addresses = Field(default=(), alias="source_uri")
    locator: str | None = None
    quote: str | None = None
    conflicts_with: Annotated[tuple[str, ...], BeforeValidator(_observations)] = ()
    nature: Code = "stock"

    @model_validator(mode="before")
    @classmethod
    def _a_plan_is_a_standing(cls, cells: object) -> object:
        if not isinstance(cells, dict):
            return cells
        given = {key: value for key, value in cells.items() if key != "nature" or value is not None}
        if given.get("qualifier") == "planned":
            return {"nature": "planned", **given, "qualifier": "exact"}
        return given

    @model_validator(mode="after")
    def _gives_a_number_at_a_time(self) -> Self:
        if self.value is None and self.value_min is None and self.value_max is None:
            raise ValueError("give value, or value_min or value_max for a range")
        if self.value_min is not None and self.value_max is not None and self.value_min > self.value_max:
            raise ValueError("value_min is larger than value_max")
        _ = self.period
        return self

    @property
    def period(self) -> Period:
        """From the first day of the start to the last of the end; raises ValueError where it runs back."""
        start, end = (
            self.ref_period_start or self.ref_period_end,
            self.ref_period_end or self.ref_period_start,
        )
        if start is None or end is None or start.start is None or end.end is None:
            return UNSTATED
        if start.start > end.end:
            raise ValueError("the period ends before it begins")
        return parse_period(_token(start.start, end.end))

    @property
    def name(self) -> str:
        """The last part of the IRI: the identifier given, or one made of what tells figures apart."""
        if self.figure_id is not None:
            return self.figure_id
        parts = (
            *(self.subject_uri, self.unit_uri, self.qualifier, self.nature, self.geo),
            *(self.value, self.value_min, self.value_max),
            *("" if self.as_of is None else self.as_of.token, *sorted(set(self.source_url))),
        )
        digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:10]
        stem = iris.slug_of(self.subject_uri)
        return slug(f"{stem}-{self.indicator_uri}-{self.period.slug}-{digest}")


def _token(first: date, last: date) -> str:
    """The shortest way to write the days from a first to a last one."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        years = (f"{first.year:04}", f"{last.year:04}")
        return years[0] if first.year == last.year else "-".join(years)
    if first == last:
        return first.isoformat()
    whole = calendar.monthrange(first.year, first.month)[1]
    if (first.year, first.month, first.day) == (last.year, last.month, 1) and last.day == whole:
        return first.isoformat()[:7]
    return f"{first.isoformat()}/{last.isoformat()}"


def _emit(statements: Statements, row: FigureRow) -> str:
    graph = statements.graph
    figure = Figure(
        about=row.subject_uri,
        indicator=row.indicator_uri,
        value=row.value,
        unit=row.unit_uri,
        qualifier=row.qualifier,
        nature=row.nature,
        period=row.period,
        lowest=row.value_min,
        highest=row.value_max,
    )
    subject = state_figure(statements, figure, row, name=row.name)
    if row.geo is not None:
        graph.link(subject, f"{CG}refArea", row.geo)
    graph.add_english(subject, f"{SKOS}scopeNote", row.scope_note)
    graph.add(subject, f"{CG}locatorText", row.locator)
    graph.add_english(subject, f"{CG}rawText", row.quote)
    graph.link(subject, f"{CG}conflictsWith", *row.conflicts_with)
    return subject


def _extract(store: ox.Store, graph: str) -> Iterator[Cells]:
    found = NamedGraph(store, graph)
    for subject in found.subjects(f"{CG}aboutEntity"):
        yield _row(found, subject)


def _row(graph: NamedGraph, subject: str) -> Cells:
    def code(predicate: str) -> str:
        return graph.codes(subject, f"{CG}{predicate}")[0]

    evidence = graph.evidence(subject)
    evidence["source_uri"] = evidence.pop("source_url")
    unit = graph.one(subject, f"{CG}unit")
    period = parse_period(graph.period(subject, f"{CG}refPeriod") or "unstated")
    conflicts = graph.values(subject, f"{CG}conflictsWith")
    geo = graph.one(subject, f"{CG}refArea")
    return {
        "figure_id": subject.removeprefix(_OBSERVATIONS),
        "subject_uri": identifier_of(graph.one(subject, f"{CG}aboutEntity") or ""),
        "indicator_uri": code("indicator"),
        "value": graph.one(subject, f"{CG}numericValue"),
        "value_min": graph.one(subject, f"{CG}rangeMin"),
        "value_max": graph.one(subject, f"{CG}rangeMax"),
        "qualifier": _WORDS.get(code("qualifier"), code("qualifier")),
        "unit_uri": None if unit is None else _UNIT_CODES[unit],
        "ref_period_start": _end(period, period.start),
        "ref_period_end": _end(period, period.end),
        "geo": None if geo is None else geo.rpartition("/")[2].upper(),
        "scope_note": graph.one(subject, f"{SKOS}scopeNote"),
        "locator": graph.one(subject, f"{CG}locatorText"),
        "quote": graph.one(subject, f"{CG}rawText"),
        "conflicts_with": "|".join(identifier_of(each) for each in conflicts) or None,
        "nature": code("valueNature"),
        **evidence,
    }


def _end(period: Period, day: date | None) -> str | None:
    """One end of a period, to the precision of the period."""
    if day is None:
        return None
    return day.isoformat()[: {"year": 4, "month": 7}.get(period.precision or "day", 10)]


FIGURES: Final = TableKind(
    name="figures",
    title="Figures",
    model=FigureRow,
    subject=lambda row: f"{_OBSERVATIONS}{row.name}",
    emit=_emit,
    extract=_extract,
    exchange=_COLUMNS,
    properties={
        "value": f"{CG}numericValue",
        "value_min": f"{CG}rangeMin",
        "value_max": f"{CG}rangeMax",
        "scope_note": f"{SKOS}scopeNote",
        "locator": f"{CG}locatorText",
        "quote": f"{CG}rawText",
        "note": f"{CG}extractionNote",
    },
)
