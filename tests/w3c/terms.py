"""RDF terms, compared as they are written: what every reader of results yields and every comparison takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import rdflib

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
STRING: Final = f"{XSD}string"
LANG_STRING: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
EXACT: Final = frozenset(
    XSD + name
    for name in (
        *("decimal", "integer", "nonPositiveInteger", "negativeInteger", "nonNegativeInteger"),
        *("positiveInteger", "long", "int", "short", "byte"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
BINARY: Final = frozenset({f"{XSD}double", f"{XSD}float"})
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Term(NamedTuple):
    """An IRI, a literal or a blank node; `value` is the IRI, the lexical form or the label."""

    kind: Literal["iri", "literal", "bnode"]
    value: str
    datatype: str = ""
    language: str = ""


#: A solution, its terms in the order of the variables; or a triple.
Row: TypeAlias = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The solutions of a SELECT: a bag of rows over variables."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]

    def over(self, variables: Sequence[str]) -> tuple[Row, ...]:
        """The rows with their columns in another order."""
        places = [self.variables.index(name) for name in variables]
        return tuple(tuple(row[place] for place in places) for row in self.rows)


#: What a query answers: a table, a boolean, or a graph as its triples.
Result: TypeAlias = Table | bool | frozenset[Row]


def iri(value: str) -> Term:
    return Term("iri", value)


def bnode(label: str) -> Term:
    return Term("bnode", label)


def literal(value: str, datatype: str | None = None, language: str | None = None) -> Term:
    """A literal; a simple one is an xsd:string (RDF 1.1 Concepts section 3.3)."""
    return Term("literal", value, LANG_STRING if language else datatype or STRING, language or "")


def of_rdflib(node: object) -> Term:
    """The term that an rdflib node is; the node must have kept its lexical form."""
    match node:
        case rdflib.URIRef():
            return iri(str(node))
        case rdflib.BNode():
            return bnode(str(node))
        case rdflib.Literal():
            return literal(str(node), node.datatype and str(node.datatype), node.language)
    raise ValueError(f"not an RDF term: {node!r}")


def by_value(term: Term | None) -> Term | None:
    """The term with one lexical form for each value: of numbers, booleans and language tags."""
    if term is None or term.kind != "literal":
        return term
    if term.language:
        return term._replace(language=term.language.lower())
    if term.datatype in EXACT and _NUMBER.fullmatch(term.value):
        return term._replace(value=str(Decimal(term.value).normalize()))
    if term.datatype in BINARY and _NUMBER.fullmatch(term.value):
        return term._replace(value=repr(float(term.value)))
    if term.datatype == f"{XSD}boolean":
        return term._replace(value={"1": "true", "0": "false"}.get(term.value, term.value))
    return term


def lossy(term: Term | None) -> Term | None:
    """What CSV keeps of a term: the text of an IRI or literal, "" of no term, that it is a blank node."""
    if term is None:
        return Term("literal", "")
    return term if term.kind == "bnode" else Term("literal", term.value)


def lossy_by_value(term: Term | None) -> Term | None:
    """What CSV keeps of a term by its value, with one lexical form for each number."""
    kept = lossy(by_value(term))
    if kept and kept.kind == "literal" and _NUMBER.fullmatch(kept.value):
        return kept._replace(value=str(Decimal(kept.value).normalize()))
    return kept
