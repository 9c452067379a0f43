"""What a query asks for, known before any parser sees it, and refused where this service will not do it.

A query that nests too deep overflows the stack of a recursive parser, so depth and operators are counted by a
reader that does not recurse. SERVICE and updates are recognised as tokens, never as text: the word in an IRI,
a string, a comment, a variable or a prefixed name is no keyword. Most queries are plain and are known from
one look (`quick_look.py`), which sees in them exactly what the full reading would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from clustergraph.engine.dataset_clause import dataset_clause
from clustergraph.engine.federation import ServiceCall, call_at, origins_of
from clustergraph.engine.glued import ends_in_declared, hides_service
from clustergraph.engine.quick_look import quick_look
from clustergraph.engine.repeatable import is_repeatable
from clustergraph.engine.tokens import (
    IRI,
    LANGUAGE,
    NAME,
    PUNCTUATION,
    STRING,
    WORD,
    Position,
    Token,
    decode_codepoints,
    tokenise,
)
from clustergraph.errors import QueryMalformed, QueryRefused
from clustergraph.iris import PREFIXES
from clustergraph.negotiation import ResultKind

#: Deepest nesting of brackets; a recursive parser with an 8 MiB stack overflows from about 1,000.
MAX_DEPTH: Final = 250
#: Most operators and clauses; each adds one level to the engine's tree, which overflows from about 4,000.
MAX_OPERATORS: Final = 3000

#: Brackets that nest less deep than this are all that a quick look lets through.
_QUICK_DEPTH: Final = 16
#: Longest query that is remembered among many, and among few.
_SHORT: Final = 2 * 1024
_LONG: Final = 256 * 1024

_FORMS: Final = {
    "SELECT": ResultKind.SOLUTIONS,
    "ASK": ResultKind.BOOLEAN,
    "CONSTRUCT": ResultKind.GRAPH,
    "DESCRIBE": ResultKind.GRAPH,
}
_UPDATES: Final = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}
)
_OPERATORS: Final = frozenset(
    {"+", "-", "*", "/", "|", "||", "&&", "!", "^", "=", "!=", "<", ">", "<=", ">="}
)
_CLAUSES: Final = frozenset(
    {"UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "EXISTS", "AS", "SELECT", "LATERAL"}
)


@dataclass(slots=True, kw_only=True)
class QueryShape:
    """What is known of a query from its tokens.

    `text` is the query to evaluate: as written, with codepoint escapes outside IRIs and strings replaced
    (SPARQL 1.1 section 19.2). `form` is SELECT, ASK, CONSTRUCT or DESCRIBE; `kind` what it returns.
    `prefixes` maps each declared prefix to its IRI as written. `prologue` is the text before the form.
    `default_graphs` and `named_graphs` are the terms of FROM and FROM NAMED as written, unresolved.
    `services` are its SERVICE clauses in their order. A query that is not `repeatable` may answer otherwise
    when it is asked again over the same dataset: it calls NOW, RAND, UUID, STRUUID or BNODE, its template
    makes blank nodes, or it asks another service.
    """

    text: str
    form: str
    kind: ResultKind
    prefixes: Mapping[str, str]
    prologue: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    services: tuple[ServiceCall, ...] = ()
    repeatable: bool = True


def inspect(
    query: str,
    *,
    max_depth: int = MAX_DEPTH,
    max_operators: int = MAX_OPERATORS,
    service_origins: frozenset[str] = frozenset(),
) -> QueryShape:
    """Read a query's form, prefixes and dataset, and refuse what this service does not perform.

    Raises QueryMalformed for what no parser would accept (with line and column; an undeclared prefix is
    named) and QueryRefused for SERVICE, updates, and queries nested deeper than `max_depth` brackets or with
    more than `max_operators` operators and clauses. It is not a parser: a query it lets through may still be
    malformed, but none that Oxigraph accepts is refused otherwise.

    SERVICE passes where a constant IRI names the endpoint and its origin (scheme, host and port of http or
    https) is one of `service_origins`, such as `https://sparql.example.org`.
    """
    length = len(query)
    if length <= _SHORT:
        return _remembered_short(query, max_depth, max_operators, service_origins)
    if length <= _LONG:
        return _remembered_long(query, max_depth, max_operators, service_origins)
    return _inspected(query, max_depth, max_operators, service_origins)


def _inspected(query: str, max_depth: int, max_operators: int, service_origins: frozenset[str]) -> QueryShape:
    if max_depth >= _QUICK_DEPTH and len(query) <= max_operators and (seen := quick_look(query)):
        return QueryShape(
            text=query,
            form=seen.form,
            kind=_FORMS[seen.form],
            prefixes=MappingProxyType(seen.prefixes),
            prologue=query[: seen.start],
        )
    return _read_in_full(query, max_depth, max_operators, service_origins)


def _read_in_full(
    query: str, max_depth: int, max_operators: int, service_origins: frozenset[str]
) -> QueryShape:
    text, shifts = decode_codepoints(query)
    try:
        return _Inspection(text, max_depth, max_operators, service_origins).shape()
    except (QueryMalformed, QueryRefused) as error:
        if not shifts or error.line is None or error.column is None:
            raise
        line, column = Position(query).of(_original_offset(text, error.line, error.column, shifts))
        raise type(error)(error.what, line=line, column=column, fix=error.fix) from None


# A query is looked at by each room it passes, and many are asked again and again.
_remembered_short = lru_cache(maxsize=2048)(_inspected)
_remembered_long = lru_cache(maxsize=16)(_inspected)


def _original_offset(text: str, line: int, column: int, shifts: list[tuple[int, int]]) -> int:
    offset = column - 1 + sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    return offset + max((saved for position, saved in shifts if position < offset), default=0)


class _Inspection:
    """One reading of one query."""

    def __init__(
        self, text: str, max_depth: int, max_operators: int, service_origins: frozenset[str]
    ) -> None:
        self._text = text
        self._origins = origins_of(service_origins)
        self._services: list[ServiceCall] = []
        self._place = Position(text)
        self._max_depth = max_depth
        self._max_operators = max_operators
        self._tokens: Sequence[Token] = tokenise(text, max_depth=max_depth)
        self._prefixes: dict[str, str] = {}

    def shape(self) -> QueryShape:
        first = self._read_prologue()
        form = self._form(first)
        self._check_body(first)
        default_graphs, named_graphs = dataset_clause(self._tokens, first + 1)
        return QueryShape(
            text=self._text,
            form=form,
            kind=_FORMS[form],
            prefixes=MappingProxyType(self._prefixes),
            prologue=self._text[: self._tokens[first].start],
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            services=tuple(self._services),
            repeatable=not self._services and is_repeatable(self._tokens, first),
        )

    def _malformed(self, what: str, token: Token, fix: str | None = None) -> QueryMalformed:
        line, column = self._place.of(token.start)
        return QueryMalformed(what, line=line, column=column, fix=fix)

    def _refused(self, what: str, token: Token, fix: str) -> QueryRefused:
        line, column = self._place.of(token.start)
        return QueryRefused(what, line=line, column=column, fix=fix)

    def _read_prologue(self) -> int:
        """Note the prefixes and return the index of the first token after the prologue (productions 4–6)."""
        tokens = self._tokens
        index = 0
        while index < len(tokens):
            token = tokens[index]
            following = [*tokens[index + 1 : index + 3], *[Token(PUNCTUATION, "", 0)] * 2]
            if (token.keyword == "BASE" and following[0].kind == IRI) or (
                token.keyword == "VERSION" and following[0].kind == STRING
            ):
                index += 2
            elif token.keyword == "PREFIX" and following[0].text.endswith(":") and following[1].kind == IRI:
                self._prefixes[following[0].text[:-1]] = following[1].text[1:-1]
                index += 3
            elif token.kind == NAME and token.text[:6].upper() == "PREFIX" and following[0].kind == IRI:
                self._prefixes[token.text[6:-1]] = following[0].text[1:-1]
                index += 2
            else:
                break
        return index

    def _form(self, first: int) -> str:
        if first >= len(self._tokens):
            raise QueryMalformed(
                "The query is empty." if not self._tokens else "The query ends after its prefixes.",
                line=1,
                column=1,
                fix="Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        token = self._tokens[first]
        keyword = token.keyword
        if keyword in _UPDATES:
            raise self._refused(
                f"{keyword} is an update, and this dataset is read-only.",
                token,
                "Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        if keyword in ("PREFIX", "BASE"):
            wants = "a name that ends in “:” and an IRI in <>" if keyword == "PREFIX" else "an IRI in <>"
            raise self._malformed(f"{keyword} wants {wants}.", token)
        if token.kind == LANGUAGE and token.text.lower() in ("@prefix", "@base"):
            raise self._malformed(
                f"“{token.text}” is Turtle.",
                token,
                f"SPARQL writes {token.text[1:].upper()}, without the dot.",
            )
        for form in _FORMS:
            if keyword.startswith(form):  # Oxigraph asks for no space after it: SELECTDISTINCT
                return form
        raise self._malformed(
            f"“{_shortened(token.text)}” begins no query.",
            token,
            "A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, after its PREFIX lines.",
        )

    def _check_body(self, first: int) -> None:
        operators = quoted = 0
        for index in range(first, len(self._tokens)):
            token = self._tokens[index]
            if token.kind == PUNCTUATION:
                operators += token.text in _OPERATORS
                # The signs around triple terms are no brackets to the reader of tokens.
                quoted += (token.text == "<<") - (token.text == ">>")
                if quoted > self._max_depth:
                    raise self._refused(
                        f"The query nests more than {self._max_depth} triple terms.",
                        token,
                        "Write it flatter, or ask in several queries.",
                    )
            elif token.kind == WORD:
                operators += token.keyword in _CLAUSES
                # No other keyword holds this one, and Oxigraph reads SERVICESILENT as two.
                if "SERVICE" in token.keyword:
                    self._services.append(self._call(index, token))
            elif token.kind == NAME:
                self._check_name(index, token)
            if operators > self._max_operators:
                raise self._refused(
                    f"The query has more than {self._max_operators} operators and clauses.",
                    token,
                    "Name many terms in one VALUES block, or ask in several queries.",
                )

    def _check_name(self, index: int, token: Token) -> None:
        prefix = token.text.partition(":")[0]
        if "service" in prefix.lower() and hides_service(self._tokens, index, prefix, self._prefixes):
            raise self._not_asked("SERVICE is refused where a name hides it.", token)
        if prefix in self._prefixes or ends_in_declared(prefix, self._prefixes):
            return
        if self._text[token.start - 1] == "<":
            opening = token._replace(start=token.start - 1)
            raise self._malformed(
                "An IRI begins here and holds a character that no IRI may hold.",
                opening,
                "Close it with >; a space in it is written as %20, a quotation mark as %22.",
            )
        known = PREFIXES.get(prefix)
        raise self._malformed(
            f"The prefix “{_shortened(prefix)}:” is not declared.",
            token,
            f"Add PREFIX {_shortened(prefix)}: <{known or '…'}> at the beginning of the query.",
        )

    def _call(self, index: int, token: Token) -> ServiceCall:
        call = call_at(self._tokens, index, self._prefixes, self._origins)
        if isinstance(call, str):
            raise self._not_asked(call, token)
        return call

    def _not_asked(self, what: str, token: Token) -> QueryRefused:
        others = (
            f" The services that may be asked: {', '.join(sorted(self._origins))}." if self._origins else ""
        )
        return self._refused(
            what,
            token,
            f"Ask this dataset alone, and join the answers of other endpoints on your side.{others}",
        )


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
