"""Recognitions: labels of cluster excellence and places in national programmes, with their validity."""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar, Final, Self

from pydantic import model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCAT
from clustergraph.sources.cells import Code, Names, OptionalPeriod, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, day


class RecognitionRow(SourcedRow):
    """A label or status that an organisation holds or held.

    `scheme` is the programme or labelling that it is under, `scheme_text` its name where nothing describes
    it. `valid_from` and `valid_until` are the dates of the source, empty where it gives none; `date_text` is
    how it writes them.
    """

    schemes: ClassVar = {"level": "recognition-level"}

    organisation: ThingId
    scheme: ThingId | None
    scheme_text: str | None
    recognised_by: Names
    level: Code | None
    title: str
    valid_from: OptionalPeriod
    valid_until: OptionalPeriod
    date_text: str | None

    @model_validator(mode="after")
    def _has_a_scheme(self) -> Self:
        if (self.scheme is None) == (self.scheme_text is None):
            raise ValueError("a recognition names its scheme either by identifier or by text")
        start = None if self.valid_from is None else self.valid_from.start
        end = None if self.valid_until is None else self.valid_until.end
        if start is not None and end is not None and end < start:
            raise ValueError("the recognition ends before it begins")
        return self


def recognition_iri(row: RecognitionRow) -> str:
    """The IRI of a recognition: organisation, scheme, level and dates."""
    scheme = iris.slug_of(row.scheme) if row.scheme is not None else _slug(row.scheme_text or "")
    parts = [iris.slug_of(row.organisation), scheme]
    if row.level is not None:
        parts.append(row.level)
    if row.valid_from is not None:
        parts.append(row.valid_from.slug)
    if row.valid_until is not None:
        parts.append(f"until-{row.valid_until.slug}")
    return f"{iris.CGI}recognition/{'--'.join(parts)}"


def _slug(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def _emit(statements: Statements, row: RecognitionRow) -> None:
    graph = statements.graph
    subject = recognition_iri(row)
    graph.types(subject, [f"{CG}Recognition"])
    dated = "" if row.date_text is None else f" ({row.date_text})"
    graph.add_english(subject, LABEL, f"{statements.label(row.organisation)}: {row.title}{dated}")
    graph.link(subject, f"{CG}recognisedOrganisation", row.organisation)
    if row.scheme is not None:
        graph.link(subject, f"{CG}underScheme", row.scheme)
    graph.add(subject, f"{CG}schemeText", row.scheme_text)
    graph.link(subject, f"{CG}recognisedBy", *row.recognised_by)
    if row.level is not None:
        graph.link(subject, f"{CG}recognitionLevel", iris.concept("recognition-level", row.level))
    if row.valid_from is not None and row.valid_from.start is not None:
        graph.add(subject, f"{DCAT}startDate", day(row.valid_from.start))
    if row.valid_until is not None and row.valid_until.end is not None:
        graph.add(subject, f"{DCAT}endDate", day(row.valid_until.end))
    graph.add_english(subject, f"{CG}dateText", row.date_text)
    statements.stated(subject, row)


RECOGNITIONS: Final = TableKind(
    name="recognitions",
    title="Recognitions of cluster organisations",
    model=RecognitionRow,
    subject=recognition_iri,
    emit=_emit,
    foreign_keys={"organisation": ("organisations", "id")},
)
