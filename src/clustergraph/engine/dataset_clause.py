"""The graphs that a query names itself, with FROM and FROM NAMED."""

from __future__ import annotations

from collections.abc import Sequence

from clustergraph.engine.tokens import Token


def dataset_clause(tokens: Sequence[Token], first: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The terms of FROM and of FROM NAMED as written, before the pattern (productions 13 to 16).

    `first` is the index of the token after the form.
    """
    default_graphs: list[str] = []
    named_graphs: list[str] = []
    depth = 0
    for index in range(first, len(tokens) - 1):
        token = tokens[index]
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth == 0 and token.text == "{" and tokens[index - 1].keyword != "CONSTRUCT":
            break
        elif depth == 0 and token.keyword == "FROM":
            if tokens[index + 1].keyword == "NAMED" and index + 2 < len(tokens):
                named_graphs.append(tokens[index + 2].text)
            else:
                default_graphs.append(tokens[index + 1].text)
    return tuple(default_graphs), tuple(named_graphs)
