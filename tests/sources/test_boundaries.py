"""Boundaries that a user installs become points with their evidence; the synthetic ones are squares."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.errors import Severity
from clustergraph.iris import CG, GEO
from clustergraph.sources.importing import Batch, ImportContext, ImportInput, unpacked
from clustergraph.sources.nuts import NutsIndex
from clustergraph.sources.nuts.importer import BoundariesImporter
from clustergraph.sources.places import known_index

from .boundaries_synthetic import collection, square

ROOT = Path(__file__).resolve().parents[2]
GISCO = ROOT.parent / "shared" / "sources" / "reference" / "NUTS_RG_20M_2024_4326_LEVL_2.geojson"


@pytest.fixture(scope="module")
def index() -> NutsIndex:
    return known_index()


def read(path: Path, name: str | None = None, **options: str) -> Batch:
    labels = {territory.iri: territory.label for territory in known_index().territories}
    given: Mapping[str, Sequence[str]] = {option: (value,) for option, value in options.items()}
    context = ImportContext(graph="made-up", labels=labels, options=given)
    (batch,) = BoundariesImporter(known_index).read(ImportInput(path, name or path.name), context)
    return batch


def written(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "squares.geojson"
    path.write_bytes(raw)
    return path


def store_of(batch: Batch) -> ox.Store:
    store = ox.Store()
    store.extend(ox.parse(unpacked(io.BytesIO(batch.statements)), format=ox.RdfFormat.N_QUADS))
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def asked(store: ox.Store, pattern: str) -> bool:
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in iris.PREFIXES.items())
    return bool(store.query(f"{prefixes} ASK {{ {pattern} }}"))


def test_a_point_lies_inside_its_region_and_says_what_it_rests_on(tmp_path: Path) -> None:
    raw = collection(square("BE21", 4, 51))
    batch = read(written(tmp_path, raw), as_of="2024-05")
    assert (batch.rows, batch.rejected, batch.faults) == (1, 0, ())
    point, state = (f"<{iris.CGI}{slug}>" for slug in ("point/be21--made-up", "state/table-made-up-2024-05"))
    assert asked(
        store_of(batch),
        f"""{point} a cg:Point ; cg:pointOf <{iris.thing("region/be21")}> ; geo:lat ?lat ; geo:long ?long ;
            cg:certainty <{iris.concept("certainty", "derived")}> ; cg:statedIn {state} .
        FILTER (?lat > 51 && ?lat < 52 && ?long > 4 && ?long < 5)
        {state} cg:stateOf [ a cg:SuppliedTable ] ; cg:fileName "squares.geojson" ; dct:rights ?notice ;
            cg:sha256 "{hashlib.sha256(raw).hexdigest()}" .
        FILTER (CONTAINS(?notice, "© EuroGeographics"))""",
    )


def test_boundaries_of_an_address_rest_on_it(tmp_path: Path) -> None:
    address = "https://example.org/synthetic.geojson"
    batch = read(written(tmp_path, collection(square("BE21", 4, 51))), name=address)
    assert asked(
        store_of(batch),
        f'?point cg:statedIn/cg:stateOf [ a cg:WebPage ; cg:webAddress "{address}"^^xsd:anyURI ]',
    )


def test_a_country_gets_a_point_too_and_a_code_means_what_it_meant_in_its_version(tmp_path: Path) -> None:
    path = written(tmp_path, collection(square("EL", 22, 39), square("NL332", 4, 52)))
    (fault,) = read(path).faults
    assert (fault.severity, fault.row, fault.value) == (Severity.WARNING, 2, "NL332")
    batch = read(path, version="2021")
    assert batch.faults == ()
    for territory in ("country/gr", "region/nl361"):
        assert asked(store_of(batch), f"?point cg:pointOf <{iris.thing(territory)}>")


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [4.5, 51.5]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[4, 51], "x"]]},
        ["Polygon"],
    ],
)
def test_a_region_without_an_area_is_a_fault_of_its_feature(tmp_path: Path, geometry: object) -> None:
    broken = {"type": "Feature", "properties": {"NUTS_ID": "BE22"}, "geometry": geometry}
    batch = read(written(tmp_path, collection(square("BE21", 4, 51), broken)))
    (fault,) = batch.faults
    assert (fault.severity, fault.row, fault.column) == (Severity.VIOLATION, 2, "geometry")
    assert "BE22" in fault.message
    assert (batch.rows, batch.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (collection(square("BE21", 4, 51))[:-20], "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no collection"),
        (collection({"type": "Feature", "properties": {}, "geometry": None}), "NUTS_ID"),
        (collection(square("BE21", 3_900_000, 3_100_000)), "not in degrees"),
        (
            collection(square("BE21", 4, 51), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}),
            "not in degrees",
        ),
        (collection(square("QQ11", 4, 51)), "No feature is a region of NUTS 2024"),
    ],
)
def test_what_are_no_boundaries_is_refused_in_words(tmp_path: Path, raw: bytes, words: str) -> None:
    batch = read(written(tmp_path, raw))
    assert (batch.rows, batch.statements) == (0, b"")
    fault = batch.faults[0]
    assert fault.severity is Severity.VIOLATION
    assert words in fault.message
    assert fault.fix


@pytest.mark.parametrize(
    ("options", "words"), [({"version": "2013"}, "no version"), ({"as_of": "soon"}, "as_of")]
)
def test_an_option_that_cannot_be_used_is_told(tmp_path: Path, options: dict[str, str], words: str) -> None:
    (fault,) = read(written(tmp_path, collection(square("BE21", 4, 51))), **options).faults
    assert words in fault.message


def test_every_region_of_gisco_s_level_2_gets_a_point(index: NutsIndex) -> None:
    if not GISCO.is_file():
        pytest.skip("GISCO's boundaries are not at hand (../shared/sources/reference)")
    features = json.loads(GISCO.read_bytes())["features"]
    batch = read(GISCO)
    assert (batch.rows, batch.rejected, batch.faults) == (len(features), 0, ())
    points = {quad.subject for quad in store_of(batch) if quad.predicate.value == f"{GEO}lat"}
    regions = {quad.object for quad in store_of(batch) if quad.predicate.value == f"{CG}pointOf"}
    assert len(points) == len(regions) == len(features)
