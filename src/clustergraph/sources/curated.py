"""Curated RDF files: ontology, schemes, alignments and hand-written data, each into its named graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.negotiation import RDF_ENDINGS
from clustergraph.sources.content import Content
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.reading import Origin, Reading

#: Endings that other documents have, too: below `data/` such a file is not taken for RDF.
_AMBIGUOUS: Final = frozenset({".xml", ".json"})
_PREFIX: Final = re.compile(r"^\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)

#: A file this broken says nothing new after so many complaints.
_MOST_COMPLAINTS: Final = 20


def read_ontology(content: Content) -> Reading:
    """The RL core, the SKOS schemes and the alignments; DL-only axioms and imports are not published."""
    reading = Reading()
    reading.absorb(read_rdf(content, content.ontology / "clustergraph.ttl", "ontology"))
    for room in ("schemes", "alignments"):
        for path in _rdf_files(content.ontology / room):
            reading.absorb(read_rdf(content, path, room))
    return reading


def read_data_files(content: Content) -> Reading:
    """Every RDF file below `data/`; triples go to the graph named by the file, quads keep their own.

    A file that states something in the named graph of a kind of table is a fault: what the table says is the
    whole of that graph, so that it can be taken out of the graph again.
    """
    reading = Reading()
    for path in _rdf_files(content.data):
        file = read_rdf(content, path, path.stem)
        reading.absorb(file)
        reading.faults.extend(_in_graphs_of_tables(file, content.relative(path)))
    return reading


def read_shapes(content: Content) -> Reading:
    """All shapes together; they are the gate, not part of the published graph."""
    reading = Reading()
    for path in _rdf_files(content.shapes):
        reading.absorb(read_rdf(content, path, "shapes"))
    return reading


def read_rdf(content: Content, path: Path, source: str) -> Reading:
    """Read one curated RDF file into the named graph of `source`."""
    graph = iris.graph(source)
    return read_rdf_file(path, content.relative(path), graph=graph, base_iri=graph)


def read_rdf_file(path: Path, name: str, *, graph: str, base_iri: str) -> Reading:
    """Read one RDF file, its triples into `graph`, going on after each syntax error it survives.

    `name` is the file's name in messages; relative IRIs are resolved against `base_iri`.
    """
    reading = Reading()
    target = ox.NamedNode(graph)
    try:
        parser = ox.parse(
            path.read_bytes(),
            format=ox.RdfFormat.from_media_type(RDF_ENDINGS[path.suffix.lower()].media_type),
            base_iri=base_iri,
            rename_blank_nodes=True,
        )
    except OSError as error:
        reading.faults.append(_unreadable(name, error))
        return reading
    while len(reading.faults) < _MOST_COMPLAINTS:
        try:
            quad = next(parser)
        except StopIteration:
            break
        except SyntaxError as error:
            reading.faults.append(_syntax_fault(name, error))
            continue
        if isinstance(quad.graph_name, ox.DefaultGraph):
            quad = ox.Quad(quad.subject, quad.predicate, quad.object, target)
        reading.quads.append(quad)
        if isinstance(quad.subject, ox.NamedNode):
            reading.origins.setdefault(quad.subject.value, Origin(name))
    return reading


def line_of(text: str, subject: str) -> int | None:
    """The first line of a Turtle text that begins with a subject, in full or under a prefix of the text."""
    spellings = [f"<{subject}>"]
    for prefix, namespace in _PREFIX.findall(text):
        local = subject.removeprefix(namespace)
        if local != subject:
            escaped = local.replace("/", "\\/")
            spellings += [f"{prefix}:{local}", f"{prefix}:{escaped}"]
    begins = re.compile(rf"(?:{'|'.join(map(re.escape, spellings))})(?=[\s;,.]|$)")
    return next(
        (number for number, line in enumerate(text.split("\n"), 1) if begins.match(line.lstrip())), None
    )


def _in_graphs_of_tables(file: Reading, name: str) -> Iterator[Fault]:
    stated = {quad.graph_name for quad in file.quads}
    for kind in KINDS:
        if ox.NamedNode(iris.graph(kind.name)) in stated:
            yield Fault(
                rule="graph of a table",
                message=f"The named graph {kind.name!r} holds what {kind.name}.csv says, and no more.",
                fix="Give the file another name, or its statements another graph.",
                file=name,
            )


def _rdf_files(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.rglob("*")
        if path.suffix.lower() in RDF_ENDINGS.keys() - _AMBIGUOUS
        and path.is_file()
        and not path.name.startswith(".")
    )


def _unreadable(name: str, error: OSError) -> Fault:
    return Fault(
        rule="readable file",
        message=f"The file cannot be read: {error.strerror}.",
        fix="Make it readable for this user, or remove it.",
        file=name,
    )


def _syntax_fault(name: str, error: SyntaxError) -> Fault:
    reason = str(error.msg or error).split(": ", 1)[-1].strip()
    return Fault(
        rule="RDF syntax",
        message=reason,
        fix="Mend the statement at this place; a missing full stop or quote often shows a line later.",
        file=name,
        line=error.lineno,
        column=None if error.offset is None else str(error.offset),
    )
