"""What a query asks for, known before any parser sees it, and refused where this service will not do it.

A query that nests too deep overflows the stack of a recursive parser, so depth and operators are counted by a
reader that does not recurse. SERVICE and updates are recognised as tokens, never as text: the word in an IRI,
a string, a comment, a variable or a prefixed name is no keyword.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

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

_REMEMBERED_LENGTH: Final = 16 * 1024

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

# Oxigraph asks for no space after a keyword: FILTERex:f(?x) is FILTER and ex:f(?x) to it.
_GLUED: Final = re.compile(
    r"(?:PREFIX|SELECT|DISTINCT|REDUCED|FROM|NAMED|WHERE|DESCRIBE|FILTER|GRAPH|VALUES|BY|HAVING|ORDER|GROUP|ASC"
    r"|DESC|UNDEF|TRUE|FALSE|A|IN|NOT|SEPARATOR|OPTIONAL|UNION|MINUS|BIND|EXISTS|ASK|CONSTRUCT)",
    re.IGNORECASE,
)
_GLUED_SERVICE: Final = re.compile(
    r"(?P<head>[a-z]*?)service(?:silent)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_NAMES_A_GRAPH: Final = frozenset({"GRAPH", "FROM", "NAMED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryShape:
    """What is known of a query from its tokens.

    `text` is the query to evaluate: as written, with codepoint escapes outside IRIs and strings replaced
    (SPARQL 1.1 section 19.2). `form` is SELECT, ASK, CONSTRUCT or DESCRIBE; `kind` what it returns.
    `prefixes` maps each declared prefix to its IRI as written. `prologue` is the text before the form.
    `default_graphs` and `named_graphs` are the terms of FROM and FROM NAMED as written, unresolved.
    """

    text: str
    form: str
    kind: ResultKind
    prefixes: Mapping[str, str]
    prologue: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


def inspect(query: str, *, max_depth: int = MAX_DEPTH, max_operators: int = MAX_OPERATORS) -> QueryShape:
    """Read a query's form, prefixes and dataset, and refuse what this service does not perform.

    Raises QueryMalformed for what no parser would accept (with line and column; an undeclared prefix is
    named) and QueryRefused for SERVICE, updates, and queries nested deeper than `max_depth` brackets or with
    more than `max_operators` operators and clauses. It is not a parser: a query it lets through may still be
    malformed, but none that Oxigraph accepts is refused otherwise.
    """
    if len(query) > _REMEMBERED_LENGTH:
        return _inspected(query, max_depth, max_operators)
    return _remembered(query, max_depth, max_operators)


def _inspected(query: str, max_depth: int, max_operators: int) -> QueryShape:
    text, shifts = decode_codepoints(query)
    try:
        return _Inspection(text, max_depth, max_operators).shape()
    except (QueryMalformed, QueryRefused) as error:
        if not shifts or error.line is None or error.column is None:
            raise
        line, column = Position(query).of(_original_offset(text, error.line, error.column, shifts))
        raise type(error)(error.what, line=line, column=column, fix=error.fix) from None


# A query is looked at by each room it passes, and many are asked again and again.
_remembered = lru_cache(maxsize=128)(_inspected)


def _original_offset(text: str, line: int, column: int, shifts: list[tuple[int, int]]) -> int:
    offset = column - 1 + sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    return offset + max((saved for position, saved in shifts if position < offset), default=0)


class _Inspection:
    """One reading of one query."""

    def __init__(self, text: str, max_depth: int, max_operators: int) -> None:
        self._text = text
        self._place = Position(text)
        self._max_operators = max_operators
        self._tokens: Sequence[Token] = tokenise(text, max_depth=max_depth)
        self._prefixes: dict[str, str] = {}

    def shape(self) -> QueryShape:
        first = self._read_prologue()
        form = self._form(first)
        self._check_body(first)
        default_graphs, named_graphs = self._dataset(first + 1)
        return QueryShape(
            text=self._text,
            form=form,
            kind=_FORMS[form],
            prefixes=MappingProxyType(self._prefixes),
            prologue=self._text[: self._tokens[first].start],
            default_graphs=default_graphs,
            named_graphs=named_graphs,
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
        operators = 0
        for index in range(first, len(self._tokens)):
            token = self._tokens[index]
            if token.kind == PUNCTUATION:
                operators += token.text in _OPERATORS
            elif token.kind == WORD:
                operators += token.keyword in _CLAUSES
                # No other keyword holds this one, and Oxigraph reads SERVICESILENT as two.
                if "SERVICE" in token.keyword:
                    raise self._service(token)
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
        if "service" in prefix.lower() and self._hides_service(index, prefix):
            raise self._service(token)
        if prefix in self._prefixes or self._is_glued(prefix):
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

    def _is_glued(self, prefix: str) -> bool:
        rest = prefix if len(prefix) < 200 else ""
        while keyword := _GLUED.match(rest):
            rest = rest[keyword.end() :]
            if rest in self._prefixes:
                return True
        return False

    def _hides_service(self, index: int, prefix: str) -> bool:
        """Whether a name such as SERVICEex:endpoint is SERVICE and ex:endpoint to Oxigraph."""
        match = _GLUED_SERVICE.fullmatch(prefix)
        if match is None or (match["rest"] not in self._prefixes and "service" not in match["rest"].lower()):
            return False
        followed = index + 1 < len(self._tokens) and self._tokens[index + 1].text == "{"
        return followed and self._tokens[index - 1].keyword not in _NAMES_A_GRAPH

    def _service(self, token: Token) -> QueryRefused:
        return self._refused(
            "This service does not ask other services on behalf of a query, so SERVICE is refused.",
            token,
            "Ask this dataset alone, and join the answers of other endpoints on your side.",
        )

    def _dataset(self, first: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The terms of FROM and FROM NAMED before the pattern (productions 13–16)."""
        default_graphs: list[str] = []
        named_graphs: list[str] = []
        depth = 0
        tokens = self._tokens
        for index in range(first, len(tokens) - 1):
            token = tokens[index]
            if token.text == "(":
                depth += 1
            elif token.text == ")":
                depth -= 1
            elif depth == 0 and token.text == "{" and not self._is_template(index):
                break
            elif depth == 0 and token.keyword == "FROM":
                if tokens[index + 1].keyword == "NAMED" and index + 2 < len(tokens):
                    named_graphs.append(tokens[index + 2].text)
                else:
                    default_graphs.append(tokens[index + 1].text)
        return tuple(default_graphs), tuple(named_graphs)

    def _is_template(self, index: int) -> bool:
        return self._tokens[index - 1].keyword == "CONSTRUCT"


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
