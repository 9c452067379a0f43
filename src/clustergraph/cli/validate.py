"""`clustergraph validate`: a SHACL validation report on files of the user's."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import typer

from clustergraph.build.collect import collect
from clustergraph.build.validation import ValidationReport, validate
from clustergraph.cli.terminal import REFUSED
from clustergraph.errors import Fault, UnusableInput
from clustergraph.negotiation import RDF_ENDINGS
from clustergraph.settings import Settings
from clustergraph.sources.content import Content, find_content
from clustergraph.sources.curated import read_rdf_file
from clustergraph.sources.reading import Reading


def run_validate(
    settings: Settings, files: Sequence[Path], shapes: Sequence[Path], report_format: str
) -> None:
    """Validate files against given shapes, or against the project's with its own data as background."""
    if not files:
        raise UnusableInput("There is nothing to validate.", fix="Name one RDF file or more.")
    data = _read(files)
    if shapes:
        report = validate(data.quads, _read(shapes).quads)
    else:
        report = _against_the_project(find_content(settings, Path.cwd()), data)
    sys.stdout.write(_written(report, report_format))
    if not report.conforms:
        raise typer.Exit(REFUSED)


def _against_the_project(content: Content, data: Reading) -> ValidationReport:
    collection = collect(content)
    background = collection.store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    own = {_as_text(quad.subject) for quad in data.quads}
    return validate([*data.quads, *background], collection.shapes).only(own.__contains__)


def _as_text(term: object) -> str:
    """A term as validation results name their focus nodes."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _read(paths: Sequence[Path]) -> Reading:
    reading = Reading()
    for path in paths:
        if path.suffix.lower() not in RDF_ENDINGS:
            reading.faults.append(
                Fault(
                    rule="known RDF syntax",
                    message=f"The ending {path.suffix or '(none)'} says nothing about the file's syntax.",
                    fix=f"Name the file with one of {', '.join(RDF_ENDINGS)}.",
                    file=str(path),
                )
            )
            continue
        address = path.resolve().as_uri()
        reading.absorb(read_rdf_file(path, str(path), graph=address, base_iri=address))
    if reading.faults:
        raise UnusableInput("The input cannot be read.", reading.faults)
    return reading


def _written(report: ValidationReport, report_format: str) -> str:
    if report_format == "turtle":
        return report.to_turtle().decode()
    if report_format == "json":
        return json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"
    return report.to_text()
