"""Discrepancies: two statements about one thing that differ, each with its own pages, side by side.

A side is a value with the pages that give it, or statements that stand in the graph already, such as a
figure of a deck. Nothing is decided between the sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import TypeAdapter, ValidationError, model_validator

from clustergraph import iris
from clustergraph.iris import CG, SKOS
from clustergraph.sources.cells import Addresses, Code, Name, Names, OptionalPeriod, PlainDecimal, ThingId
from clustergraph.sources.claims import state_attribute
from clustergraph.sources.figures import Figure, state_conflicts, state_figure
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL

_NUMBER: Final = TypeAdapter[Decimal](PlainDecimal)


class DiscrepancyRow(SourcedRow):
    """Two values of one attribute of one thing, or of one indicator where both are plain numbers.

    `value_a` rests on `source_a` as of `as_of_a`, and so for b; `involves_a` names statements that stand in
    the graph in place of a value. With an `indicator`, both values are observations in `unit`; without one
    they are claims. `source_url` is filled from the two sides.
    """

    schemes: ClassVar[Mapping[str, str]] = {
        "type": "discrepancy-type",
        "indicator": "indicator",
        "qualifier_a": "qualifier",
        "qualifier_b": "qualifier",
        "nature_a": "nature",
        "nature_b": "nature",
    }

    id: ThingId
    type: Code
    label: str
    subject: Name
    attribute: str
    value_a: str | None = None
    source_a: Addresses = ()
    as_of_a: OptionalPeriod = None
    value_b: str | None = None
    source_b: Addresses = ()
    as_of_b: OptionalPeriod = None
    involves_a: Names = ()
    involves_b: Names = ()
    indicator: Code | None = None
    unit: Literal["EUR", "NUM", "PERCENT", "MO"] | None = None
    qualifier_a: Code | None = None
    qualifier_b: Code | None = None
    nature_a: Code | None = None
    nature_b: Code | None = None
    note: str

    @model_validator(mode="before")
    @classmethod
    def _pages_of_both_sides(cls, cells: Any) -> Any:
        if isinstance(cells, dict) and not cells.get("source_url"):
            pages = [cells[column] for column in ("source_a", "source_b") if cells.get(column)]
            return {**cells, "source_url": "|".join(pages) or None}
        return cells

    @model_validator(mode="after")
    def _each_side_stands(self) -> Self:
        for name in "ab":
            value, pages, involved = self.side(name)
            if bool(value) == bool(involved) or bool(value) != bool(pages):
                raise ValueError(
                    f"side {name} is a value_{name} with source_{name}, or else involves_{name}; not both, "
                    "not neither"
                )
            if value and self.indicator:
                _number(value, name)
        if self.type == "value-conflict" and not self.indicator and (self.value_a or self.value_b):
            raise ValueError(
                "a value-conflict is between figures: name the indicator, or choose another type"
            )
        return self

    def side(self, name: str) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
        """The value, the pages and the involved statements of side `a` or `b`."""
        if name == "a":
            return self.value_a, self.source_a, self.involves_a
        return self.value_b, self.source_b, self.involves_b


def _number(value: str, name: str) -> Decimal:
    try:
        return _NUMBER.validate_python(value)
    except ValidationError as error:
        raise ValueError(
            f"value_{name} {value!r} is no plain decimal, yet the row has an indicator"
        ) from error


def _emit(statements: Statements, row: DiscrepancyRow) -> str:
    graph = statements.graph
    involved = [each for name in "ab" for each in _side(statements, row, name)]
    graph.types(row.id, [f"{CG}Discrepancy"])
    graph.add_english(row.id, LABEL, row.label)
    graph.link(row.id, f"{CG}discrepancyType", iris.concept("discrepancy-type", row.type))
    graph.add_english(row.id, f"{SKOS}note", row.note)
    graph.link(row.id, f"{CG}involves", *involved)
    if row.type == "value-conflict":
        state_conflicts(statements, involved)
    return statements.stated(row.id, row.model_copy(update={"note": None}))


def _side(statements: Statements, row: DiscrepancyRow, name: str) -> tuple[str, ...]:
    value, pages, involved = row.side(name)
    if value is None:
        return involved
    first = name == "a"
    evidence = SourcedRow(
        source_url=pages,
        as_of=row.as_of_a if first else row.as_of_b,
        certainty=row.certainty,
        readings=row.readings,
    )
    if row.indicator is None:
        return (state_attribute(statements, row.subject, row.attribute, value, evidence),)
    figure = Figure(
        about=row.subject,
        indicator=row.indicator,
        value=_number(value, name),
        unit=row.unit or "NUM",
        qualifier=(row.qualifier_a if first else row.qualifier_b) or "exact",
        nature=(row.nature_a if first else row.nature_b) or "stock",
    )
    return (state_figure(statements, figure, evidence),)


DISCREPANCIES: Final = TableKind(
    name="discrepancies",
    title="Statements that differ",
    model=DiscrepancyRow,
    subject=lambda row: row.id,
    emit=_emit,
)
