"""GISCO's GeoJSON of NUTS, which users install: its features, and a point inside each.

The boundaries are © EuroGeographics and never part of the project; the notice goes wherever the points go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shapely import GEOSException
from shapely.geometry import shape

from clustergraph.errors import UnusableInput
from clustergraph.sources.nuts.points import Point

NOTICE: Final = (
    "© EuroGeographics for the administrative boundaries. The points are computed from boundaries that GISCO "
    "(Eurostat) publishes: https://ec.europa.eu/eurostat/web/gisco/geodata"
)
_DEGREES: Final = ("4326", "CRS84")
_AREAS: Final = ("Polygon", "MultiPolygon")
_PLACES: Final = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature by its number in the file, counted from 1, with its NUTS code and its geometry as read."""

    number: int
    code: str
    geometry: Any


def read_features(raw: bytes, name: str) -> Iterator[Feature]:
    """The features of a GeoJSON file with the property NUTS_ID.

    Raises UnusableInput for what is not JSON, no collection of features with that property, or not in
    degrees of EPSG:4326.
    """
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
        yield Feature(number, code, feature.get("geometry"))


def point_inside(geometry: Any, name: str) -> Point | None:
    """A point on the surface of an area; None where the geometry is none or cannot be used.

    Raises UnusableInput where it is not in degrees.
    """
    try:
        if geometry["type"] not in _AREAS:
            return None
        place = shape(geometry).representative_point()
    except (GEOSException, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    if place.is_empty:
        return None
    if not (-180 <= place.x <= 180 and -90 <= place.y <= 90):
        raise _not_in_degrees(name)
    return Point(*(Decimal(repr(value)).quantize(_PLACES).normalize() for value in (place.y, place.x)))


def _not_in_degrees(name: str) -> UnusableInput:
    return UnusableInput(
        "The boundaries are not in degrees of WGS84.", where=name, fix="Give the file for EPSG:4326."
    )
