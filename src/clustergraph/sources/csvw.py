"""CSV on the Web: what a table's columns are, from the row model of its kind.

Source: W3C Metadata Vocabulary for Tabular Data, Recommendation of 17 December 2015.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator, StringConstraints, ValidationError

from clustergraph.sources import cells
from clustergraph.sources.cells import Period
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.table.row import columns

CONTEXT: Final = ("http://www.w3.org/ns/csvw", {"@language": "en"})
#: Datatypes by what a cell is read as (section 5.11).
_TYPES: Final[Mapping[Any, str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    Decimal: "decimal",
    date: "date",
}
_PERIOD: Final = {
    "base": "string",
    "format": r"unstated|\d{4}(-\d{4})?|\d{4}-\d{2}|\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?",
}
#: Datatypes by the function that reads a cell, where the value's type does not tell.
_BY_READER: Final[Mapping[Any, Any]] = {cells.read_addresses: "anyURI"}


def metadata(
    kind: TableKind[Any], url: str, header: Sequence[str], *, title: str, description: str
) -> dict[str, Any]:
    """The metadata of a table of a kind at a relative `url`, whose columns stand in the order of `header`.

    An empty description is left out.
    """
    told_of = {column["name"]: column for column in _columns(kind)}
    told: dict[str, Any] = {"@context": list(CONTEXT), "url": url, "dc:title": title}
    if description:
        told["dc:description"] = description
    told["dialect"] = {"encoding": "utf-8", "header": True, "lineTerminators": ["\n"]}
    told["tableSchema"] = {"columns": [told_of[column] for column in header if column in told_of]}
    return told


def group_metadata(tables: Sequence[tuple[TableKind[Any], Mapping[str, Any]]]) -> dict[str, Any]:
    """The metadata of tables that stand together, from their kinds and the metadata of each.

    Foreign keys stand here only: they lead from one table of a group to another (section 5.5.2.1).
    """
    urls = {kind.name: told["url"] for kind, told in tables}
    group = []
    for kind, told in tables:
        schema = dict(told["tableSchema"])
        present = {column["name"] for column in schema["columns"]}
        keys = [
            {
                "columnReference": column,
                "reference": {"resource": urls[other], "columnReference": other_column},
            }
            for column, (other, other_column) in kind.foreign_keys.items()
            if column in present and other in urls
        ]
        if keys:
            schema["foreignKeys"] = keys
        group.append(
            {**{name: value for name, value in told.items() if name != "@context"}, "tableSchema": schema}
        )
    return {"@context": list(CONTEXT), "tables": group}


def _columns(kind: TableKind[Any]) -> Iterator[dict[str, Any]]:
    required = _never_empty(kind)
    for name, field in kind.model.model_fields.items():
        column = field.alias or name
        told: dict[str, Any] = {"name": column, "titles": column}
        if field.description:
            told["dc:description"] = field.description
        datatype, several = _datatype(field.annotation, field.metadata)
        told["datatype"] = datatype
        if several:
            told["separator"] = "|"
        if column in required:
            told["required"] = True
        if column in kind.properties:
            told["propertyUrl"] = kind.properties[column]
        yield told


def _never_empty(kind: TableKind[Any]) -> frozenset[str]:
    """The columns in which an empty cell is a fault; a table may need others, and leave them empty."""
    try:
        kind.model.model_validate(dict.fromkeys(columns(kind.model)))
    except ValidationError as error:
        return frozenset(str(fault["loc"][0]) for fault in error.errors() if fault["loc"])
    return frozenset()


def _datatype(annotation: Any, constraints: list[Any]) -> tuple[Any, bool]:
    """The datatype of a column and whether a cell holds several values."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _datatype(parts[0], [*parts[1:], *constraints])
    if origin in (Union, types.UnionType):
        given = [part for part in parts if part is not type(None)]
        return _datatype(given[0], constraints) if len(given) == 1 else ("string", False)
    if origin is tuple:
        return _datatype(parts[0], constraints)[0], True
    if origin is Literal:
        return {"base": "string", "format": "|".join(map(str, parts))}, False
    if annotation is Period:
        return _PERIOD, False
    return _named(annotation, constraints), False


def _named(annotation: Any, constraints: list[Any]) -> Any:
    for constraint in constraints:
        if isinstance(constraint, BeforeValidator) and constraint.func in _BY_READER:
            return _BY_READER[constraint.func]
        pattern = getattr(constraint, "pattern", None)
        if isinstance(constraint, StringConstraints) or pattern is not None:
            return {"base": "string", "format": pattern} if pattern else "string"
    return _TYPES.get(annotation, "string")
