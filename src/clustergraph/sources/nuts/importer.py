"""`clustergraph import boundaries`: boundaries of regions become a point for each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.iris import CG, DCT
from clustergraph.sources.importing.evidence import as_faults, only_value, stated_evidence
from clustergraph.sources.importing.protocol import (
    Batch,
    ColumnHelp,
    ImportContext,
    ImportInput,
    packed,
    subject_key,
)
from clustergraph.sources.lines import LineSink
from clustergraph.sources.mentions import Mention
from clustergraph.sources.nuts.boundaries import NOTICE, Feature, point_inside, read_features
from clustergraph.sources.nuts.index import NutsIndex
from clustergraph.sources.nuts.points import Point, describe_point
from clustergraph.sources.nuts.territories import VERSIONS
from clustergraph.sources.statements import SourcedRow, Statements

#: A GeoJSON text is held in memory while it is read.
MOST_BYTES: Final = 256 * 1024 * 1024
_NEWEST: Final = VERSIONS[-1]
_RULE: Final = "usable boundaries"


@dataclass(frozen=True, slots=True)
class BoundariesImporter:
    """Imports a point inside each region of GISCO's GeoJSON, never the boundaries.

    `index` gives what codes mean. Options are `version` (of NUTS), `source_url` and `as_of`. What messages
    call a row is a feature of the file, counted from 1.
    """

    index: Callable[[], NutsIndex]
    name: str = field(init=False, default="boundaries")
    title: str = field(init=False, default="Points of regions, from boundaries of GISCO as GeoJSON")
    mints: bool = field(init=False, default=True)
    columns: tuple[ColumnHelp, ...] = field(
        init=False,
        default=(
            ColumnHelp("NUTS_ID", True, "a code of the version of NUTS that the option version names (2024)"),
            ColumnHelp("geometry", True, "a polygon or several, in degrees of EPSG:4326"),
        ),
    )

    def read(self, source: ImportInput, context: ImportContext) -> Iterator[Batch]:
        """Every region of the file, in one batch: the file is in memory, its size is bounded."""
        try:
            version = known_version(only_value(context, "version") or _NEWEST)
            evidence = stated_evidence(context, source)
            raw = _bytes(source, min(MOST_BYTES, context.limits.file_bytes))
            context.advance(len(raw))
            features = [each for each in read_features(raw, source.name) if each.number not in context.skip]
            reading = _Reading(source, context, self.index(), version)
            for feature in features:
                reading.take(feature)
        except UnusableInput as refusal:
            yield Batch(faults=as_faults(refusal, source.name, _RULE))
            return
        yield reading.batch(evidence, raw)


class _Reading:
    """The points of a file as they are found, and what is wrong with the others."""

    def __init__(self, source: ImportInput, context: ImportContext, index: NutsIndex, version: str) -> None:
        self._source = source
        self._context = context
        self._index = index
        self._version = version
        self._found: list[tuple[Feature, str, Point]] = []
        self._faults: list[Fault] = []

    def take(self, feature: Feature) -> None:
        """Note the point of a feature, or why it has none."""
        territory = self._index.find(feature.code, self._version)
        if territory is None:
            self._faults.append(self._unknown(feature))
            return
        point = point_inside(feature.geometry, self._source.name)
        if point is None:
            self._faults.append(self._without_area(feature))
        else:
            self._found.append((feature, territory.iri, point))

    def batch(self, evidence: SourcedRow, raw: bytes) -> Batch:
        """All of it; a file without any region of the version is of no use."""
        faults = tuple(self._faults)
        if not self._found and all(fault.severity is Severity.WARNING for fault in faults):
            faults = (self._of_another_version(), *faults)
        lines = LineSink()
        statements = Statements(self._context.graph, lines, self._context.labels)
        derived = evidence.model_copy(
            update={"note": f"A point on the surface of the boundaries of NUTS {self._version}."}
        )
        points = [self._state(statements, derived, each) for each in self._found]
        if points:
            self._describe_file(statements, derived, raw)
        return Batch(
            statements=packed(lines),
            rows=len(points),
            rejected=len(self._faults),
            faults=faults,
            subjects=tuple(
                (feature.number, subject_key(point))
                for (feature, _, _), point in zip(self._found, points, strict=True)
            ),
            mentions=tuple(
                Mention(territory, self._source.name, feature.number, "NUTS_ID", point)
                for (feature, territory, _), point in zip(self._found, points, strict=True)
                if territory not in self._context.labels
            ),
        )

    def _state(self, statements: Statements, row: SourcedRow, found: tuple[Feature, str, Point]) -> str:
        feature, territory, point = found
        subject = describe_point(statements.graph, territory, feature.code, point, self._context.graph)
        return statements.stated(subject, row, certainty="derived")

    def _describe_file(self, statements: Statements, row: SourcedRow, raw: bytes) -> None:
        """The file as it was read, and the notice that its licence asks for."""
        for state in statements.states(row):
            statements.graph.add(state.iri, f"{CG}fileName", self._source.path.name)
            statements.graph.add(state.iri, f"{CG}sha256", hashlib.sha256(raw).hexdigest())
            statements.graph.add_english(state.iri, f"{DCT}rights", NOTICE)

    def _unknown(self, feature: Feature) -> Fault:
        return Fault(
            rule="NUTS",
            message=f"{feature.code} is no code of NUTS {self._version}; the feature is left out.",
            fix="Nothing, if the feature is of no use; else name the version that the boundaries are of.",
            file=self._source.name,
            row=feature.number,
            column="NUTS_ID",
            value=feature.code,
            severity=Severity.WARNING,
        )

    def _without_area(self, feature: Feature) -> Fault:
        return Fault(
            rule=_RULE,
            message=f"{feature.code} has no polygon in which a point could lie.",
            fix="Take the file from GISCO again, regions (RG) and not labels or lines; or leave it out with "
            "--keep-good.",
            file=self._source.name,
            row=feature.number,
            column="geometry",
        )

    def _of_another_version(self) -> Fault:
        return Fault(
            rule=_RULE,
            message=f"No feature is a region of NUTS {self._version}.",
            fix="Name the version that the boundaries are of with --version.",
            file=self._source.name,
        )


def known_version(version: str) -> str:
    """A version of NUTS; raises UnusableInput where it is none that is known."""
    if version not in VERSIONS:
        raise UnusableInput(
            f"{version!r} is no version of NUTS that is known.", fix=f"Give one of {', '.join(VERSIONS)}."
        )
    return version


def _bytes(source: ImportInput, most: int) -> bytes:
    path: Path = source.path
    try:
        if path.stat().st_size > most:
            raise UnusableInput(
                f"The file is larger than {most:,} bytes.", where=source.name, fix="Take a coarser scale."
            )
        return path.read_bytes()
    except OSError as error:
        raise UnusableInput(
            f"The file cannot be read: {(error.strerror or str(error)).lower()}.",
            where=source.name,
            fix="Name a file that is there and that this user may read.",
        ) from error
