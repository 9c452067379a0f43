"""The `parameters:` of a query file, checked against the VALUES blocks of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox

from clustergraph.engine.guard import inspect
from clustergraph.engine.tokens import Position
from clustergraph.errors import QueryMalformed, QueryRefused
from clustergraph.library.decorators import Value
from clustergraph.library.model import Choices, Parameter, scheme_choices
from clustergraph.library.reading import Complaints, evaluated
from clustergraph.library.terms import ParameterType, Term, expected, read_term, term_type, write_term
from clustergraph.library.values import ValuesBlock, values_blocks

_KEYS: Final = ("type", "summary", "default", "choices")
_VARIABLE: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_parameters(
    decorators: Mapping[str, Value], text: str, complaints: Complaints
) -> dict[str, Parameter]:
    """The parameters that a query file declares, by name."""
    declared = decorators.get("parameters")
    if declared is None:
        return {}
    if not isinstance(declared.content, Mapping):
        complaints.add(
            "query parameters",
            "parameters is not a mapping of names.",
            "Write each parameter as `name: {type: …, summary: …}`.",
            declared.line,
        )
        return {}
    found = {}
    for name, value in declared.content.items():
        parameter = _ParameterReader(name, value, text, complaints).read()
        if parameter is not None:
            found[name] = parameter
    return found


class _ParameterReader:
    """Reads one parameter and complains of what is wrong with it."""

    def __init__(self, name: str, value: Value, text: str, complaints: Complaints) -> None:
        self._name = name
        self._value = value
        self._text = text
        self._complaints = complaints
        self._rule = f"query parameter {name}"

    def read(self) -> Parameter | None:
        before = len(self._complaints.faults)
        if not _VARIABLE.fullmatch(self._name):
            self._complain(f"{self._name!r} is not a variable's name.", "Write it without `?`.")
        entry = self._value.content
        if not isinstance(entry, Mapping):
            self._complain(f"{self._name} has no type.", "Write `type: …` and `summary: …` below it.")
            return None
        self._complaints.unknown_keys(entry, _KEYS, self._rule)
        summary = self._complaints.required_text(
            entry, "summary", self._rule, meaning="what the value means", line=self._value.line
        )
        kind = self._type(entry)
        choices = self._choices(entry)
        example = None if kind is None else self._example(kind)
        default = None
        if kind is not None and "default" in entry:
            default = self._default(entry["default"], kind, choices, example)
        if len(self._complaints.faults) > before or kind is None or example is None:
            return None
        return Parameter(
            name=self._name, type=kind, summary=summary, example=example, default=default, choices=choices
        )

    def _complain(self, message: str, fix: str, line: int | None = None) -> None:
        self._complaints.add(self._rule, message, fix, line or self._value.line)

    def _type(self, entry: Mapping[str, Value]) -> ParameterType | None:
        value = entry.get("type")
        if value is not None and value.content in list(ParameterType):
            return ParameterType(str(value.content))
        self._complain(
            "There is no type." if value is None else f"There is no type {value.content!r}.",
            f"Write `type: …`, one of {', '.join(ParameterType)}.",
            None if value is None else value.line,
        )
        return None

    def _choices(self, entry: Mapping[str, Value]) -> Choices | None:
        value = entry.get("choices")
        if value is None:
            return None
        options = value.content if isinstance(value.content, Mapping) else {}
        scheme, query = options.get("scheme"), options.get("query")
        if len(options) == 1 and scheme is not None and _CODE.fullmatch(str(scheme.content)):
            return scheme_choices(str(scheme.content))
        if len(options) == 1 and query is not None:
            return self._queried_choices(str(query.content), query.line)
        self._complain(
            "choices names neither a scheme's code nor a query.",
            "Write `choices: {scheme: cluster-role}`, or `query:` with SPARQL of ?choice ?label.",
            value.line,
        )
        return None

    def _queried_choices(self, text: str, line: int) -> Choices | None:
        try:
            answer = evaluated(text)
        except (QueryMalformed, QueryRefused) as error:
            self._complain(f"The query of the choices is not usable: {error.what}", "Correct it.", line)
            return None
        columns = [each.value for each in answer.variables] if isinstance(answer, ox.QuerySolutions) else []
        if columns != ["choice", "label"]:
            self._complain(
                f"The query of the choices gives {', '.join(columns) or 'no columns'}.",
                "Let it SELECT ?choice ?label.",
                line,
            )
            return None
        return Choices(text)

    def _example(self, kind: ParameterType) -> Term | None:
        try:
            prologue = inspect(self._text).prologue
            blocks = [block for block in values_blocks(self._text) if block.variable == self._name]
        except (QueryMalformed, QueryRefused):
            return None  # The query's own syntax is at fault, and reported there.
        if not blocks:
            self._complain(
                f"The query has no block VALUES ?{self._name} {{ … }}.",
                f"Put `VALUES ?{self._name} {{ <default> }}` where the variable is first used.",
            )
            return None
        held = [self._terms(prologue, block) for block in blocks]
        place, _ = Position(self._text).of(blocks[0].start)
        first = held[0]
        if first is None or any(terms is None for terms in held):
            return None  # So is it here.
        if any(terms != first for terms in held):
            self._complain(
                f"The blocks VALUES ?{self._name} hold different terms.",
                "Let every block of one parameter hold the same term.",
                place,
            )
            return None
        term = first[0] if len(first) == 1 else None
        if not isinstance(term, ox.NamedNode | ox.Literal) or term_type(term) is not kind:
            written = ", ".join(write_term(each) for each in first) or "nothing"
            self._complain(
                f"VALUES ?{self._name} holds {written}, which is not one term of type {kind}.",
                f"Write {expected(kind)}.",
                place,
            )
            return None
        return term

    def _terms(self, prologue: str, block: ValuesBlock) -> list[object] | None:
        data = self._text[block.start : block.end]
        try:
            answer = evaluated(f"{prologue}\nSELECT ?x WHERE {{ VALUES ?x {{ {data}\n}} }}")
        except (QueryMalformed, QueryRefused):
            return None
        return [row["x"] for row in answer] if isinstance(answer, ox.QuerySolutions) else None

    def _default(
        self, value: Value, kind: ParameterType, choices: Choices | None, example: Term | None
    ) -> Term | None:
        scheme = None if choices is None else choices.scheme
        try:
            term = read_term(str(value.content), kind, scheme)
        except ValueError as error:
            self._complain(
                f"The default cannot be {value.content!r}: {error}.",
                f"Write {expected(kind, scheme)}.",
                value.line,
            )
            return None
        if example is not None and term != example:
            self._complain(
                f"The default is {write_term(term)}, but the VALUES block holds {write_term(example)}.",
                "Let both be the same term.",
                value.line,
            )
            return None
        return term
