"""Parameter values as people write them, read as RDF terms.

| type    | written                                                           | term           |
|---------|-------------------------------------------------------------------|----------------|
| iri     | `cgs:nature/cap`, `instrument/escp-4i`, an absolute IRI, a code   | IRI            |
| date    | `2018-03-31`                                                      | xsd:date       |
| integer | `12`                                                              | xsd:integer    |
| string  | any text without control characters                               | plain literal  |
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Final

import pyoxigraph as ox

from clustergraph import iris

Term = ox.NamedNode | ox.Literal

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: SPARQL 1.1 Query section 19.8, IRIREF: what may not stand between the angle brackets.
_NOT_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|^`\\]")


class ParameterType(StrEnum):
    """What kind of term a parameter stands for."""

    IRI = "iri"
    DATE = "date"
    STRING = "string"
    INTEGER = "integer"


def expected(kind: ParameterType, scheme: str | None = None) -> str:
    """In words, what a value of a type looks like; `scheme` is the SKOS scheme whose codes are accepted."""
    if kind is ParameterType.IRI and scheme is not None:
        return f"a code of the scheme {scheme}, such as the last part of cgs:{scheme}/…, or the concept's IRI"
    return {
        ParameterType.IRI: "an IRI: in full, as a prefixed name (cgs:nature/cap), or an identifier "
        "(instrument/escp-4i)",
        ParameterType.DATE: "a day of the calendar as YYYY-MM-DD, such as 2018-12-31",
        ParameterType.STRING: "a text without control characters",
        ParameterType.INTEGER: "a whole number of at most 18 digits",
    }[kind]


def read_term(text: str, kind: ParameterType, scheme: str | None = None) -> Term:
    """The term that a person's text stands for; raises ValueError when it is not of the type."""
    if kind is ParameterType.IRI:
        return _iri(text.strip(), scheme)
    if kind is ParameterType.DATE:
        return _date(text.strip())
    if kind is ParameterType.INTEGER:
        return _integer(text.strip())
    if _CONTROL.search(text):
        raise ValueError("it holds a control character")
    return ox.Literal(text)


def term_type(term: object) -> ParameterType | None:
    """The parameter type a term of a query belongs to; None where it belongs to none."""
    if isinstance(term, ox.NamedNode):
        return ParameterType.IRI
    if not isinstance(term, ox.Literal) or term.language is not None:
        return None
    return {
        f"{iris.XSD}date": ParameterType.DATE,
        f"{iris.XSD}integer": ParameterType.INTEGER,
        f"{iris.XSD}string": ParameterType.STRING,
    }.get(term.datatype.value)


def write_term(term: object) -> str:
    """A term as people write it: a prefixed name, or the lexical form of a literal."""
    if isinstance(term, ox.NamedNode):
        return iris.compact(term.value)
    return term.value if isinstance(term, ox.Literal) else str(term)


def _iri(text: str, scheme: str | None) -> ox.NamedNode:
    value = _expanded(text, scheme)
    if _NOT_IN_IRI.search(value):
        raise ValueError("it holds a character that no IRI may hold")
    try:
        node = ox.NamedNode(value)
    except ValueError as error:
        raise ValueError(f"it is not an absolute IRI ({error})") from error
    if scheme is not None and not value.startswith(iris.concept(scheme, "")):
        raise ValueError(f"it is not in the scheme {scheme}")
    return node


def _expanded(text: str, scheme: str | None) -> str:
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1]
    prefix, colon, _ = text.partition(":")
    if colon and prefix in iris.PREFIXES:
        return iris.expand(text)
    if _ABSOLUTE.match(text):
        return text
    if scheme is not None and iris.SLUG.fullmatch(text):
        return iris.concept(scheme, text)
    return iris.thing(text)


def _date(text: str) -> ox.Literal:
    if not _DATE.fullmatch(text):
        raise ValueError("it is not written YYYY-MM-DD")
    return ox.Literal(date.fromisoformat(text).isoformat(), datatype=ox.NamedNode(f"{iris.XSD}date"))


def _integer(text: str) -> ox.Literal:
    if not _INTEGER.fullmatch(text):
        raise ValueError("it is not a whole number")
    return ox.Literal(str(int(text)), datatype=ox.NamedNode(f"{iris.XSD}integer"))
