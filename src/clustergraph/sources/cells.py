"""Types of cells: what a column's text may be, and the value it is read as."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, StringConstraints

from clustergraph import iris
from clustergraph.sources.dates import Misfit, other_style, read_day

_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?")
_ADDRESS: Final = re.compile(r"https?://[^\s/<>\"{}|\\^`][^\s<>\"{}|\\^`]*")


def _names(value: object) -> object:
    if value is None:
        return ()
    if not isinstance(value, str):
        return value
    return tuple(_name(part.strip()) for part in value.split("|"))


def _name(value: object) -> object:
    if isinstance(value, str):
        return iris.expand(value)
    return value


def _classes(value: object) -> object:
    if isinstance(value, str):
        return tuple(
            iris.expand(name if ":" in name else f"cg:{name}") for name in map(str.strip, value.split("|"))
        )
    return value


def _texts(value: object) -> object:
    if value is None:
        return ()
    return tuple(part.strip() for part in value.split("|")) if isinstance(value, str) else value


def _thing(value: object) -> object:
    return iris.thing(value) if isinstance(value, str) else value


def _decimal(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _PLAIN.fullmatch(value):
        message = "write a plain decimal such as 4300000 or 7.5, without separators or units"
        raise Misfit(message, _decimal_advice(value))
    try:
        return Decimal(value)
    except InvalidOperation as error:  # pragma: no cover - the pattern admits decimals only
        raise ValueError("not a decimal number") from error


def _decimal_advice(text: str) -> str:
    """How to write a number that is none as it stands; one that can be read in two ways is not guessed."""
    if re.fullmatch(r"-?\d{1,3}([.,]\d{3})", text):
        return f"Write {text.replace(',', '').replace('.', '')} if the mark separates thousands."
    if re.fullmatch(r"-?\d+,\d+", text):
        return f"Write {text.replace(',', '.')}."
    return "Write digits, and a point before decimals."


def _day(value: object) -> object:
    return read_day(value) if isinstance(value, str) else value


def read_addresses(value: object) -> object:
    """Addresses of web pages from a cell; raises ValueError where one is none."""
    if value is None:
        return ()
    if not isinstance(value, str):
        return value
    return tuple(web_address(part.strip()) for part in value.split("|"))


def web_address(text: str) -> str:
    """A text that is the address of a web page; raises ValueError where it is none."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is not an address; write https://host/path, | between several")
    return text


#: One thing, concept or term, read to its full IRI: `instrument/escp-4i`, `cgs:nature/cap`, `cg:Call`.
Name = Annotated[str, BeforeValidator(_name)]
#: Several of them, separated by `|`.
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
#: Classes, separated by `|`; a bare name is a class of the project's ontology.
Classes = Annotated[tuple[str, ...], BeforeValidator(_classes)]
#: A register identifier, read to the IRI of the thing.
ThingId = Annotated[str, BeforeValidator(_thing)]
#: Several texts, separated by `|`.
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
#: Addresses of web pages, separated by `|`; a `|` within an address is written %7C.
Addresses = Annotated[tuple[str, ...], BeforeValidator(read_addresses)]
#: The code of a concept; its scheme is the column's.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
#: A day, written 2019-03-01.
Day = Annotated[date, BeforeValidator(_day)]
#: A number written without separators.
PlainDecimal = Annotated[Decimal, BeforeValidator(_decimal)]

Precision = Literal["day", "month", "year"]


@dataclass(frozen=True, slots=True)
class Period:
    """A closed interval of days, as a source states it; `unstated` has neither end."""

    token: str
    start: date | None
    end: date | None
    precision: Precision | None

    @property
    def slug(self) -> str:
        """The period as it stands in IRIs."""
        return self.token.replace("/", "_")

    @property
    def label(self) -> str:
        """The period as people write it."""
        if self.start is None:
            return "period not stated"
        return self.token.replace("/", " to ").replace("-", "–") if self.precision == "year" else self.token

    @property
    def iri(self) -> str:
        """The IRI of the period."""
        return f"{iris.CGI}period/{self.slug}"


_YEARS: Final = re.compile(r"(\d{4})(?:-(\d{4}))?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def parse_period(token: str) -> Period:
    """Read `2016`, `2014-2020`, `2017-12`, `2020-02-11`, `2020-11-09/2020-11-11` or `unstated`.

    Raises ValueError when the token has none of these forms, names no real day, or runs backwards.
    """
    if token == "unstated":  # noqa: S105 - a keyword of the tables, not a secret
        return Period(token, None, None, None)
    if match := _MONTH.fullmatch(token):
        year, month = int(match[1]), int(match[2])
        return Period(
            token, date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month"
        )
    if match := _YEARS.fullmatch(token):
        first, last = int(match[1]), int(match[2] or match[1])
        _forwards(first <= last, token)
        return Period(token, date(first, 1, 1), date(last, 12, 31), "year")
    start, slash, end = token.partition("/")
    try:
        first_day = read_day(start)
        last_day = read_day(end) if slash else first_day
    except Misfit as misfit:
        forms = "2016, 2014-2020, 2017-12, 2020-02-11, 2020-11-09/2020-11-11 or unstated"
        style = other_style(token) or (misfit if _DAY.match(token) else None)
        message = f"{token!r} is not a period; write {forms}" if style is None else f"not a period: {style}"
        raise Misfit(message, f"Write {forms}." if style is None else style.fix) from None
    _forwards(first_day <= last_day, token)
    return Period(token, first_day, last_day, "day")


def _forwards(runs_forwards: bool, token: str) -> None:
    if not runs_forwards:
        raise ValueError(f"the period {token!r} ends before it begins")


def _period(value: object) -> object:
    return parse_period(value) if isinstance(value, str) else value


PeriodCell = Annotated[Period, BeforeValidator(_period)]
#: A period, or nothing where the source does not date itself.
OptionalPeriod = Annotated[Period | None, BeforeValidator(_period)]
