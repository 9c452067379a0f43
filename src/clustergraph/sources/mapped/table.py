"""A mapping becomes a kind of table: a row model made of its columns, and the way to statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field, create_model

from clustergraph import iris
from clustergraph.sources.cells import Addresses, OptionalPeriod
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.mapped.model import PLACE, MappingFile
from clustergraph.sources.mapped.slugs import slug
from clustergraph.sources.mapped.values import Term, to_terms
from clustergraph.sources.places import Territories
from clustergraph.sources.statements import Certainty, SourcedRow, Statements

#: Fields of the row model stand for columns, whose names may be anything.
_FIELD: Final = "column_"


class Cell(NamedTuple):
    """The text of a cell, and each property with the terms that the text gives it."""

    text: str | None
    terms: tuple[tuple[str, tuple[Term, ...]], ...]


def table_kind(
    mapping: MappingFile, name: str, labels: Mapping[str, str], territories: Territories
) -> TableKind[SourcedRow]:
    """The kind of table that a mapping describes; `name` is that of the import."""
    columns = {column: f"{_FIELD}{number}" for number, column in enumerate(_cells(mapping))}
    fields: dict[str, Any] = {}
    for column, field in columns.items():
        read = _reader(mapping, column, labels, territories)
        fields[field] = (Annotated[Any, BeforeValidator(read)], Field(alias=column))
    for number, column in enumerate(mapping.ignore):
        fields[f"ignored_{number}"] = (str | None, Field(None, alias=column))
    model = create_model("MappedRow", __base__=SourcedRow, **fields, **_source(mapping))
    about = mapping.about
    constants = [
        (constant.predicate, to_terms(constant, labels, territories)(constant.value))
        for constant in mapping.constants
    ]

    def text(row: SourcedRow, column: str) -> str:
        cell: Cell = getattr(row, columns[column])
        return cell.text or ""

    def subject(row: SourcedRow) -> str:
        return iris.thing(PLACE.sub(lambda place: slug(text(row, place[1])), about.iri))

    def emit(statements: Statements, row: SourcedRow) -> None:
        thing = subject(row)
        statements.named(thing, row, (about.class_,), text(row, about.label))
        statements.stated(thing, row)
        for column in mapping.columns:
            cell: Cell = getattr(row, columns[column])
            for predicate, terms in cell.terms:
                for term in terms:
                    statements.graph.add(thing, predicate, term)
        for predicate, terms in constants:
            for term in terms:
                statements.graph.add(thing, predicate, term)

    return TableKind(
        name=name,
        title=mapping.title,
        model=model,
        subject=subject,
        emit=emit,
        label=lambda row: text(row, about.label),
        mints=not about.repeated,
    )


def _cells(mapping: MappingFile) -> tuple[str, ...]:
    """The columns that become cells: all that are used but those of the source."""
    return tuple(dict.fromkeys((*mapping.places(), mapping.about.label, *mapping.columns)))


def _source(mapping: MappingFile) -> dict[str, Any]:
    source = mapping.source
    fields: dict[str, Any] = {"certainty": (Certainty, source.certainty)}
    if source.url is not None:
        fields["source_url"] = (Addresses, Field(alias=source.url))
    elif source.address is not None:
        fields["source_url"] = (Addresses, (source.address,))
    if source.as_of is not None:
        fields["as_of"] = (OptionalPeriod, Field(alias=source.as_of))
    elif source.date is not None:
        fields["as_of"] = (OptionalPeriod, source.date)
    return fields


def _reader(
    mapping: MappingFile, column: str, labels: Mapping[str, str], territories: Territories
) -> Callable[[object], Cell]:
    """What reads the cells of one column."""
    values = mapping.columns.get(column, ())
    ways = [(value.predicate, to_terms(value, labels, territories)) for value in values]
    names_thing = column in mapping.places()
    needed = names_thing or column == mapping.about.label or any(value.required for value in values)

    def read(given: object) -> Cell:
        if not isinstance(given, str):
            if needed:
                raise ValueError("the mapping needs a value here")
            return Cell(None, ())
        if names_thing and not slug(given):
            raise ValueError("the identifier is made of this cell, and it has no letter or digit")
        return Cell(given, tuple((predicate, terms(given)) for predicate, terms in ways))

    return read
