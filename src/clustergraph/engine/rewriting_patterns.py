"""Triple patterns read from tokens, with their abbreviations written out (productions 75 to 97).

Blank nodes, collections, signed numbers, triple terms and paths of unbounded length are not read but doubted:
a blank node is a label of one basic graph pattern (SPARQL 1.1 section 18.1.6), `:p +5` is a path and 5 to
some parsers, and a path that matches at length zero is no basic graph pattern (section 18.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.engine.tokens import (
    IRI,
    LANGUAGE,
    NAME,
    NUMBER,
    PUNCTUATION,
    STRING,
    VARIABLE,
    WORD,
    Token,
)

_TERM_KINDS: Final = frozenset({VARIABLE, IRI, NAME, STRING, NUMBER})
_TERM_WORDS: Final = frozenset({"TRUE", "FALSE"})
_NOTHING: Final = Token(PUNCTUATION, "", 0)


class Doubt(Exception):
    """Something stands here that the reader does not understand well enough to move."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term as written; `variable` is its name without mark, or None."""

    text: str
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple pattern, or a path of bounded length between two terms (`path`)."""

    subject: Term
    predicate: Term
    object: Term
    path: bool = False

    @property
    def variables(self) -> frozenset[str]:
        """The variables that each solution of the pattern binds (section 18.3)."""
        terms = (self.subject, self.predicate, self.object)
        return frozenset(term.variable for term in terms if term.variable is not None)

    @property
    def text(self) -> str:
        return f"{self.subject.text} {self.predicate.text} {self.object.text}"


def read_triples(tokens: Sequence[Token], partner: Mapping[int, int], first: int, end: int) -> list[Triple]:
    """The triple patterns between two tokens, end excluded; `partner` is the closing bracket of each opening.

    Raises Doubt where anything else stands there.
    """
    return _TripleReader(tokens, partner, end).read(first)


class _TripleReader:
    """Reads triple patterns up to the token `end`."""

    def __init__(self, tokens: Sequence[Token], partner: Mapping[int, int], end: int) -> None:
        self._tokens = tokens
        self._partner = partner
        self._end = end

    def read(self, index: int) -> list[Triple]:
        found: list[Triple] = []
        end = self._end
        while index < end:
            subject, index = self._term(index, end)
            while True:
                predicate, path, index = self._verb(index, end)
                while True:
                    target, index = self._term(index, end)
                    found.append(Triple(subject, predicate, target, path))
                    if index >= end or self._tokens[index].text != ",":
                        break
                    index += 1
                while index < end and self._tokens[index].text == ";":
                    index += 1
                    if index >= end or self._tokens[index].text in (".", ";"):
                        continue
                    break
                else:
                    break
            if index < end:
                if self._tokens[index].text != ".":
                    raise Doubt
                index += 1
        return found

    def _at(self, index: int, end: int) -> Token:
        return self._tokens[index] if index < end else _NOTHING

    def _term(self, index: int, end: int) -> tuple[Term, int]:
        token = self._at(index, end)
        if token.kind == VARIABLE:
            return Term(token.text, token.text[1:]), index + 1
        if token.kind == STRING:
            following = self._at(index + 1, end)
            if following.kind == LANGUAGE:
                return Term(token.text + following.text), index + 2
            if following.text == "^^":
                datatype = self._at(index + 2, end)
                if datatype.kind not in (IRI, NAME):
                    raise Doubt
                return Term(f"{token.text}^^{datatype.text}"), index + 3
            return Term(token.text), index + 1
        if token.kind in _TERM_KINDS or token.keyword in _TERM_WORDS:
            return Term(token.text), index + 1
        raise Doubt

    def _verb(self, index: int, end: int) -> tuple[Term, bool, int]:
        token = self._at(index, end)
        if token.kind == VARIABLE:
            return Term(token.text, token.text[1:]), False, index + 1
        after = self._path(index, end)
        text = "".join(part.text for part in self._tokens[index:after])
        return Term(text), after > index + 1, after

    def _path(self, index: int, end: int) -> int:
        """The index after a path of bounded length (productions 88 to 94 without the marks `?`, `*`, `+`)."""
        index = self._path_element(index, end)
        while self._at(index, end).text in ("/", "|"):
            index = self._path_element(index + 1, end)
        if self._at(index, end).text in ("?", "*", "+", "-"):
            raise Doubt
        return index

    def _path_element(self, index: int, end: int) -> int:
        if self._at(index, end).text == "^":
            index += 1
        token = self._at(index, end)
        if token.text == "(" and token.kind == PUNCTUATION:
            after = self._path(index + 1, self._partner[index])
            if after != self._partner[index]:
                raise Doubt
            index = after
        elif token.kind not in (IRI, NAME) and not (token.kind == WORD and token.text == "a"):
            raise Doubt
        if self._at(index + 1, end).text in ("?", "*", "+", "-"):
            raise Doubt
        return index + 1
