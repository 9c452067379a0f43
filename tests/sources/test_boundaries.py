"""Boundaries that a user installs become points, with their notice; the synthetic ones are squares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustergraph.cli.main import app
from clustergraph.errors import UnusableInput
from clustergraph.sources.nuts import NutsIndex
from clustergraph.sources.nuts.boundaries import read_boundaries

ROOT = Path(__file__).resolve().parents[2]
GISCO = ROOT.parent / "shared" / "sources" / "reference" / "NUTS_RG_20M_2024_4326_LEVL_2.geojson"


@pytest.fixture(scope="module")
def index() -> NutsIndex:
    return NutsIndex.load()


def _square(code: str, west: float, south: float) -> dict[str, object]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"NUTS_ID": code}, "geometry": geometry}


def _collection(*features: object, **more: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def test_a_point_lies_inside_its_region_and_unknown_codes_are_named(index: NutsIndex) -> None:
    broken = {"type": "Feature", "properties": {"NUTS_ID": "BE22"}, "geometry": None}
    found = read_boundaries(
        _collection(_square("BE21", 4, 51), _square("QQ11", 0, 0), broken), "s.geojson", index, "2024"
    )
    (point,) = found.points
    assert point.iri.endswith("/region/be21")
    assert 4 < point.long < 5
    assert 51 < point.lat < 52
    assert (found.unknown, found.unusable) == (("QQ11",), ("BE22",))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (_collection(_square("BE21", 4, 51))[:-20], "not JSON"),
        (b"[]", "no collection"),
        (_collection({"type": "Feature", "properties": {}, "geometry": None}), "NUTS_ID"),
        (_collection(_square("BE21", 3_900_000, 3_100_000)), "not in degrees"),
        (
            _collection(_square("BE21", 4, 51), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}),
            "not in degrees",
        ),
    ],
)
def test_what_are_no_boundaries_is_refused_in_words(index: NutsIndex, raw: bytes, words: str) -> None:
    with pytest.raises(UnusableInput, match=words):
        read_boundaries(raw, "s.geojson", index, "2024")


def test_the_command_keeps_points_and_notice_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_HOME", str(tmp_path / "home"))
    (tmp_path / "s.geojson").write_bytes(_collection(_square("BE21", 4, 51)))
    assert CliRunner().invoke(app, ["boundaries", str(tmp_path / "s.geojson")]).exit_code == 0
    kept = tmp_path / "home" / "boundaries" / "2024"
    assert "EuroGeographics" in (kept / "NOTICE.txt").read_text(encoding="utf-8")
    assert "region/be21" in (kept / "points.ttl").read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.geojson", "http://localhost/x", "http://[::1]/x"])
def test_private_addresses_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_HOME", str(tmp_path / "home"))
    result = CliRunner().invoke(app, ["boundaries", address])
    assert result.exit_code == 2
    assert "not at a public address" in result.output
    assert not (tmp_path / "home").exists()


def test_every_region_of_gisco_s_level_2_gets_a_point(index: NutsIndex) -> None:
    if not GISCO.is_file():
        pytest.skip("GISCO's boundaries are not at hand (../shared/sources/reference)")
    found = read_boundaries(GISCO.read_bytes(), GISCO.name, index, "2024")
    assert (found.unknown, found.unusable) == ((), ())
    assert len(found.points) == len(json.loads(GISCO.read_bytes())["features"])
