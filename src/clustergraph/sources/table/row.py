"""The model of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from clustergraph import iris


class Row(BaseModel):
    """A row of a table; every cell arrives as text and an empty cell is None.

    `schemes` names the SKOS scheme of each column that holds codes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    schemes: ClassVar[Mapping[str, str]] = {}

    def references(self) -> Iterator[tuple[str, str]]:
        """Each (column, IRI) by which the row mentions a thing, concept or term of the project."""
        for name, info in type(self).model_fields.items():
            if name == "id":
                continue
            value = getattr(self, name)
            scheme = self.schemes.get(name)
            for item in value if isinstance(value, tuple) else (value,):
                if not isinstance(item, str):
                    continue
                if scheme is not None:
                    yield name, iris.concept(scheme, item)
                elif item.startswith((iris.CGI, iris.CGS, iris.CG)):
                    yield info.alias or name, item


RowT = TypeVar("RowT", bound=Row)


def columns(model: type[Row]) -> tuple[str, ...]:
    """The columns of a row model, in order."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def required_columns(model: type[Row]) -> tuple[str, ...]:
    """The columns that a table must have."""
    return tuple(field.alias or name for name, field in model.model_fields.items() if field.is_required())
