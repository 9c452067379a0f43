"""The addresses that pages link to, below the path under which the service is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode


def sparql(
    root: str,
    query: str,
    format_name: str | None = None,
    graphs: Iterable[tuple[str, str]] = (),
) -> str:
    """The address of a query's answer; `graphs` are the protocol's dataset parameters, by name."""
    fields = [("query", query), *graphs]
    if format_name:
        fields.append(("format", format_name))
    return f"{root}/sparql?{urlencode(fields, quote_via=quote)}"


def describe(root: str, iri: str) -> str:
    """The address of what the graph says of one IRI."""
    return sparql(root, f"DESCRIBE <{iri}>")


def instances(root: str, class_iri: str) -> str:
    """The address of a list of the things of one class."""
    return sparql(root, f"SELECT ?thing WHERE {{\n  ?thing a <{class_iri}> .\n}}\nORDER BY ?thing")


def named_query(root: str, name: str, extension: str = "", values: Mapping[str, str] | None = None) -> str:
    """The address of a named query's result page, or with an extension of its text or data."""
    address = f"{root}/queries/{quote(name)}{extension}"
    return f"{address}?{urlencode(values, quote_via=quote)}" if values else address
