"""The `#+` lines at the top of a query file: YAML that keeps its line numbers.

Source: the decorator notation of grlc (`#+ summary: …`), read as one YAML document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

MARK: Final = "#+"


@dataclass(frozen=True, slots=True)
class Value:
    """A YAML value with the line of the file it stands on; scalars stay the text that was written."""

    content: str | Mapping[str, Value] | tuple[Value, ...]
    line: int


class DecoratorError(Exception):
    """What is wrong with the decorators, and the line of the file."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_decorators(text: str) -> Mapping[str, Value]:
    """The decorators of a query file by key; empty where it has none.

    Raises DecoratorError where they are not a YAML mapping, or a key stands twice.
    """
    source = "\n".join(_decorator_lines(text))
    try:
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise DecoratorError("aliases are not used here", _line(event.start_mark))
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(_line(mark), source.count("\n") + 1)
        raise DecoratorError(f"this is not YAML: {error.problem or error.context}", line) from error
    except yaml.YAMLError as error:
        raise DecoratorError(f"this is not YAML: {error}", 1) from error
    if node is None:
        return {}
    value = _value(node)
    if not isinstance(value.content, Mapping):
        raise DecoratorError("the decorators are not a mapping of keys to values", value.line)
    return value.content


def _decorator_lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if not line.startswith(MARK):
            return
        yield line.removeprefix(MARK).removeprefix(" ").rstrip("\r")


def _line(mark: Any) -> int:
    """A mark's line from 1; typed loosely since PyYAML has one kind of mark in C and one in Python."""
    return 1 if mark is None else int(mark.line) + 1


def _value(node: yaml.Node) -> Value:
    line = _line(node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return Value(str(node.value), line)
    if isinstance(node, yaml.SequenceNode):
        return Value(tuple(_value(child) for child in node.value), line)
    if not isinstance(node, yaml.MappingNode):
        raise DecoratorError("this kind of YAML value is not used here", line)
    entries: dict[str, Value] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DecoratorError("a key is a plain word", _line(key.start_mark))
        name = str(key.value)
        if name in entries:
            raise DecoratorError(f"the key {name!r} stands twice", _line(key.start_mark))
        # A block value begins on a line of its own; the key is where a person looks.
        entries[name] = Value(_value(child).content, _line(key.start_mark))
    return Value(entries, line)
