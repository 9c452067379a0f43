"""Decimal marks: a column may use the comma or the point, not both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, get_args

from clustergraph.errors import Fault
from clustergraph.sources.table.row import Row

_COMMA: Final = re.compile(r"-?\d+,\d+")
_POINT: Final = re.compile(r"-?\d+\.\d+")

#: Row and text of the first number of a column that is written with a mark.
Seen = tuple[int, str]


@dataclass(slots=True)
class DecimalMarks:
    """The first number with each mark, for each column of decimals; `columns` are (position, name)."""

    columns: tuple[tuple[int, str], ...]
    commas: dict[str, Seen] = field(default_factory=dict)
    points: dict[str, Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, model: type[Row], header: Sequence[str]) -> DecimalMarks:
        """The marks of the decimal columns of a row model, at their places below a header."""
        decimals = {
            info.alias or name
            for name, info in model.model_fields.items()
            if _holds_decimals(info.annotation)
        }
        return cls(tuple((place, column) for place, column in enumerate(header) if column in decimals))

    def see(self, number: int, record: Sequence[str]) -> None:
        """Look at one record."""
        for place, column in self.columns:
            if place >= len(record):
                continue
            text = record[place].strip()
            if column not in self.points and _POINT.fullmatch(text):
                self.points[column] = (number, text)
            elif column not in self.commas and _COMMA.fullmatch(text):
                self.commas[column] = (number, text)

    def absorb(self, later: DecimalMarks) -> None:
        """Add what was seen further down."""
        for mine, others in ((self.commas, later.commas), (self.points, later.points)):
            for column, seen in others.items():
                mine.setdefault(column, seen)

    def faults(self, name: str) -> tuple[Fault, ...]:
        """A fault for each column with both marks, at the later of the two rows."""
        found = []
        for column, (comma_row, comma) in self.commas.items():
            if column not in self.points:
                continue
            point_row, point = self.points[column]
            found.append(
                Fault(
                    rule="one decimal mark in a column",
                    message=f"Row {comma_row} has a decimal comma ({comma}), row {point_row} a decimal "
                    f"point ({point}): what a number means is not sure.",
                    fix="Write every number of the column with a point and without separators of thousands.",
                    file=name,
                    row=max(comma_row, point_row),
                    column=column,
                    value=comma if comma_row > point_row else point,
                )
            )
        return tuple(found)


def _holds_decimals(annotation: Any) -> bool:
    return annotation is Decimal or any(map(_holds_decimals, get_args(annotation)))
