"""How the text of a cell becomes terms, one way for each kind of value that a mapping knows."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.sources.cells import web_address
from clustergraph.sources.mapped.model import Value
from clustergraph.sources.places import Territories, country_of, region_of
from clustergraph.sources.triples import day, decimal, integer, iri

Term: TypeAlias = ox.NamedNode | ox.Literal
#: From one text to its term; raises ValueError where it is none.
ToTerm: TypeAlias = Callable[[str], Term]

_BOOLEANS: Final = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


class Unknown(ValueError):
    """A value that names nothing the graph knows; `fix` says what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def to_terms(
    value: Value, labels: Mapping[str, str], territories: Territories
) -> Callable[[str], tuple[Term, ...]]:
    """The way from the text of a cell to its terms; `labels` has everything that is described."""
    one = _to_term(value, labels, territories)
    separator = value.separator

    def several(text: str) -> tuple[Term, ...]:
        parts = [text] if separator is None else text.split(separator)
        return tuple(one(part.strip()) for part in parts if part.strip())

    return several


def _to_term(value: Value, labels: Mapping[str, str], territories: Territories) -> ToTerm:
    if value.code_list is not None:
        return _concept(value.code_list, labels)
    if value.link is not None:
        version = value.version
        links: dict[str, ToTerm] = {
            "id": _thing(labels),
            "country": lambda text: iri(country_of(territories, text)),
            "nuts": lambda text: iri(region_of(territories, text, version)),
            "address": lambda text: iri(web_address(text)),
        }
        return links[value.link]
    if value.language is not None:
        language = value.language
        return lambda text: ox.Literal(text, language=language)
    return _LITERALS[value.datatype or "string"]


def _concept(scheme: str, labels: Mapping[str, str]) -> ToTerm:
    """By code or by English label, capitals making no difference; a label of two concepts names none."""
    begun = iris.concept(scheme, "")
    codes: dict[str, str] = {}
    named: dict[str, set[str]] = defaultdict(set)
    for concept, label in labels.items():
        code = concept.removeprefix(begun)
        if concept.startswith(begun) and "/" not in code:
            codes[code] = concept
            named[label.casefold()].add(concept)

    def concept_of(text: str) -> Term:
        found = {codes[text]} if text in codes else named.get(text.casefold(), set())
        if len(found) != 1:
            near = difflib.get_close_matches(
                text, [*codes, *(labels[known] for known in codes.values())], n=1
            )
            advice = f"; did you mean {near[0]!r}?" if near else ""
            raise Unknown(
                f"the list {scheme} has no code or label {text!r}{advice}",
                f"Use one of its {len(codes)} codes, such as {', '.join(sorted(codes)[:8])}.",
            )
        return iri(next(iter(found)))

    return concept_of


def _thing(labels: Mapping[str, str]) -> ToTerm:
    def thing_of(text: str) -> Term:
        thing = iris.thing(text)
        if thing not in labels:
            raise Unknown(
                f"nothing with the identifier {text!r} is described",
                "Correct the identifier, or import what describes it first.",
            )
        return iri(thing)

    return thing_of


def _integer(text: str) -> Term:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ValueError("write a whole number such as 42, without separators")
    return integer(int(text))


def _decimal(text: str) -> Term:
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", text):
        raise ValueError("write a plain decimal such as 4300000 or 7.5, without separators or units")
    return decimal(Decimal(text))


def _boolean(text: str) -> Term:
    if text.lower() not in _BOOLEANS:
        raise ValueError("write yes or no")
    return ox.Literal(_BOOLEANS[text.lower()], datatype=iri(f"{iris.XSD}boolean"))


def _date(text: str) -> Term:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError("write the day as 2016-09-01")
    try:
        return day(date.fromisoformat(text))
    except ValueError as error:
        raise ValueError("there is no such day") from error


def _year(text: str) -> Term:
    if not re.fullmatch(r"[12]\d{3}", text):
        raise ValueError("write the year with four digits")
    return ox.Literal(text, datatype=iri(f"{iris.XSD}gYear"))


_LITERALS: Final[Mapping[str, ToTerm]] = {
    "string": ox.Literal,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "gYear": _year,
    "anyURI": lambda text: ox.Literal(web_address(text), datatype=iri(f"{iris.XSD}anyURI")),
}
