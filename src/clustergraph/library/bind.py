"""Binding: the terms of a query's VALUES blocks replaced by the caller's, never its text by text."""

from __future__ import annotations

from collections.abc import Mapping

from clustergraph.errors import Fault, UnusableInput
from clustergraph.library.model import NamedQuery, Parameter
from clustergraph.library.terms import Term, read_term
from clustergraph.library.values import values_blocks


def bind(query: NamedQuery, values: Mapping[str, str]) -> str:
    """The SPARQL text of a query with the given values bound and the defaults for the others.

    Raises UnusableInput with one fault a parameter: unknown, missing, or not of its type.
    """
    terms, faults = read_values(query, values)
    if faults:
        what = faults[0].message
        if len(faults) > 1:
            what = f"{len(faults)} parameters of {query.name} cannot be used: {what}"
        raise UnusableInput(what, faults, where=query.name, fix=faults[0].fix)
    return bind_terms(query, terms)


def read_values(query: NamedQuery, values: Mapping[str, str]) -> tuple[dict[str, Term], list[Fault]]:
    """The values read as terms, and every fault found in them."""
    terms: dict[str, Term] = {}
    faults = []
    known = ", ".join(query.parameters)
    for name in values:
        if name not in query.parameters:
            faults.append(
                Fault(
                    rule="known parameter",
                    message=f"{query.name} has no parameter {name!r}.",
                    fix=f"Its parameters are: {known}." if known else "It has no parameters.",
                    file=query.file,
                    column=name,
                    value=values[name],
                )
            )
    for name, parameter in query.parameters.items():
        if name in values:
            try:
                terms[name] = read_term(values[name], parameter.type, parameter.scheme)
            except ValueError as error:
                faults.append(_unusable(query, parameter, values[name], error))
        elif parameter.required:
            faults.append(
                Fault(
                    rule="required parameter",
                    message=f"{query.name} needs the parameter {name!r} ({parameter.summary}).",
                    fix=f"Give {parameter.expected}.",
                    file=query.file,
                    column=name,
                )
            )
    return terms, faults


def bind_terms(query: NamedQuery, terms: Mapping[str, Term]) -> str:
    """The text of a query with the data of its VALUES blocks replaced by terms."""
    text = query.text
    for block in reversed(values_blocks(text)):
        term = terms.get(block.variable)
        if term is not None and block.variable in query.parameters:
            text = f"{text[: block.start]} {term} {text[block.end :]}"
    return text


def _unusable(query: NamedQuery, parameter: Parameter, value: str, error: ValueError) -> Fault:
    return Fault(
        rule=f"parameter of type {parameter.type}",
        message=f"The parameter {parameter.name!r} cannot be {value!r}: {error}.",
        fix=f"Give {parameter.expected}.",
        file=query.file,
        column=parameter.name,
        value=value,
    )
