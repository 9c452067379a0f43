"""Which other services a query asks: SERVICE with a constant IRI, and the origin that IRI has.

What cannot be told exactly has no origin here: user-info, escapes, relative IRIs, hosts that are not plain
ASCII names or addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.engine.tokens import IRI, NAME, VARIABLE, Token

# RFC 3986 appendix B, narrowed: the authority ends at the first of “/”, “?” and “#”, or with the IRI.
_ABSOLUTE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?#][^\\<>\"{}|^`\x00-\x20]*)?",
    re.IGNORECASE | re.ASCII,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """One SERVICE clause that may be performed.

    `iri` is the endpoint in full; the term that names it stands in the query's text from `start` to before
    `end`. With `silent` a failure of the endpoint is no error (SPARQL 1.1 Federated Query section 2.3).
    """

    iri: str
    start: int
    end: int
    silent: bool


def origin_of(iri: str) -> str | None:
    """Scheme, host and port of an http or https IRI (RFC 6454), in lower case and without a default port.

    None where the IRI is of another scheme, is relative, or could be read in two ways.
    """
    match = _ABSOLUTE.fullmatch(iri)
    if match is None:
        return None
    scheme, host, port = match["scheme"].lower(), match["host"].lower(), match["port"]
    if port is None or int(port) == _DEFAULT_PORTS[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}"


def origins_of(entries: Iterable[str]) -> frozenset[str]:
    """The origins among `entries`; one with a path says less than an origin allows and is left out."""
    return frozenset(
        origin
        for entry in entries
        if entry.removesuffix("/").count("/") == 2 and (origin := origin_of(entry)) is not None
    )


def call_at(
    tokens: Sequence[Token], index: int, prefixes: Mapping[str, str], origins: frozenset[str]
) -> ServiceCall | str:
    """The call whose SERVICE is the token at `index`, or one sentence that says why it may not be performed.

    `origins` are those that may be asked, each as `origin_of` gives it.
    """
    if not origins:
        return "This service does not ask other services on behalf of a query, so SERVICE is refused."
    if tokens[index].keyword != "SERVICE":
        return "SERVICE is only read where a space stands on each side of it."
    silent = index + 1 < len(tokens) and tokens[index + 1].keyword == "SILENT"
    place = index + 2 if silent else index + 1
    if place + 1 >= len(tokens) or tokens[place + 1].text != "{":
        return "SERVICE wants the IRI of an endpoint and a group in braces."
    term = tokens[place]
    if term.kind == VARIABLE:
        return "SERVICE with a variable could ask any server, so it is refused."
    iri = _in_full(term, prefixes)
    origin = None if iri is None else origin_of(iri)
    if iri is None or origin not in origins:
        return f"A query may not have {_shortened(term.text)} asked here."
    return ServiceCall(iri=iri, start=term.start, end=term.start + len(term.text), silent=silent)


def _in_full(term: Token, prefixes: Mapping[str, str]) -> str | None:
    if term.kind == IRI:
        return term.text[1:-1]
    prefix, _, local = term.text.partition(":")
    # Oxigraph asks for no space after SILENT: SILENTex:a is SILENT and ex:a to it.
    if term.kind != NAME or prefix not in prefixes or prefix.lower().startswith("silent"):
        return None
    return prefixes[prefix] + _ESCAPE.sub(r"\1", local)


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"
