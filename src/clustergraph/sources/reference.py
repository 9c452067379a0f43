"""Reference data: classifications that packages carry, each read where its source documents are described.

The description of a source document in `data/` asks for the classification; its checksum must be that of the
file installed, so that no other version of a package changes the graph unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.iris import CG
from clustergraph.sources.content import Content
from clustergraph.sources.reading import Reading


@dataclass(frozen=True, slots=True)
class Classification:
    """Reference data: the identifiers of its source documents, each with the way to its checksum; its reader.

    A checksum is None where no such file is installed.
    """

    documents: Mapping[str, Callable[[], str | None]]
    read: Callable[[Content], Reading]


def read_reference(
    content: Content, described: Iterable[ox.Quad], classifications: Iterable[Classification]
) -> Reading:
    """Read every classification whose source documents are all described."""
    sums = {
        quad.subject.value: quad.object.value
        for quad in described
        if quad.predicate.value == f"{CG}sha256"
        and isinstance(quad.subject, ox.NamedNode)
        and isinstance(quad.object, ox.Literal)
    }
    reading = Reading()
    for classification in classifications:
        found = {iris.thing(name): checksum for name, checksum in classification.documents.items()}
        if not found.keys() <= sums.keys():
            continue
        for document, checksum in found.items():
            if (installed := checksum()) != sums[document]:
                reading.faults.append(_other_file(document, sums[document], installed))
        reading.absorb(classification.read(content))
    return reading


def _other_file(document: str, described: str, installed: str | None) -> Fault:
    return Fault(
        rule="reference data as described",
        message=f"The file installed for {iris.compact(document)} has the checksum "
        f"{installed or '(no file)'}, its description {described}.",
        fix="Install the version of the package that pyproject.toml names; or compare the new file with the "
        "old, and correct the description.",
        file="data/reference.ttl",
        focus=document,
    )
