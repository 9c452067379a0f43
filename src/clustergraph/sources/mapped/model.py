"""What a mapping file may say, as a model; the meaning of each key stands in docs/guides/mapping.md."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from clustergraph import iris
from clustergraph.sources.cells import OptionalPeriod

#: A column's name between braces.
PLACE: Final = re.compile(r"\{([^{}]+)\}")
_FIXED: Final = re.compile(r"[a-z0-9./-]*")
#: What is written by this project, from `about` and `source`, and never by a column.
RESERVED: Final = {
    f"{iris.RDF}type": "about.class",
    f"{iris.RDFS}label": "about.label",
    f"{iris.CG}statedIn": "source",
    f"{iris.CG}certainty": "source.certainty",
    f"{iris.CG}foundInReading": "source",
}


def _prefixed(value: object) -> object:
    if not isinstance(value, str):
        return value
    if ":" not in value:
        raise ValueError(f"{value!r} has no prefix; write cg:{value}")
    return iris.expand(value)


def _template(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not PLACE.search(value):
        raise ValueError("the template names no column; write one as {Name of the column}")
    if not _FIXED.fullmatch(PLACE.sub("", value)) or not re.match(r"[a-z][a-z-]*/", value):
        raise ValueError(
            f"{value!r} is no template of the form class/slug, such as project/{{Country}}-{{Name}}"
        )
    return value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str | dict) else value


Term = Annotated[str, BeforeValidator(_prefixed)]
Datatype = Literal["string", "integer", "decimal", "boolean", "date", "gYear", "anyURI"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Section):
    """The thing that a row describes."""

    iri: Annotated[str, BeforeValidator(_template)]
    class_: Term = Field(alias="class")
    label: str
    repeated: bool = False


class Value(_Section):
    """A property and how a text becomes its value: a literal, a concept of a list, or a link."""

    predicate: Term = Field(alias="property")
    datatype: Datatype | None = None
    language: Language | None = None
    code_list: Slug | None = None
    link: Literal["id", "country", "nuts", "address"] | None = None
    version: Literal["2016", "2021", "2024"] | None = None
    separator: Annotated[str, StringConstraints(min_length=1, max_length=3)] | None = None
    required: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether the value is a text, a number or a date."""
        return self.code_list is None and self.link is None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Value:
        ways = ("datatype", "language", "code_list", "link")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other")
        if self.version is not None and self.link != "nuts":
            raise ValueError("version goes with link: nuts")
        if self.predicate in RESERVED:
            key = RESERVED[self.predicate]
            raise ValueError(f"{iris.compact(self.predicate)} is written from {key}, not from a column")
        return self


class Constant(Value):
    """A value that every row has."""

    value: str


class Source(_Section):
    """The columns that say where a row is from, or one address and time for all rows."""

    url: str | None = None
    as_of: str | None = None
    address: str | None = None
    date: OptionalPeriod = None
    certainty: Literal["stated", "secondary", "inferred", "derived", "uncertain"] = "stated"

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Source:
        for column, fixed in (("url", "address"), ("as_of", "date")):
            if getattr(self, column) is not None and getattr(self, fixed) is not None:
                raise ValueError(f"give either {column} (a column) or {fixed} (the same for all rows)")
        return self


Values = Annotated[tuple[Value, ...], BeforeValidator(_one_or_more)]


class MappingFile(_Section):
    """A mapping of one table."""

    title: str
    about: About
    columns: dict[str, Values] = Field(default_factory=dict)
    constants: tuple[Constant, ...] = ()
    source: Source = Source()
    ignore: tuple[str, ...] = ()

    def places(self) -> tuple[str, ...]:
        """The columns of the template, in order."""
        return tuple(PLACE.findall(self.about.iri))

    def used(self) -> tuple[str, ...]:
        """Every column that the mapping speaks of, once, in a fixed order."""
        source = (column for column in (self.source.url, self.source.as_of) if column is not None)
        return tuple(dict.fromkeys((*self.places(), self.about.label, *self.columns, *source)))
