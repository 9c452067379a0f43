"""Headers: the columns of a table by name, in any order, under their names or a synonym."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from clustergraph.errors import Fault
from clustergraph.sources.cells import Period
from clustergraph.sources.table.delimited import delimiter_advice
from clustergraph.sources.table.row import Row, columns, required_columns


def header_faults(header: Sequence[str], name: str, model: type[Row]) -> list[Fault]:
    """What is wrong with a header: columns twice, unknown, or missing."""
    expected = columns(model)
    problems = []
    advice = delimiter_advice(list(header))
    if advice is not None:
        return [header_fault(name, advice, expected)]
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            problems.append(f"The column {column!r} stands twice.")
        if column not in expected:
            near = difflib.get_close_matches(column, expected, n=1)
            problems.append(
                f"The column {column!r} is unknown" + (f"; did you mean {near[0]!r}?" if near else ".")
            )
    missing = [column for column in required_columns(model) if column not in header]
    if missing:
        problems.append(f"The column{'s' if len(missing) > 1 else ''} {', '.join(missing)} is missing.")
    return [header_fault(name, problem, expected) for problem in problems]


def header_fault(name: str, message: str, expected: Sequence[str]) -> Fault:
    """A fault of the first row; the remedy is the header as it should be."""
    return Fault(
        rule="table header", message=message, fix=f"The header is: {','.join(expected)}", file=name, row=1
    )


def named_columns(header: Sequence[str], model: type[Row], synonyms: Mapping[str, str]) -> list[str]:
    """The columns that the cells of a header name; capitals, spaces and hyphens do not matter."""
    known = {_plain(synonym): column for synonym, column in synonyms.items()}
    known |= {_plain(column): column for column in columns(model)}
    return [known.get(_plain(cell), cell.strip()) for cell in header]


def _plain(heading: str) -> str:
    return re.sub(r"[\s_-]+", "_", heading.strip()).casefold()


_MEANINGS: Final[Mapping[object, str]] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    Decimal: "decimal number with a point, such as 7.5",
    date: "day, such as 2019-03-01",
    Period: "day, month, year or span, such as 2019-03-01, 2019-03, 2019, 2014-2020",
}


def columns_help(model: type[Row]) -> list[tuple[str, bool, str]]:
    """Every column with whether it is required and what its cells are, from the row model."""
    return [
        (field.alias or name, field.is_required(), _meaning(name, field.annotation, field.description, model))
        for name, field in model.model_fields.items()
    ]


def _meaning(name: str, annotation: Any, description: str | None, model: type[Row]) -> str:
    if description:
        return description
    if name in model.schemes:
        return f"code of the list {model.schemes[name]}"
    return _of_type(annotation)


def _of_type(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(parts[0])
    if origin in (Union, types.UnionType):
        return " or ".join(_of_type(part) for part in parts if part is not type(None))
    if origin is Literal:
        return "one of " + ", ".join(str(part) for part in parts)
    if origin is tuple:
        return f"several, with | between: {_of_type(parts[0])}"
    return _MEANINGS.get(annotation, "text")
