"""Participations come back as rows that state exactly what was there, whatever a user's table holds."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from clustergraph import iris
from clustergraph.sources.kinds.partnership_members import (
    PARTNERSHIP_MEMBERS,
    PartnershipMemberRow,
    own_organisation,
)
from clustergraph.sources.kinds.partnership_members_back import extract
from clustergraph.sources.statements import Statements

Cells = dict[str, str | None]

CLUSTER = "cluster-organisation/synthetic"
LABELS = {iris.thing(CLUSTER): "Synthetic cluster", iris.thing("partnership/synthetic"): "SYNTH"}
GRAPH = iris.graph("partnership_members")
ROW: Cells = {"partnership_id": "partnership/synthetic", "organisation_name": "Verein für Synthetik e.V."}


def written(*rows: Cells) -> list[ox.Quad]:
    quads: list[ox.Quad] = []
    statements = Statements(PARTNERSHIP_MEMBERS.name, quads, LABELS)
    for row in rows:
        PARTNERSHIP_MEMBERS.emit(statements, PartnershipMemberRow.model_validate(row))
    return quads


def canonical(quads: list[ox.Quad]) -> str:
    return "\n".join(sorted({str(quad) for quad in quads}))


def back(quads: list[ox.Quad]) -> list[Cells]:
    store = ox.Store()
    store.extend(quads)
    return list(extract(store, GRAPH))


def objects(quads: list[ox.Quad], predicate: str) -> set[str]:
    return {quad.object.value for quad in quads if quad.predicate.value == f"{iris.CG}{predicate}"}  # type: ignore[union-attr]


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=20
).filter(lambda text: text == text.strip() and text != "")
addresses = st.lists(
    st.sampled_from(
        ["https://synthetic.example/a", "http://synthetic.example/b?x=%7C", "https://ü.example/"]
    ),
    unique=True,
    max_size=3,
).map(lambda found: "|".join(found) or None)
periods = st.sampled_from(
    [None, "2019", "2019-03", "2014-2020", "2018-08-09", "2020-11-09/2020-11-11", "unstated"]
)
places = st.sampled_from(
    [(None, None), (None, "FR"), (None, "UK"), ("FR10", "FR"), ("EL30", "GR"), ("UKC", None), ("GB", None)]
)


@st.composite
def rows(draw: st.DrawFn) -> Cells:
    nuts, country = draw(places)
    return {
        "partnership_id": draw(st.sampled_from(["partnership/synthetic", "project/synthetic-2"])),
        "organisation_id": draw(st.sampled_from([None, CLUSTER])),
        "organisation_name": draw(texts | st.sampled_from(["Foo|Bar", 'a "quoted" name', "Κλάδος", "A\nB"])),
        "organisation_type": draw(st.none() | texts),
        "role": draw(st.sampled_from([None, "Coordinator", "lead", "partner", "associated partner"])),
        "nuts_code": nuts,
        "country_code": country,
        "is_cluster_organisation": draw(st.sampled_from([None, "yes", "no"])),
        "start": draw(periods),
        "end": draw(periods),
        "source_url": draw(addresses),
        "as_of": draw(periods),
        "certainty": draw(st.sampled_from([None, "derived", "secondary"])),
        "readings": draw(st.sampled_from([None, "first", "first|wide"])),
        "note": draw(st.none() | texts),
    }


@given(st.lists(rows(), max_size=6))
@settings(max_examples=300, deadline=None)
def test_what_comes_back_states_what_was_there(given_rows: list[Cells]) -> None:
    quads = written(*given_rows)
    assert canonical(written(*back(quads))) == canonical(quads)


@given(st.lists(rows(), max_size=4), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_rows_does_not_matter(given_rows: list[Cells], chance: st.DataObject) -> None:
    mixed = list(given_rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert canonical(written(*mixed)) == canonical(written(*given_rows))


def test_two_pages_that_state_one_participation_are_evidence_of_one_node() -> None:
    one: Cells = {
        **ROW,
        "organisation_id": CLUSTER,
        "source_url": "https://synthetic.example/a",
        "as_of": "2018",
    }
    other: Cells = {**one, "source_url": "https://synthetic.example/b", "as_of": "2020"}
    quads = written(one, other)
    assert len(objects(quads, "hasParticipation")) == 1
    assert len(objects(quads, "statedIn")) == 2


def test_two_roles_are_two_participations() -> None:
    quads = written({**ROW, "role": "coordinator"}, {**ROW, "role": "partner"})
    assert len(objects(quads, "hasParticipation")) == 2
    assert len(objects(quads, "participant")) == 1


def test_a_described_organisation_is_not_described_again_and_keeps_the_stated_name() -> None:
    quads = written({**ROW, "organisation_id": CLUSTER, "country_code": "DE"})
    assert {quad.subject.value for quad in quads if quad.predicate.value.endswith("#label")}.isdisjoint(  # type: ignore[union-attr]
        {iris.thing(CLUSTER)}
    )
    assert objects(quads, "nameAsStated") == {ROW["organisation_name"]}
    assert not objects(quads, "basedIn")


def test_a_like_name_elsewhere_is_not_taken_for_the_same_organisation() -> None:
    german = own_organisation("Synthetic cluster", "DE", is_cluster=True)
    assert german not in LABELS
    assert german != own_organisation("Synthetic cluster", "FR", is_cluster=True)
    assert german != own_organisation("Synthetic Cluster", "DE", is_cluster=True)


def test_a_name_in_another_script_has_an_identifier() -> None:
    assert own_organisation("Κλάδος", None, is_cluster=False).startswith(iris.thing("organisation/x")[:-1])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"nuts_code": "FR10", "country_code": "DE"}, "does not lie in"),
        ({"nuts_code": "fr10"}, "pattern"),
        ({"organisation_name": None}, "string"),
        ({"is_cluster_organisation": "perhaps"}, "'yes' or 'no'"),
    ],
)
def test_a_wrong_cell_is_refused_in_words(cells: Cells, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        PartnershipMemberRow.model_validate({**ROW, **cells})


def test_eurostat_and_iso_codes_of_a_country_are_one() -> None:
    row = PartnershipMemberRow.model_validate({**ROW, "nuts_code": "GR30", "country_code": "EL"})
    assert (row.place, row.country) == ("EL30", "GR")
