"""The tables that a release carries are the whole of their graphs: imported, they give the same graphs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import csvw
import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.build.collect import known_labels
from clustergraph.build.pipeline import canonical_nquads
from clustergraph.snapshot import Release
from clustergraph.sources.content import Content
from clustergraph.sources.curated import read_data_files
from clustergraph.sources.importing import ImportContext, ImportInput, TableImporter, unpacked
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.table.escapes import unescaped
from clustergraph.sources.table_notes import curated_tables

#: Every exchanged kind, with its columns in the order of the exchange format.
EXCHANGED = {
    "priorities": "nuts_code,nuts_version,region_name,country_code,priority_id,priority_name,description,"
    "lang,economic_domain_codes,economic_domain_labels,scientific_domain_codes,"
    "scientific_domain_labels,policy_objective_codes,policy_objective_labels,"
    "thematic_area_uris,strategy_title,strategy_url,programming_period,status,source_url,as_of,"
    "licence",
    "partnership_regions": "partnership_id,partnership_name,platform,nuts_code,nuts_level,"
    "nuts2_code,nuts1_code,country_code,role,start,end,source_url,as_of",
    "partnership_members": "partnership_id,organisation_id,organisation_name,organisation_type,"
    "role,nuts_code,country_code,is_cluster_organisation,start,end,source_url",
    "instruments": "instrument_id,label,parent_programme,strand,budget_eur,budget_status,period_start,"
    "period_end,call_id,deadline,min_partners,min_countries,eligible_applicants,max_grant_eur,"
    "funding_rate_pct,themes,policy_level,predecessor_id,successor_id,source_url,as_of",
    "figures": "figure_id,subject_uri,indicator_uri,value,value_min,value_max,qualifier,unit_uri,"
    "ref_period_start,ref_period_end,as_of,geo,scope_note,source_uri,locator,quote,"
    "conflicts_with",
}
KIND = {kind.name: kind for kind in KINDS}


@pytest.fixture(scope="module")
def labels(released_store: ox.Store) -> Mapping[str, str]:
    """What an import may know of the release."""
    return known_labels(released_store)


def imported(kind: TableKind[Any], path: Path, labels: Mapping[str, str]) -> bytes:
    """The canonical N-Quads of a table, as the importer of its kind writes them."""
    store = ox.Store()
    context = ImportContext(graph=kind.name, labels=labels)
    for batch in TableImporter(kind).read(ImportInput(path, path.name), context):
        assert batch.faults == ()
        store.extend(ox.parse(unpacked(io.BytesIO(batch.statements)), format=ox.RdfFormat.N_QUADS))
    return canonical_nquads(store)


def graph_of(store: ox.Store, name: str) -> bytes:
    """The canonical N-Quads of one named graph."""
    alone = ox.Store()
    alone.extend(store.quads_for_pattern(None, None, None, ox.NamedNode(iris.graph(name))))
    return canonical_nquads(alone)


def test_the_kinds_that_are_exchanged_are_those_with_a_way_back() -> None:
    assert {kind.name for kind in KINDS if kind.extract is not None} == EXCHANGED.keys()
    assert {kind.name: ",".join(kind.exchange) for kind in KINDS if kind.exchange} == EXCHANGED


@pytest.mark.parametrize("name", EXCHANGED)
def test_an_exported_table_begins_with_the_columns_of_the_exchange_format_and_has_all_others(
    release: Release, name: str
) -> None:
    header = next(csv.reader(io.StringIO(release.read_text(f"exports/{name}.csv"))))
    assert ",".join(header).startswith(EXCHANGED[name])
    expected = [field.alias or column for column, field in KIND[name].model.model_fields.items()]
    assert sorted(header) == sorted(expected)


@pytest.mark.parametrize("name", EXCHANGED)
def test_a_table_of_the_release_that_is_imported_gives_its_graph_byte_for_byte(
    release: Release, released_store: ox.Store, labels: Mapping[str, str], tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(release.read_text(f"exports/{name}.csv"), encoding="utf-8", newline="")
    again, before = imported(KIND[name], path, labels), graph_of(released_store, name)
    assert sorted(set(before.splitlines()) ^ set(again.splitlines())) == []
    assert again == before


@pytest.mark.parametrize("name", EXCHANGED)
def test_the_cells_of_a_column_are_values_of_the_property_that_its_metadata_name(
    release: Release, released_store: ox.Store, name: str
) -> None:
    told = json.loads(release.read_text(f"exports/{name}.csv-metadata.json"))
    graph = ox.NamedNode(iris.graph(name))
    rows = list(csv.DictReader(io.StringIO(release.read_text(f"exports/{name}.csv"), newline="")))
    named = [column for column in told["tableSchema"]["columns"] if "propertyUrl" in column]
    assert {column["name"] for column in named} == KIND[name].properties.keys()
    for column in named:
        found = released_store.quads_for_pattern(None, ox.NamedNode(column["propertyUrl"]), None, graph)
        stated = {quad.object.value for quad in found if isinstance(quad.object, ox.Literal)}
        cells = {unescaped(row[column["name"]]) for row in rows} - {""}
        if "separator" in column:
            cells = {part for cell in cells for part in cell.split(column["separator"])}
        assert cells <= stated


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", EXCHANGED)
def test_a_table_of_the_release_is_what_its_metadata_say(release: Release, name: str) -> None:
    table = csvw.Table.from_file(release.directory / f"exports/{name}.csv-metadata.json")
    assert list(table.iterdicts())


@pytest.mark.filterwarnings("error::UserWarning")
def test_the_curated_tables_are_what_their_metadata_say_and_their_foreign_keys_hold(content: Content) -> None:
    group = csvw.TableGroup.from_file(content.data / "tables" / "csv-metadata.json")
    assert len(group.tables) == len(list(curated_tables(content)))
    assert all(list(table.iterdicts()) for table in group.tables)
    assert sum(len(table.tableSchema.foreignKeys) for table in group.tables) == 8
    assert group.check_referential_integrity()


def test_the_catalogue_has_a_download_of_every_table_of_the_release(release: Release) -> None:
    described = ox.Store()
    described.load(release.read_text("description.ttl").encode(), format=ox.RdfFormat.TURTLE)
    found = described.quads_for_pattern(None, ox.NamedNode(f"{iris.DCAT}downloadURL"), None)
    addresses = {quad.object.value.removeprefix(iris.BASE) for quad in found}
    assert addresses == {f"exports/{name}.csv" for name in EXCHANGED}
    assert addresses <= release.manifest.files.keys()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("figures.ttl", '<urn:synthetic> <urn:says> "more" .'),
        ("other.trig", f'<{iris.graph("figures")}> {{ <urn:synthetic> <urn:says> "more" }}'),
    ],
)
def test_no_file_adds_statements_to_the_graph_of_a_table(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / file).write_text(text, encoding="utf-8")
    (fault,) = read_data_files(Content(tmp_path)).faults
    assert (fault.file, fault.rule) == (f"data/{file}", "graph of a table")
    assert "figures.csv" in fault.message


def test_no_file_of_this_checkout_does(content: Content) -> None:
    assert read_data_files(content).faults == []
