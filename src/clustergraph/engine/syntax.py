"""What a parser's syntax error means to the person who wrote the query."""

from __future__ import annotations

import re
from typing import Final

import pyoxigraph as ox

from clustergraph.engine.grammar import misfit
from clustergraph.engine.guard import MAX_DEPTH
from clustergraph.engine.tokens import IRI, Position, tokenise
from clustergraph.errors import QueryError, QueryMalformed, QueryRefused

_PLACE: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
#: Among the terminals that the parser expected, the sentences that say which rule was broken.
_REASON: Final = re.compile(r"[A-Z]\w*(?: \w+){3,}[^,\[\"]*")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ADVICE: Final = (
    ("unbound", "Name the variable in GROUP BY, or put it into an aggregate such as SAMPLE()."),
    ("Duplicated", "Name each variable once."),
    ("overrides", "Give the expression a new variable."),
    (
        "",
        "Check that AS and BIND name a new variable, that rows of VALUES are as long as its variables, "
        "and that each blank node label stands in one group.",
    ),
)


def explain(query: str, message: str, *, base_iri: str | None = None) -> QueryError:
    """A syntax error of Oxigraph as one sentence with the line and column of the token it is about.

    `base_iri` is that of the request; without one and without BASE a relative IRI is an error.
    """
    try:
        tokens = tokenise(query, max_depth=MAX_DEPTH)
    except (QueryMalformed, QueryRefused) as error:
        return error
    place = Position(query)
    failure = misfit(tokens)
    if failure is not None:
        at_end = failure.index >= len(tokens)
        line, column = place.of(len(query.rstrip()) if at_end else tokens[failure.index].start)
        found = "The query ends" if at_end else f"“{_shortened(tokens[failure.index].text)}” stands"
        return QueryMalformed(f"{found} where {failure.wanted()} is expected.", line=line, column=column)
    has_base = base_iri is not None or any(token.keyword == "BASE" for token in tokens)
    for token in tokens:
        if token.kind == IRI and (complaint := _complaint(token.text[1:-1], has_base=has_base)):
            line, column = place.of(token.start)
            return QueryMalformed(f"{_shortened(token.text)} {complaint}.", line=line, column=column)
    return _rule_broken(message)


def _rule_broken(message: str) -> QueryMalformed:
    """The error of a query that fits the grammar and breaks one of the notes to it (section 19.8)."""
    match = _PLACE.match(message)
    if match is None:
        return QueryMalformed(f"The query is not SPARQL 1.1: {message}")
    reason = _REASON.search(match[3])
    what = (
        f"{reason.group().strip()}." if reason else "The query breaks a rule of SPARQL 1.1 before this place."
    )
    fix = next((advice for words, advice in _ADVICE if words in what), _ADVICE[-1][1])
    return QueryMalformed(what, line=int(match[1]), column=int(match[2]), fix=fix)


def _complaint(iri: str, *, has_base: bool) -> str | None:
    if "\\" in iri:
        return None  # an escape, which the parser decodes
    absolute = _SCHEME.match(iri) is not None
    if not absolute and not has_base:
        return "is relative, and the query has no BASE"
    try:
        ox.NamedNode(iri if absolute else f"http://base/{iri}")
    except ValueError:
        return "is not an IRI"
    return None


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
