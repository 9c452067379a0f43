"""The SSSOM table: complete, well-formed by SSSOM's rules, and nothing in it that nobody stated."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

import pyoxigraph as ox
import pytest
import yaml

from clustergraph import iris
from clustergraph.publish.mappings import mappings, sssom_tsv

from .conftest import HOSTILE, merged

_SLOTS = {
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_label",
    "mapping_date",
    "confidence",
    "comment",
}
_CURIE = re.compile(r"([A-Za-z][\w.-]*):(\S+)")


@dataclass(frozen=True, slots=True)
class Table:
    metadata: dict[str, object]
    header: list[str]
    rows: list[dict[str, str]]


def read(body: bytes) -> Table:
    """Reads SSSOM TSV: metadata in the comment lines on top, then the table."""
    lines = body.decode().splitlines()
    head = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    rows = list(csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    assert lines[: len(head)] == [f"# {line}" for line in head]
    return Table(
        yaml.safe_load("\n".join(head)), rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    )


@pytest.fixture(scope="module")
def table(store: ox.Store) -> Table:
    return read(sssom_tsv(store))


def test_the_metadata_has_what_sssom_requires(table: Table) -> None:
    assert table.metadata["mapping_set_id"] == "https://w3id.org/clustergraph/mappings"
    assert table.metadata["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert table.metadata["mapping_set_version"]
    assert set(table.metadata) <= {
        "mapping_set_id",
        "mapping_set_version",
        "mapping_set_title",
        "mapping_set_description",
        "license",
        "curie_map",
    }


def test_every_row_has_what_sssom_requires(table: Table) -> None:
    assert set(table.header) == _SLOTS
    assert len(table.rows) > 40
    for row in table.rows:
        for slot in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert _CURIE.fullmatch(row[slot]), row
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"
        assert row["author_label"] == "clustergraph contributors"


def test_the_curie_map_lists_exactly_the_prefixes_in_use(table: Table) -> None:
    used = {
        row[slot].partition(":")[0]
        for row in table.rows
        for slot in ("subject_id", "predicate_id", "object_id", "mapping_justification")
    }
    assert table.metadata["curie_map"].keys() == used  # type: ignore[attr-defined]


def test_every_mapping_that_is_stated_is_a_row(store: ox.Store, table: Table) -> None:
    rows = store.query(
        f"""PREFIX skos: <{iris.SKOS}> PREFIX owl: <{iris.OWL}> PREFIX rdfs: <{iris.RDFS}>
        SELECT DISTINCT ?s ?p ?o WHERE {{
          GRAPH ?g {{ ?s ?p ?o }}
          FILTER(?g != <{iris.INFERRED_GRAPH}> && ISIRI(?s) && ISIRI(?o))
          VALUES ?p {{ skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch skos:relatedMatch
                       owl:equivalentClass owl:equivalentProperty owl:sameAs
                       rdfs:subClassOf rdfs:subPropertyOf }}
          BIND(STRSTARTS(STR(?s), "{iris.BASE}") AS ?ours)
          BIND(STRSTARTS(STR(?o), "{iris.BASE}") AS ?theirs)
          FILTER((?ours || ?theirs) && (!(?ours && ?theirs) || CONTAINS(STR(?p), "Match")))
        }}"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    stated = {(row["s"].value, row["p"].value, row["o"].value) for row in rows}
    prefixes = table.metadata["curie_map"]
    assert isinstance(prefixes, dict)

    def expanded(curie: str) -> str:
        prefix, _, local = curie.partition(":")
        return f"{prefixes[prefix]}{local}"

    written = [
        tuple(expanded(row[f"{part}_id"]) for part in ("subject", "predicate", "object"))
        for row in table.rows
    ]
    assert set(written) == stated
    assert len(written) == len(set(written))
    assert written == sorted(written)


def test_the_three_industries_4_0_are_related_and_never_the_same(table: Table) -> None:
    found = {
        row["predicate_id"]
        for row in table.rows
        if row["subject_id"].endswith("/industry-4-0") and row["object_id"].endswith("/industry-4-0")
    }
    assert found == {"skos:relatedMatch"}


def test_confidence_and_date_stand_only_where_stated(table: Table) -> None:
    assert {(row["confidence"], row["mapping_date"]) for row in table.rows} == {("", "")}
    annotated = merged(
        list(
            ox.parse(
                f"""PREFIX cg: <{iris.CG}> PREFIX owl: <{iris.OWL}> PREFIX skos: <{iris.SKOS}>
                PREFIX rdfs: <{iris.RDFS}> PREFIX sssom: <https://w3id.org/sssom/>
                GRAPH <{iris.graph("alignments")}> {{
                  cg:Event skos:closeMatch <https://schema.org/Event> .
                  [] a owl:Axiom ; owl:annotatedSource cg:Event ; owl:annotatedProperty skos:closeMatch ;
                    owl:annotatedTarget <https://schema.org/Event> ; sssom:confidence 0.9 ;
                    rdfs:comment "an event\\tthere\\nhas no edition" .
                }}""",
                format=ox.RdfFormat.TRIG,
            )
        )
    )
    (row,) = read(sssom_tsv(annotated)).rows
    assert (row["confidence"], row["comment"]) == ("0.9", "an event there has no edition")
    assert row["object_id"] == "schema:Event"
    assert row["object_label"] == ""


def test_hostile_labels_stay_in_their_cell(hostile: ox.Store) -> None:
    table = read(sssom_tsv(hostile))
    assert {row["subject_label"] for row in table.rows} == {HOSTILE}


def test_a_namespace_without_a_prefix_is_in_the_curie_map() -> None:
    target = "https://example.org/vocabulary#Happening"
    text = f"<{iris.CG}Event> <{iris.SKOS}closeMatch> <{target}> <{iris.graph('alignments')}> ."
    table = read(sssom_tsv(merged(list(ox.parse(text, format=ox.RdfFormat.N_QUADS)))))
    assert table.rows[0]["object_id"] == "ns1:Happening"
    assert table.metadata["curie_map"]["ns1"] == "https://example.org/vocabulary#"  # type: ignore[index]


def test_inferred_statements_are_no_mappings(store: ox.Store) -> None:
    stated = {(mapping.subject_id, mapping.object_id) for mapping in mappings(store)}
    assert (f"{iris.CG}PublicAuthority", f"{iris.FOAF}Agent") not in stated
