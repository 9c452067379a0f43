"""Whether a query gives the same bytes each time it is asked over the same dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from clustergraph.engine.tokens import BLANK, WORD, Token

#: The functions whose values differ each time (SPARQL 1.1 section 17.4); STRUUID ends in UUID.
CHANGING: Final = ("NOW", "RAND", "UUID", "BNODE")
#: What makes a blank node in a template: [], collections, and the reifiers and annotations of SPARQL 1.2.
_MINTS: Final = frozenset({"[", "(", "<<", "~", "|"})


def is_repeatable(tokens: Sequence[Token], first: int) -> bool:
    """Whether two evaluations of the query whose form is the token at `first` give the same answer.

    A word that merely ends in a function's name counts: Oxigraph asks for no space between keywords, and
    FILTERRAND() is FILTER and RAND() to it.
    """
    for index in range(first, len(tokens) - 1):
        token = tokens[index]
        is_call = token.kind == WORD and tokens[index + 1].text == "("
        if is_call and token.text.upper().endswith(CHANGING):
            return False
    return not tokens[first].keyword.startswith("CONSTRUCT") or not _mints_blank_nodes(tokens, first)


def _mints_blank_nodes(tokens: Sequence[Token], first: int) -> bool:
    """Whether the template of CONSTRUCT, or the pattern that is its template, holds a blank node."""
    opened = next((index for index in range(first, len(tokens)) if tokens[index].text == "{"), len(tokens))
    for index in range(opened + 1, len(tokens)):
        token = tokens[index]
        if token.text == "}":
            return False
        if token.kind == BLANK or token.text in _MINTS:
            return True
    return False
