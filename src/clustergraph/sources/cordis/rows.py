"""The rows of CORDIS: a project, and the taking part of one organisation in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from clustergraph.errors import Fault
from clustergraph.sources.cordis.columns import AMOUNTS
from clustergraph.sources.cordis.dump import Table, Tell
from clustergraph.sources.table.encoding import Advance
from clustergraph.sources.table.limits import TableLimits

_AMOUNT: Final = re.compile(r"\d+(?:[.,]\d+)?")
#: `1.234` may be one euro and a bit, or more than a thousand.
_AMBIGUOUS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _amount(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _AMOUNT.fullmatch(value):
        raise ValueError("write an amount in euro such as 1498700 or 1498700,50, without thousands or units")
    if _AMBIGUOUS.fullmatch(value):
        raise ValueError("the mark may part decimals or thousands; write 1234 or 1.23")
    return Decimal(value.replace(",", "."))


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise ValueError("write the day as 2016-09-01")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("there is no such day") from error


def _topics(value: object) -> object:
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(filter(None, (part.strip() for part in re.split(r"[;,]", value))))
    return value


Amount = Annotated[Decimal | None, BeforeValidator(_amount)]
Day = Annotated[date | None, BeforeValidator(_day)]
#: The numbers that CORDIS gives to projects and organisations.
Number = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,11}$")]


class Project(BaseModel):
    """A project: amounts in euro, days as dates; None where the register gives nothing."""

    model_config = ConfigDict(frozen=True)

    id: Number
    title: str
    acronym: str | None = None
    start: Day = None
    end: Day = None
    total_cost: Amount = None
    eu_contribution: Amount = None
    framework: str | None = None
    topics: Annotated[tuple[str, ...], BeforeValidator(_topics)] = ()
    call: str | None = None

    @model_validator(mode="after")
    def _runs_forwards(self) -> Project:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"the project ends on {self.end}, before it begins on {self.start}")
        return self


class Participation(BaseModel):
    """The taking part of one organisation in one project, with the country and region that it is based in."""

    model_config = ConfigDict(frozen=True)

    project: Number
    organisation: Number
    name: str
    role: str
    acronym: str | None = None
    short_name: str | None = None
    country: str | None = None
    nuts: str | None = None
    eu_contribution: Amount = None


RowT = TypeVar("RowT", Project, Participation)


@dataclass(slots=True)
class Rows(Generic[RowT]):
    """The rows of a table that pass their model; what does not pass is told.

    A table writes decimals with one mark: with the point or with the comma, throughout.
    """

    table: Table
    model: type[RowT]
    tell: Tell
    limits: TableLimits
    advance: Advance
    _mark: str | None = field(init=False, default=None)

    def __iter__(self) -> Iterator[tuple[int, RowT]]:
        for number, cells in self.table.records(self.tell, self.limits, self.advance):
            wrong_mark = self._of_another_mark(number, cells)
            if wrong_mark is not None:
                self.tell(wrong_mark)
                continue
            try:
                yield number, self.model.model_validate(cells)
            except ValidationError as error:
                for problem in error.errors():
                    self.tell(self._fault(number, cells, problem))

    def _of_another_mark(self, number: int, cells: Mapping[str, str | None]) -> Fault | None:
        for column in AMOUNTS:
            value = cells.get(column)
            if value is None:
                continue
            mark = "," if "," in value else "." if "." in value else None
            if mark is None:
                continue
            if self._mark is None:
                self._mark = mark
            elif mark != self._mark:
                return Fault(
                    rule="one decimal mark in a table",
                    message=f"{value!r} has {mark!r} where earlier rows have {self._mark!r}.",
                    fix="Write all decimals of the table with one mark.",
                    file=self.table.name,
                    row=number,
                    column=self.table.heading(column),
                    value=value,
                )
        return None

    def _fault(self, number: int, cells: Mapping[str, str | None], problem: Any) -> Fault:
        column = str(problem["loc"][0]) if problem["loc"] else None
        value = cells.get(column) if column else None
        reason = str(problem["msg"]).removeprefix("Value error, ")
        heading = self.table.heading(column) if column else None
        if column is not None and value is None:
            message, fix = f"The cell {heading} is empty.", "Fill it in, or leave the row out."
        else:
            message = f"{value!r} is not admitted: {reason}." if value else f"Not admitted: {reason}."
            fix = "Correct the cell."
        return Fault(
            rule=f"CORDIS column {heading}" if heading else "CORDIS row",
            message=message,
            fix=fix,
            file=self.table.name,
            row=number,
            column=heading,
            value=value,
        )
