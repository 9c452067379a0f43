"""A mapping file read and compared with the ontology: every fault with its key and its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clustergraph import iris
from clustergraph.errors import Fault, UnusableInput
from clustergraph.sources.mapped.document import Document, KeyPath, read_document
from clustergraph.sources.mapped.model import Constant, MappingFile, Value
from clustergraph.sources.mapped.values import Unknown, to_terms
from clustergraph.sources.mapped.vocabulary import Vocabulary, nearest
from clustergraph.sources.places import Territories, UnknownPlace


def read_mapping(
    path: Path, vocabulary: Vocabulary, labels: Mapping[str, str], territories: Territories
) -> tuple[MappingFile, Document]:
    """Read a mapping file; raises UnusableInput with every fault that it has."""
    document = read_document(path)
    content = document.content
    if isinstance(content.get("columns"), dict):
        content = {**content, "columns": {key: _listed(entry) for key, entry in content["columns"].items()}}
    try:
        mapping = MappingFile.model_validate(content)
    except ValidationError as error:
        faults = [_of_model(document, problem) for problem in error.errors(include_url=False)]
        raise UnusableInput("The mapping file cannot be used.", faults) from error
    faults = [
        *_terms(mapping, document, vocabulary),
        *_constants(mapping, document, labels, territories),
        *_contradictions(mapping, document),
    ]
    if faults:
        raise UnusableInput("The mapping file cannot be used.", faults)
    return mapping, document


def _listed(entry: Any) -> Any:
    return entry if isinstance(entry, list) else [entry]


def _of_model(document: Document, problem: Any) -> Fault:
    path: KeyPath = tuple(problem["loc"])
    if path[:1] == ("columns",) and len(path) > 2 and isinstance(path[2], int):
        single = (*path[:2], *path[3:])
        path = path if path[:3] in document.lines else single
    kind, reason = problem["type"], str(problem["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        known = [info.alias or name for name, info in _section(path).model_fields.items()]
        return document.fault(
            path,
            f"The key {path[-1]} is unknown{nearest(str(path[-1]), known)}",
            f"Known are {', '.join(known)}.",
        )
    if kind == "missing":
        return document.fault(path, f"The key {path[-1]} is missing.", "Add it.")
    return document.fault(path, f"This is not admitted: {reason}.", "Correct it as the guide says.")


def _section(path: KeyPath) -> Any:
    """The model of the section that a key stands in."""
    fields = MappingFile.model_fields
    if len(path) > 1 and path[0] in ("about", "source"):
        return fields[str(path[0])].annotation
    if len(path) > 1 and path[0] in ("columns", "constants"):
        return Value if path[0] == "columns" else Constant
    return MappingFile


def _values(mapping: MappingFile, document: Document) -> Iterator[tuple[KeyPath, Value]]:
    for column, values in mapping.columns.items():
        for number, value in enumerate(values):
            path: KeyPath = ("columns", column, number)
            yield (path if path in document.lines else path[:2]), value
    for number, constant in enumerate(mapping.constants):
        yield ("constants", number), constant


def _terms(mapping: MappingFile, document: Document, vocabulary: Vocabulary) -> Iterator[Fault]:
    if mapping.about.class_ not in vocabulary.classes:
        yield _unknown_term(document, ("about", "class"), mapping.about.class_, "class", vocabulary.classes)
    properties = vocabulary.links | vocabulary.literals
    for path, value in _values(mapping, document):
        if value.predicate not in properties:
            yield _unknown_term(document, (*path, "property"), value.predicate, "property", properties)
        elif value.is_literal and value.predicate not in vocabulary.literals:
            yield document.fault(
                (*path, "property"),
                f"{iris.compact(value.predicate)} leads to things, and this gives it a text.",
                "Add code_list or link, which say what thing the text names.",
            )
        elif not value.is_literal and value.predicate not in vocabulary.links:
            yield document.fault(
                (*path, "property"),
                f"{iris.compact(value.predicate)} holds a text or a number, and this gives it a link.",
                "Leave out code_list and link, or choose a property that leads to things.",
            )
        if value.code_list is not None and value.code_list not in vocabulary.schemes:
            yield document.fault(
                (*path, "code_list"),
                f"There is no code list {value.code_list}{nearest(value.code_list, vocabulary.schemes)}",
                "Name one of the schemes below ontology/schemes/.",
            )


def _unknown_term(document: Document, path: KeyPath, term: str, kind: str, known: frozenset[str]) -> Fault:
    name = iris.compact(term)
    return document.fault(
        path,
        f"The ontology has no {kind} {name}{nearest(name, [iris.compact(each) for each in known])}",
        f"Name a {kind} of the ontology reference, with its prefix.",
    )


def _constants(
    mapping: MappingFile, document: Document, labels: Mapping[str, str], territories: Territories
) -> Iterator[Fault]:
    for number, constant in enumerate(mapping.constants):
        try:
            to_terms(constant, labels, territories)(constant.value)
        except (Unknown, UnknownPlace) as reason:
            yield document.fault(("constants", number, "value"), f"Not admitted: {reason}.", reason.fix)
        except ValueError as reason:
            yield document.fault(("constants", number, "value"), f"Not admitted: {reason}.", "Correct it.")


def _contradictions(mapping: MappingFile, document: Document) -> Iterator[Fault]:
    for number, column in enumerate(mapping.ignore):
        if column in mapping.used():
            yield document.fault(
                ("ignore", number),
                f"The column {column} is ignored here and used elsewhere.",
                "Remove one of the two.",
            )
