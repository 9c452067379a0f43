"""What a public page states leads to the page, to the time of it, and says how sure it is."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from pydantic import ValidationError

from clustergraph import iris
from clustergraph.sources.statements import SourcedRow, Statements

ORGANISATION = iris.thing("cluster-organisation/synthetic")
REGION = iris.thing("region/xx01")
PAGE = "https://synthetic.example/members"


def written(row: SourcedRow, labels: dict[str, str] | None = None) -> ox.Store:
    quads: list[ox.Quad] = []
    Statements("synthetic", quads, labels or {}).relation(ORGANISATION, f"{iris.CG}basedIn", REGION, row)
    store = ox.Store()
    store.extend(quads)
    return store


def asked(store: ox.Store, pattern: str) -> bool:
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())
    return bool(store.query(f"{prefixes} ASK {{ GRAPH ?g {{ {pattern} }} }}"))


def test_a_relation_is_a_triple_and_a_claim_that_leads_to_the_page() -> None:
    store = written(SourcedRow.model_validate({"source_url": PAGE, "as_of": "2019-03"}))
    assert asked(store, f"<{ORGANISATION}> cg:basedIn <{REGION}>")
    assert asked(
        store,
        f'?claim cg:assertedObject <{REGION}> ; cg:statedIn ?state . ?state cg:stateOf/cg:webAddress "{PAGE}"'
        '^^xsd:anyURI ; cg:asOfEarliest "2019-03-01"^^xsd:date ; cg:asOfLatest "2019-03-31"^^xsd:date',
    )


def test_certainty_and_readings_stand_at_the_claim() -> None:
    row = SourcedRow.model_validate({"source_url": PAGE, "certainty": "derived", "readings": "first|second"})
    store = written(row)
    assert asked(store, "?claim cg:certainty <https://w3id.org/clustergraph/def/certainty/derived>")
    for code in ("first", "second"):
        assert asked(store, f"?claim cg:foundInReading <https://w3id.org/clustergraph/def/reading/{code}>")


def test_an_empty_certainty_is_stated() -> None:
    assert asked(
        written(SourcedRow.model_validate({"source_url": PAGE, "certainty": None})),
        "?claim cg:certainty <https://w3id.org/clustergraph/def/certainty/stated>",
    )


def test_a_page_of_two_times_is_one_page_with_two_states() -> None:
    quads: list[ox.Quad] = []
    statements = Statements("synthetic", quads, {})
    for when in ("2018", "2020"):
        row = SourcedRow.model_validate({"source_url": PAGE, "as_of": when})
        statements.stated(ORGANISATION, row)
    objects = {str(quad.object) for quad in quads if quad.predicate.value == f"{iris.CG}stateOf"}
    states = {str(quad.subject) for quad in quads if quad.predicate.value == f"{iris.CG}stateOf"}
    assert (len(objects), len(states)) == (1, 2)


def test_a_row_without_a_page_rests_on_the_table() -> None:
    store = written(SourcedRow.model_validate({}))
    assert asked(store, "?claim cg:statedIn/cg:stateOf ?table . ?table a cg:SuppliedTable")


def test_a_thing_known_under_another_name_gets_a_further_name() -> None:
    quads: list[ox.Quad] = []
    row = SourcedRow.model_validate({"source_url": PAGE})
    Statements("synthetic", quads, {ORGANISATION: "Known"}).named(ORGANISATION, row, [], "Other")
    told = {(quad.predicate.value, str(quad.object)) for quad in quads}
    assert (f"{iris.SKOS}altLabel", '"Other"@en') in told
    assert (f"{iris.RDFS}label", '"Other"@en') not in told


@pytest.mark.parametrize(
    "address", ["synthetic.example", "ftp://synthetic.example", "https://", "https://a b"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="is not an address"):
        SourcedRow.model_validate({"source_url": address})
