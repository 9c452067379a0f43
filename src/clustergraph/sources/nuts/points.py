"""Points of territories for maps: how one is written, whether a source states it or boundaries give it."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from clustergraph import iris
from clustergraph.iris import CG, GEO
from clustergraph.sources.triples import LABEL, GraphBuilder, decimal


class Point(NamedTuple):
    """Degrees of latitude and longitude (WGS 84)."""

    lat: Decimal
    long: Decimal


def point_iri(territory: str, import_name: str | None = None) -> str:
    """The IRI of the point of a territory: the one that the curated table states, or that of an import."""
    stem = iris.thing(f"point/{territory.rsplit('/', 1)[-1]}")
    return stem if import_name is None else f"{stem}--{import_name}"


def describe_point(
    graph: GraphBuilder, territory: str, code: str, point: Point, import_name: str | None = None
) -> str:
    """State a point of the territory that a code means; evidence and certainty are for the caller to add.

    Returns the point. Its label has the import's name, because two sources may give points that differ.
    """
    subject = point_iri(territory, import_name)
    graph.types(subject, [f"{CG}Point"])
    whose = "" if import_name is None else f" by {import_name}"
    lat, long = (format(degrees.normalize(), "f") for degrees in point)
    graph.add_english(subject, LABEL, f"Point of {code}{whose} ({lat}, {long})")
    graph.link(subject, f"{CG}pointOf", territory)
    graph.add(subject, f"{GEO}lat", decimal(point.lat))
    graph.add(subject, f"{GEO}long", decimal(point.long))
    return subject
