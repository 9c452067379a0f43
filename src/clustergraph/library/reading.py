"""The faults of one query file, collected while its decorators are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import pyoxigraph as ox

from clustergraph.engine.guard import inspect
from clustergraph.errors import Fault, QueryMalformed
from clustergraph.library.decorators import Value

_PLACE: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


class Complaints:
    """What is wrong with one file, in the order found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def add(self, rule: str, message: str, fix: str, line: int | None = None) -> None:
        """Note a fault on a line of the file."""
        self.faults.append(Fault(rule=rule, message=message, fix=fix, file=self.file, line=line))

    def unknown_keys(self, found: Mapping[str, Value], known: Iterable[str], rule: str) -> None:
        """Note every key that means nothing."""
        for key, value in found.items():
            if key not in known:
                self.add(
                    rule, f"The key {key!r} is unknown.", f"The keys are: {', '.join(known)}.", value.line
                )

    def text(self, found: Mapping[str, Value], key: str, rule: str) -> str:
        """The text of a key with its line breaks as spaces; empty where there is none."""
        value = found.get(key)
        if value is None:
            return ""
        if not isinstance(value.content, str):
            self.add(rule, f"{key} is not a text.", f"Write `{key}: …`.", value.line)
            return ""
        return " ".join(value.content.split())

    def required_text(
        self, found: Mapping[str, Value], key: str, rule: str, *, meaning: str, line: int
    ) -> str:
        """The text of a key that must be there; `line` is where it is missed."""
        before = len(self.faults)
        text = self.text(found, key, rule)
        if not text and len(self.faults) == before:
            place = found[key].line if key in found else line
            self.add(rule, f"There is no {key}.", f"Write `{key}: …`, {meaning}.", place)
        return text


def evaluated(sparql: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """A query's answer over nothing, which tells its form and columns.

    Raises QueryMalformed or QueryRefused, with line and column, when this service would not answer it.
    """
    inspect(sparql)
    try:
        return ox.Store().query(sparql)
    except SyntaxError as error:
        match = _PLACE.fullmatch(str(error))
        if match is None:
            raise QueryMalformed(f"{error}.") from error
        raise QueryMalformed(f"{match[3]}.", line=int(match[1]), column=int(match[2])) from error
