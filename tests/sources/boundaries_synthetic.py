"""Boundaries for tests, made up: squares under codes of NUTS."""

from __future__ import annotations

import json


def square(code: str, west: float, south: float) -> dict[str, object]:
    """A feature that is a square of one degree."""
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"NUTS_ID": code}, "geometry": geometry}


def collection(*features: object, **more: object) -> bytes:
    """A GeoJSON text of features."""
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()
