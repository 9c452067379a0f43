"""Points of regions computed from boundaries that a user installs: GISCO's GeoJSON of NUTS.

The boundaries are © EuroGeographics and never part of the project; the notice goes wherever the points go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox
from shapely import GEOSException
from shapely.geometry import shape

from clustergraph.errors import UnusableInput
from clustergraph.iris import GEO
from clustergraph.sources.nuts.index import NutsIndex
from clustergraph.sources.triples import decimal

NOTICE: Final = (
    "© EuroGeographics for the administrative boundaries. The points in points.ttl are computed from the "
    "boundaries in this directory, which GISCO (Eurostat) publishes: "
    "https://ec.europa.eu/eurostat/web/gisco/geodata\n"
)
_DEGREES: Final = ("4326", "CRS84")
_PLACES: Final = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class Point:
    """A point inside a region, in degrees (WGS84)."""

    iri: str
    lat: Decimal
    long: Decimal


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The points of a file, the codes that the version does not have, and codes whose shape is unusable."""

    points: tuple[Point, ...]
    unknown: tuple[str, ...]
    unusable: tuple[str, ...]

    def to_turtle(self) -> bytes:
        """The points as Turtle."""
        triples = [
            ox.Triple(ox.NamedNode(point.iri), ox.NamedNode(f"{GEO}{name}"), decimal(value))
            for point in self.points
            for name, value in (("lat", point.lat), ("long", point.long))
        ]
        return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes={"geo": GEO}) or b""


def read_boundaries(raw: bytes, name: str, index: NutsIndex, version: str) -> Boundaries:
    """A point on the surface of each region of a GeoJSON file with the property NUTS_ID.

    Raises UnusableInput for what is not JSON, no collection of features with that property, or not in
    degrees of EPSG:4326.
    """
    points, unknown, unusable = [], [], []
    for code, geometry in _features(raw, name):
        territory = index.find(code, version)
        if territory is None:
            unknown.append(code)
            continue
        try:
            place = shape(geometry).representative_point()
        except (GEOSException, ValueError, TypeError, KeyError, AttributeError, IndexError):
            unusable.append(code)
            continue
        if place.is_empty:
            unusable.append(code)
            continue
        if not (-180 <= place.x <= 180 and -90 <= place.y <= 90):
            raise _not_in_degrees(name)
        lat, long = (Decimal(repr(value)).quantize(_PLACES).normalize() for value in (place.y, place.x))
        points.append(Point(territory.iri, lat, long))
    return Boundaries(
        tuple(sorted(points, key=lambda each: each.iri)), tuple(sorted(unknown)), tuple(sorted(unusable))
    )


def _features(raw: bytes, name: str) -> Iterator[tuple[str, Any]]:
    try:
        document = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UnusableInput(
            "The boundaries are not JSON, or are cut off.",
            where=name,
            fix="Give GISCO's GeoJSON of NUTS, such as NUTS_RG_20M_2024_4326.geojson.",
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UnusableInput(
            "The file is no collection of features.", where=name, fix="Give a GeoJSON FeatureCollection."
        )
    crs = json.dumps(document.get("crs") or "")
    if len(crs) > 2 and not any(words in crs for words in _DEGREES):
        raise _not_in_degrees(name)
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        code = properties.get("NUTS_ID") if isinstance(properties, dict) else None
        if not isinstance(code, str) or not code:
            raise UnusableInput(
                f"Feature {number} has no property NUTS_ID.",
                where=name,
                fix="Give GISCO's regions (RG), not its labels or lines.",
            )
        yield code, feature.get("geometry")


def _not_in_degrees(name: str) -> UnusableInput:
    return UnusableInput(
        "The boundaries are not in degrees of WGS84.", where=name, fix="Give the file for EPSG:4326."
    )
