"""Writes a query anew where Oxigraph's planner is known to go wrong and the answer cannot change.

The text is edited at the place of the trap and nowhere else; in any doubt it stays as written. The rules and
their proofs are in `rewriting_rules.py`, figures and rejected rules in decision record 0013.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from clustergraph.engine.guard import MAX_DEPTH
from clustergraph.engine.rewriting_patterns import Doubt
from clustergraph.engine.rewriting_rules import (
    CONSTANT_FIRST,
    EXISTS_CHAIN,
    Edit,
    constants_first,
    exists_chains,
)
from clustergraph.engine.rewriting_structure import QueryReader
from clustergraph.engine.tokens import Position, tokenise
from clustergraph.errors import QueryMalformed, QueryRefused

#: Every rule, in the order in which they are applied.
RULES: Final = (EXISTS_CHAIN, CONSTANT_FIRST)
#: Longer texts stay as written: reading them costs more than most queries.
LONGEST: Final = 16 * 1024

_COMPARED: Final = re.compile(r"FILTER\s*\(\s*(?:[?$]\w+\s*=[^=]|[^\s()=?$]+\s*=\s*[?$])")


#: An EXISTS of one pattern, which has nothing to be taken apart.
_SINGLE: Final = re.compile(r"EXISTS\s*\{(?:[^{};,.]|\.(?!\s*[^\s}]))*\}")


_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A query's text to evaluate, and what was changed: `rule line:column` of the text as written."""

    text: str
    applied: tuple[str, ...] = ()


def rewrite(query: str, *, rules: tuple[str, ...] = RULES) -> Rewriting:
    """The query with every rule applied that is sure to keep its answer; as written where none is.

    Never raises for a text: what cannot be read is returned as written, so that the parser speaks of the text
    that a person wrote. A text that fails after rewriting is to be evaluated as written for the same reason.
    """
    if len(query) > LONGEST:
        return Rewriting(query)
    capitals = query.upper()
    wanted = tuple(rule for rule in rules if _may_apply(rule, capitals))
    return _rewritten(query, wanted) if wanted else Rewriting(query)


def ask_rewritten(query: str, ask: Callable[[str], _Answer]) -> _Answer:
    """What `ask` returns for the rewritten query, and for the query as written where that fails.

    Raises what `ask` raises for the query as written, so errors speak of the text that a person wrote.
    """
    rewriting = rewrite(query)
    if rewriting.applied:
        with suppress(SyntaxError, ValueError, RuntimeError, OSError):
            return ask(rewriting.text)
    return ask(query)


def _may_apply(rule: str, capitals: str) -> bool:
    """Whether a rule could apply, for a hundredth of what reading the query costs."""
    if rule == EXISTS_CHAIN:
        found = capitals.count("EXISTS")
        return found > 0 and len(_SINGLE.findall(capitals)) < found
    return "FILTER" in capitals and _COMPARED.search(capitals) is not None


@lru_cache(maxsize=256)
def _rewritten(query: str, rules: tuple[str, ...]) -> Rewriting:
    try:
        reader = QueryReader(query, tokenise(query, max_depth=MAX_DEPTH))
        reader.check_names()
        edits: list[Edit] = []
        if EXISTS_CHAIN in rules:
            edits.extend(exists_chains(reader))
        if CONSTANT_FIRST in rules:
            edits.extend(constants_first(reader))
    except (Doubt, QueryMalformed, QueryRefused, KeyError, IndexError):
        return Rewriting(query)
    return _edited(query, edits)


def _edited(query: str, edits: list[Edit]) -> Rewriting:
    if not edits:
        return Rewriting(query)
    text = query
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    place = Position(query)
    applied = {(edit.at, edit.rule): "{}:{}".format(*place.of(edit.at)) for edit in edits}
    return Rewriting(text, tuple(f"{rule} {where}" for (_, rule), where in sorted(applied.items())))
