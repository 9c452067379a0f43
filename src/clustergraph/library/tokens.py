"""The tokens of a SPARQL text, as far as finding and replacing a VALUES block needs them.

Source: the terminals of SPARQL 1.1 Query section 19.8. Comments, strings and IRIs are single tokens, so
braces and keywords inside them are never mistaken for the query's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["comment", "iri", "string", "variable", "word", "sign"]

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"\"\"(?:(?:\"|\"\")?(?:[^"\\]|\\.))*\"\"\"
             | '''(?:(?:'|'')?(?:[^'\\]|\\.))*'''
             | "(?:[^"\\\r\n]|\\.)*"
             | '(?:[^'\\\r\n]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<word>[\w:@.%\\-]+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its offsets in the text; `kind` is coarser than SPARQL's terminals."""

    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """An inline block `VALUES ?variable { data }`; `start` and `end` enclose the data, without the braces."""

    variable: str
    start: int
    end: int
    data: tuple[Token, ...]


def tokens(text: str) -> Iterator[Token]:
    """Every token of a text, in order; anything else than a known terminal is one sign."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind != "space":
            yield Token(kind, match[0], match.start(), match.end())  # type: ignore[arg-type]


def code_tokens(text: str) -> list[Token]:
    """The tokens of a text without its comments."""
    return [token for token in tokens(text) if token.kind != "comment"]


def line_of(text: str, offset: int) -> int:
    """The line, counted from 1, on which an offset of a text falls."""
    return text.count("\n", 0, offset) + 1


def values_blocks(text: str) -> list[ValuesBlock]:
    """Every `VALUES ?variable { … }` of one variable, in order; blocks of several variables are left out."""
    found = []
    code = code_tokens(text)
    for position, token in enumerate(code):
        if token.kind == "word" and token.text.upper() == "VALUES":
            block = _block_at(code, position)
            if block is not None:
                found.append(block)
    return found


def _block_at(code: Sequence[Token], position: int) -> ValuesBlock | None:
    head = code[position + 1 : position + 3]
    if len(head) < 2 or head[0].kind != "variable" or head[1].text != "{":
        return None
    for offset, token in enumerate(code[position + 3 :], start=position + 3):
        if token.text == "}" and token.kind == "sign":
            data = tuple(code[position + 3 : offset])
            return ValuesBlock(head[0].text[1:], head[1].end, token.start, data)
    return None


def mentions_keyword(text: str, keyword: str) -> Token | None:
    """The first place where a keyword stands as a word of the query itself."""
    return next(
        (token for token in code_tokens(text) if token.kind == "word" and token.text.upper() == keyword),
        None,
    )
