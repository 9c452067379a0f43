"""Points computed from boundaries go through the same door as every import, and out again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.sources.boundaries_synthetic import collection, square

from clustergraph import iris, snapshot
from clustergraph.build.pipeline import build
from clustergraph.build.staleness import is_stale
from clustergraph.imports import store
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

from .commands import ROOT, ended

_CARRIED = (
    "reference.ttl",
    "tables/nuts_changes.csv",
    "tables/country_groups.csv",
    "tables/region_links.csv",
)
STATED = ("55.939833333333", "12.3")


@pytest.fixture(scope="module")
def regional(small: Content, tmp_path_factory: pytest.TempPathFactory) -> Content:
    """The small content with the regions and their links."""
    root = tmp_path_factory.mktemp("regional") / "content"
    shutil.copytree(small.root, root)
    for name in _CARRIED:
        (root / "data" / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "data" / name, root / "data" / name)
    return Content(root)


@pytest.fixture(scope="module")
def regional_home(regional: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("regional-home")
    build(regional, Settings(home=home), lambda words: None)
    return home


@pytest.fixture
def home(tmp_path: Path, regional_home: Path, regional: Content, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLUSTERGRAPH_CONTENT", str(regional.root))
    shutil.copytree(regional_home, tmp_path / "home")
    return tmp_path / "home"


def written(tmp_path: Path, *features: object) -> str:
    path = tmp_path / "squares.geojson"
    path.write_bytes(collection(*features))
    return str(path)


def points(home: Path, region: str) -> set[tuple[str, str, str]]:
    """Latitude, longitude and certainty of every point of a region in the current release."""
    release = snapshot.current_release(home)
    assert release is not None
    dataset = ox.Store()
    dataset.bulk_load(path=str(release.dataset))
    found = dataset.query(
        f"""PREFIX cg: <{iris.CG}> PREFIX geo: <{iris.GEO}>
        SELECT ?lat ?long ?certainty {{ <{iris.thing(region)}> cg:hasPoint ?point .
            ?point geo:lat ?lat ; geo:long ?long ; cg:certainty ?certainty }}"""
    )
    assert isinstance(found, ox.QuerySolutions)
    return {(row["lat"].value, row["long"].value, iris.slug_of(row["certainty"].value)) for row in found}


def test_a_computed_point_stands_beside_the_stated_one_and_can_be_taken_out_again(
    home: Path, tmp_path: Path, regional: Content
) -> None:
    stated = (*STATED, "certainty-stated")
    assert points(home, "region/dk01") == {stated}
    done = ended(home, "boundaries", written(tmp_path, square("DK01", 12, 55), square("DK011", 12, 55)))
    assert done.returncode == 0, done.stderr
    assert "2 rows imported as boundaries-2024" in done.stderr
    assert "© EuroGeographics" in done.stderr
    assert points(home, "region/dk01") == {stated, ("55.5", "12.5", "certainty-derived")}
    assert points(home, "region/dk011") == {("55.5", "12.5", "certainty-derived")}
    release = snapshot.current_release(home)
    assert release is not None
    assert "imports/boundaries-2024" in release.manifest.inputs

    asked = ended(home, "query", "points-of-regions", "--param", "country=country/dk", "--format", "json")
    assert asked.returncode == 0, asked.stderr
    notices = [row.get("notice", {}).get("value") for row in json.loads(asked.stdout)["results"]["bindings"]]
    assert sum(notice is not None and "© EuroGeographics" in notice for notice in notices) == 2

    removed = ended(home, "imports", "--remove", "boundaries-2024")
    assert removed.returncode == 0, removed.stderr
    assert is_stale(release.manifest, regional, home)
    assert ended(home, "build").returncode == 0
    assert points(home, "region/dk01") == {stated}
    assert points(home, "region/dk011") == set()


def test_points_that_wait_for_a_build_make_the_release_stale(
    home: Path, tmp_path: Path, regional: Content
) -> None:
    release = snapshot.current_release(home)
    assert release is not None
    assert not is_stale(release.manifest, regional, home)
    done = ended(home, "boundaries", written(tmp_path, square("DK01", 12, 55)), "--no-build")
    assert done.returncode == 0, done.stderr
    assert is_stale(release.manifest, regional, home)


def test_a_point_where_its_region_cannot_be_is_refused_by_the_shapes_and_changes_nothing(
    home: Path, tmp_path: Path
) -> None:
    done = ended(home, "boundaries", written(tmp_path, square("DK01", 55, 12)))
    assert done.returncode == 1, done.stderr
    assert "do not lie in DK01" in done.stderr
    assert "squares.geojson, row 1" in done.stderr
    assert store.stored_imports(home) == ()
    assert len(points(home, "region/dk01")) == 1


def test_a_region_twice_is_a_fault_and_good_ones_are_taken_only_if_asked(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, square("DK01", 12, 55), square("DK01", 12, 55), square("DK02", 11, 55))
    refused = ended(home, "boundaries", file, "--no-build")
    assert refused.returncode == 1
    assert "already described in row 1" in refused.stderr
    assert store.stored_imports(home) == ()
    kept = ended(home, "boundaries", file, "--no-build", "--keep-good")
    assert kept.returncode == 0, kept.stderr
    (stored,) = store.stored_imports(home)
    assert (stored.manifest.rows, stored.manifest.rejected) == (2, 1)


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_points_that_were_damaged_in_the_home_are_told_with_the_way_out(
    home: Path, tmp_path: Path, damage: str
) -> None:
    done = ended(home, "boundaries", written(tmp_path, square("DK01", 12, 55)), "--no-build")
    assert done.returncode == 0, done.stderr
    (stored,) = store.stored_imports(home)
    data = stored.directory / stored.manifest.data
    whole = data.read_bytes()
    if damage == "gone":
        data.unlink()
    else:
        data.write_bytes(whole[:-9] if damage == "cut" else whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    refused = ended(home, "build")
    assert refused.returncode == 2
    assert "The import boundaries-2024 is damaged" in " ".join(refused.stderr.split())
    assert len(points(home, "region/dk01")) == 1
    assert ended(home, "imports", "--remove", "boundaries-2024").returncode == 0
    assert ended(home, "build").returncode == 0


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.geojson", "http://localhost/x", "http://[::1]/x"])
def test_private_addresses_are_not_asked_for_boundaries(home: Path, address: str) -> None:
    done = ended(home, "boundaries", address)
    assert done.returncode == 2
    assert "not at a public address" in " ".join(done.stderr.split())
    assert store.stored_imports(home) == ()


@pytest.mark.parametrize("version", ["2013", "20 24"])
def test_an_unknown_version_is_told_before_anything_is_read(home: Path, version: str) -> None:
    done = ended(home, "boundaries", "nothing.geojson", "--version", version)
    assert done.returncode == 2
    assert "no version of NUTS that is known" in " ".join(done.stderr.split())
