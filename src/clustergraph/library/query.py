"""Reading the query library: every file checked, and every fault of every file reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph.errors import Fault, QueryMalformed, QueryRefused, UnusableInput
from clustergraph.library.decorators import DecoratorError, Value, read_decorators
from clustergraph.library.model import Answerable, Choices, Column, Form, NamedQuery, Parameter
from clustergraph.library.parameters import read_parameters
from clustergraph.library.reading import Complaints, evaluated

__all__ = ["Answerable", "Choices", "Column", "Form", "NamedQuery", "Parameter", "load_queries", "read_query"]

#: The keys of a query file.
DECORATORS: Final = ("summary", "description", "number", "answerable", "first_page", "parameters", "columns")
#: Directories below `queries/` whose files are not questions.
NOT_QUESTIONS: Final = frozenset({"lint"})

_COLUMN_KEYS: Final = ("meaning", "derived", "names")
_RULE: Final = "query decorators"
_KEBAB: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NUMBERED: Final = re.compile(r"cq(\d+)(?:-|$)")


def load_queries(*directories: Path) -> dict[str, NamedQuery]:
    """Every `.rq` file below the directories that is a question, by its file stem, in order of name.

    Raises UnusableInput with every fault of every file: rule, file, line and the way to mend it.
    """
    queries: dict[str, NamedQuery] = {}
    faults: list[Fault] = []
    names: dict[str, str] = {}
    numbers: dict[int, str] = {}
    for directory in directories:
        for path in _files(directory):
            file = path.relative_to(directory.parent).as_posix()
            query, found = read_query(path, file)
            faults.extend(found)
            taken = names.setdefault(path.stem, file)
            if taken != file:
                faults.append(
                    Fault(
                        rule="unique query name",
                        message=f"The name {path.stem} is taken by {taken}.",
                        fix="Rename one of the two files; a query is called by its file name.",
                        file=file,
                    )
                )
            if query is None:
                continue
            queries[query.name] = query
            answered = file if query.number is None else numbers.setdefault(query.number, file)
            if answered != file:
                faults.append(
                    Fault(
                        rule="unique competency question",
                        message=f"Competency question {query.number} is answered by {answered}.",
                        fix="Correct one of the two numbers.",
                        file=file,
                    )
                )
    if faults:
        raise UnusableInput(
            f"The query library has {len(faults)} fault{'s' if len(faults) > 1 else ''}.",
            faults,
            where=", ".join(str(directory) for directory in directories),
            fix="Mend the files named; each fault says how.",
        )
    return dict(sorted(queries.items()))


def read_query(path: Path, file: str) -> tuple[NamedQuery | None, list[Fault]]:
    """One query file, or None where it has faults, and those; `file` is its name in messages."""
    complaints = Complaints(file)
    query = None
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        complaints.add("readable file", f"The file cannot be read: {error.strerror}.", "Make it readable.")
    except UnicodeDecodeError as error:
        complaints.add("UTF-8", f"Byte {error.start + 1} is not UTF-8.", "Save the file as UTF-8.")
    else:
        query = _read(path.stem, text, complaints)
    return (None if complaints.faults else query), complaints.faults


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*.rq")):
        if not NOT_QUESTIONS & set(path.relative_to(directory).parts[:-1]):
            yield path


def _read(name: str, text: str, complaints: Complaints) -> NamedQuery | None:
    if not _KEBAB.fullmatch(name):
        complaints.add("query name", f"{name!r} is not in kebab-case.", "Rename the file: like-this.rq")
    form, variables = _form(text, complaints)
    try:
        decorators = read_decorators(text)
    except DecoratorError as error:
        complaints.add(_RULE, f"{error.message}.", "Correct the `#+` lines.", error.line)
        return None
    complaints.unknown_keys(decorators, DECORATORS, _RULE)
    return NamedQuery(
        name=name,
        file=complaints.file,
        text=text,
        summary=complaints.required_text(
            decorators, "summary", _RULE, meaning="the plain question that the query answers", line=1
        ),
        description=complaints.text(decorators, "description", _RULE),
        form=form,
        answerable=_answerable(decorators, complaints),
        number=_number(name, decorators, complaints),
        first_page=_flag(decorators, "first_page", complaints),
        parameters=read_parameters(decorators, text, complaints),
        columns=_columns(decorators, variables, complaints) if form is Form.SELECT else (),
    )


def _form(text: str, complaints: Complaints) -> tuple[Form, tuple[str, ...]]:
    try:
        answer = evaluated(text)
    except (QueryMalformed, QueryRefused) as error:
        fix = "Correct the query at this place; a missing brace or prefix often shows a line later."
        complaints.add("SPARQL syntax", error.what, error.fix or fix, error.line)
        return Form.GRAPH, ()
    if isinstance(answer, ox.QuerySolutions):
        return Form.SELECT, tuple(variable.value for variable in answer.variables)
    return (Form.ASK if isinstance(answer, ox.QueryBoolean) else Form.GRAPH), ()


def _flag(decorators: Mapping[str, Value], key: str, complaints: Complaints) -> bool:
    value = decorators.get(key)
    if value is None:
        return False
    if value.content not in ("true", "false"):
        complaints.add(_RULE, f"{key} is neither true nor false.", f"Write `{key}: true`.", value.line)
    return value.content == "true"


def _number(name: str, decorators: Mapping[str, Value], complaints: Complaints) -> int | None:
    named = _NUMBERED.match(name)
    value = decorators.get("number")
    if value is not None and not str(value.content).isdecimal():
        complaints.add(_RULE, "number is not a whole number.", "Write `number: 1`.", value.line)
        return None
    number = None if value is None else int(str(value.content))
    if named is not None and number != int(named[1]):
        complaints.add(
            "competency question",
            f"The file is named for competency question {int(named[1])}, but its number is {number}.",
            f"Write `number: {int(named[1])}`, or rename the file.",
            1 if value is None else value.line,
        )
    return number


def _answerable(decorators: Mapping[str, Value], complaints: Complaints) -> Answerable:
    value = decorators.get("answerable")
    if value is None:
        return Answerable.DECKS
    if value.content not in list(Answerable):
        complaints.add(
            _RULE,
            f"answerable cannot be {value.content!r}.",
            f"Write one of {', '.join(Answerable)}.",
            value.line,
        )
        return Answerable.DECKS
    return Answerable(str(value.content))


def _columns(
    decorators: Mapping[str, Value], variables: tuple[str, ...], complaints: Complaints
) -> tuple[Column, ...]:
    rule = "query columns"
    declared = decorators.get("columns")
    if declared is not None and not isinstance(declared.content, Mapping):
        complaints.add(rule, "columns is not a mapping.", "Write each as `name: meaning`.", declared.line)
        return ()
    entries = declared.content if declared is not None and isinstance(declared.content, Mapping) else {}
    line = 1 if declared is None else declared.line
    for name in variables:
        if name not in entries:
            complaints.add(
                rule, f"The column {name} is not explained.", f"Add `{name}: …` below columns.", line
            )
    for name, value in entries.items():
        if name not in variables:
            complaints.add(
                rule,
                f"The query has no column {name}.",
                "Remove it below columns, or project the variable.",
                value.line,
            )
    return tuple(_column(name, entries, variables, complaints) for name in variables if name in entries)


def _column(
    name: str, entries: Mapping[str, Value], variables: tuple[str, ...], complaints: Complaints
) -> Column:
    rule = f"query column {name}"
    value = entries[name]
    entry = value.content if isinstance(value.content, Mapping) else {"meaning": value}
    complaints.unknown_keys(entry, _COLUMN_KEYS, rule)
    meaning = complaints.required_text(
        entry, "meaning", rule, meaning="what the column holds", line=value.line
    )
    derived = complaints.text(entry, "derived", rule) or None
    named = complaints.text(entry, "names", rule) or None
    if named is not None and named not in variables:
        complaints.add(
            rule, f"It names the column {named}, which the query has not.", "Correct `names:`.", value.line
        )
    return Column(name, meaning, derived, named)
