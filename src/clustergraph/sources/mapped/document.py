"""A YAML file as plain values, with the line of each key, and what is wrong with it as YAML.

Every scalar is text, so that `2021`, `no` and `0123` are what a person wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from clustergraph.errors import Fault, UnusableInput

#: Where a value stands: keys, and numbers of entries from 0.
KeyPath: TypeAlias = tuple[str | int, ...]

#: A mapping describes one table; a file this long is something else.
_LARGEST: Final = 1024 * 1024
_DEEPEST: Final = 10


@dataclass(slots=True)
class Document:
    """A file of YAML: `content` is its mapping at the top."""

    name: str
    content: dict[str, Any]
    lines: Mapping[KeyPath, int]

    def fault(self, path: KeyPath, message: str, fix: str, *, rule: str = "mapping file") -> Fault:
        """A fault at a key, named by its path, with the line of the nearest key that the file has."""
        nearest = path
        while nearest and nearest not in self.lines:
            nearest = nearest[:-1]
        return Fault(
            rule=rule,
            message=message,
            fix=fix,
            file=self.name,
            line=self.lines.get(nearest, 1),
            column=written(path) or None,
        )


def written(path: KeyPath) -> str:
    """A path of keys as people write it, such as `columns.Country.link` or `constants[2].property`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _line(marked: yaml.Node | yaml.Event) -> int:
    mark = marked.start_mark
    return 1 if mark is None else int(mark.line) + 1


@dataclass(slots=True)
class _Reader:
    name: str
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        line = _line(node)
        self.lines.setdefault(path, line)
        if len(path) > _DEEPEST:
            raise _refused(self.name, line, "values are nested too deeply")
        if isinstance(node, yaml.ScalarNode):
            return str(node.value) if node.value or node.style else None
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, number)) for number, child in enumerate(node.value)]
        entries: dict[str, Any] = {}
        for key, child in node.value:
            key_line = _line(key)
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(self.name, key_line, "a key is a plain word")
            if key.value in entries:
                raise _refused(self.name, key_line, f"the key {key.value!r} stands twice")
            self.lines[*path, key.value] = key_line
            entries[key.value] = self.value(child, (*path, key.value))
        return entries


def read_document(path: Path) -> Document:
    """Read a file of YAML; raises UnusableInput where it is none, is too large, or is no mapping."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableInput(
            f"The mapping file cannot be read: {error.strerror}.",
            where=str(path),
            fix="Name a file that is there and readable.",
        ) from error
    if len(raw) > _LARGEST:
        raise _refused(path.name, 1, "the file is larger than 1 MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(path.name, line, "the file is not UTF-8") from error
    return _parsed(text, path.name)


def _parsed(text: str, name: str) -> Document:
    reader = _Reader(name)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _refused(name, _line(event), "aliases are not used here")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise _refused(name, line, f"this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _refused(name, 1, f"this is not YAML: {error}") from error
    content = None if node is None else reader.value(node, ())
    if not isinstance(content, dict):
        raise _refused(name, 1, "the file is not a mapping of keys to values")
    return Document(name, content, reader.lines)


def _refused(name: str, line: int, reason: str) -> UnusableInput:
    fault = Fault(
        rule="mapping file",
        message=f"{reason[0].upper()}{reason[1:]}.",
        fix="Compare with the example of docs/guides/mapping.md.",
        file=name,
        line=line,
    )
    return UnusableInput("The mapping file cannot be used.", [fault])
