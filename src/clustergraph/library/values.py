"""The VALUES blocks of a query, found by its tokens: those in comments, strings and IRIs are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clustergraph.engine.guard import MAX_DEPTH
from clustergraph.engine.tokens import VARIABLE, Token, tokenise


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """An inline block `VALUES ?variable { data }`; `start` and `end` enclose the data, without the braces."""

    variable: str
    start: int
    end: int
    data: tuple[Token, ...]


def values_blocks(text: str) -> list[ValuesBlock]:
    """Every `VALUES ?variable { … }` of one variable, in order; blocks of several variables are left out.

    Raises QueryMalformed or QueryRefused where the text cannot be read into tokens.
    """
    tokens = tokenise(text, max_depth=MAX_DEPTH)
    blocks = (_block_at(tokens, index) for index, token in enumerate(tokens) if token.keyword == "VALUES")
    return [block for block in blocks if block is not None]


def _block_at(tokens: Sequence[Token], index: int) -> ValuesBlock | None:
    head = tokens[index + 1 : index + 3]
    if len(head) < 2 or head[0].kind != VARIABLE or head[1].text != "{":
        return None
    # Brackets match in a text that has been read into tokens, and data hold none.
    closing = next(place for place in range(index + 3, len(tokens)) if tokens[place].text == "}")
    data = tuple(tokens[index + 3 : closing])
    return ValuesBlock(head[0].text[1:], head[1].start + 1, tokens[closing].start, data)
