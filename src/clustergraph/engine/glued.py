"""Keywords written without a space before a prefixed name, which Oxigraph reads apart.

FILTERex:f(?x) is FILTER and ex:f(?x) to it, and SERVICEex:endpoint {} is SERVICE and ex:endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Final

from clustergraph.engine.tokens import Token

_GLUED: Final = re.compile(
    r"(?:PREFIX|SELECT|DISTINCT|REDUCED|FROM|NAMED|WHERE|DESCRIBE|FILTER|GRAPH|VALUES|BY|HAVING|ORDER|GROUP|ASC"
    r"|DESC|UNDEF|TRUE|FALSE|A|IN|NOT|SEPARATOR|OPTIONAL|UNION|MINUS|BIND|EXISTS|ASK|CONSTRUCT)",
    re.IGNORECASE,
)
_GLUED_SERVICE: Final = re.compile(
    r"(?P<head>[a-z]*?)service(?:silent)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_NAMES_A_GRAPH: Final = frozenset({"GRAPH", "FROM", "NAMED"})


def ends_in_declared(prefix: str, declared: Container[str]) -> bool:
    """Whether a prefix is one or more keywords and a declared prefix, as FILTERex is."""
    rest = prefix if len(prefix) < 200 else ""
    while keyword := _GLUED.match(rest):
        rest = rest[keyword.end() :]
        if rest in declared:
            return True
    return False


def hides_service(tokens: Sequence[Token], index: int, prefix: str, declared: Container[str]) -> bool:
    """Whether the name at `index`, whose prefix is given, may be read as SERVICE and an endpoint."""
    match = _GLUED_SERVICE.fullmatch(prefix)
    if match is None or (match["rest"] not in declared and "service" not in match["rest"].lower()):
        return False
    followed = index + 1 < len(tokens) and tokens[index + 1].text == "{"
    return followed and tokens[index - 1].keyword not in _NAMES_A_GRAPH
