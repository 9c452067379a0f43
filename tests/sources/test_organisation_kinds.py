"""The kinds of tables about organisations: what they refuse, and what a row becomes."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
import pytest
from pydantic import ValidationError

from clustergraph import iris
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.national_programmes import NATIONAL_PROGRAMMES
from clustergraph.sources.kinds.organisation_facts import ORGANISATION_FACTS
from clustergraph.sources.kinds.organisation_names import ORGANISATION_NAMES
from clustergraph.sources.kinds.organisations import ORGANISATIONS
from clustergraph.sources.kinds.recognitions import RECOGNITIONS
from clustergraph.sources.statements import Statements

PAGE = "https://synthetic.example/page"
ONE = "cluster-organisation/synthetic-one"
TWO = "cluster-organisation/synthetic-two"
PREFIXES = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())


def row_of(kind: TableKind[Any], cells: dict[str, str]) -> Any:
    names = [field.alias or name for name, field in kind.model.model_fields.items()]
    assert cells.keys() <= set(names)
    return kind.model.model_validate({name: cells.get(name) for name in names})


def written(kind: TableKind[Any], *tables: dict[str, str], labels: dict[str, str] | None = None) -> ox.Store:
    quads: list[ox.Quad] = []
    statements = Statements(kind.name, quads, labels or {})
    for cells in tables:
        kind.emit(statements, row_of(kind, {"source_url": PAGE, **cells}))
    store = ox.Store()
    store.extend(quads)
    return store


def asked(store: ox.Store, pattern: str) -> bool:
    return bool(store.query(f"{PREFIXES} ASK {{ GRAPH ?g {{ {pattern} }} }}"))


ORGANISATION = {"id": ONE, "class": "ClusterOrganisation", "label": "Synthetic One", "country": "country/xx"}


def test_a_country_is_stated_and_a_region_found_by_name_is_derived() -> None:
    cells = {**ORGANISATION, "region": "Somewhere", "territory": "region/xx01", "territory_basis": "derived"}
    store = written(ORGANISATIONS, cells)
    one, region = f"<{iris.thing(ONE)}>", f"<{iris.thing('region/xx01')}>"
    assert asked(store, f"{one} cg:basedIn <{iris.thing('country/xx')}> ; cg:regionText 'Somewhere'")
    assert asked(
        store,
        f"?claim cg:assertedSubject {one} ; cg:assertedObject {region} ; "
        f"cg:certainty <{iris.concept('certainty', 'derived')}>",
    )


def test_a_unit_is_a_unit_of_its_parent_and_a_body_a_suborganisation() -> None:
    unit = {"id": "organisation/synthetic-unit", "class": "org:OrganizationalUnit", "label": "Synthetic unit"}
    body = {"id": "organisation/synthetic-agency", "class": "PublicAuthority", "label": "Synthetic agency"}
    store = written(ORGANISATIONS, *({**cells, "parent": "organisation/synthetic"} for cells in (unit, body)))
    parent = f"<{iris.thing('organisation/synthetic')}>"
    assert asked(store, f"<{iris.thing(unit['id'])}> org:unitOf {parent}")
    assert asked(store, f"<{iris.thing(body['id'])}> org:subOrganizationOf {parent}")


NAME = {"name": "Synth. One", "table": "partnerships", "organisation": ONE, "reason": "abbreviated"}


def test_the_same_under_another_name_is_one_thing_with_two_names() -> None:
    labels = {iris.thing(ONE): "Synthetic One"}
    store = written(ORGANISATION_NAMES, {**NAME, "decision": "same"}, labels=labels)
    assert asked(store, f"<{iris.thing(ONE)}> skos:altLabel 'Synth. One'@en ; cg:statedIn ?page")
    assert not asked(store, f"<{iris.thing(ONE)}> rdfs:label ?label")


@pytest.mark.parametrize(
    ("decision", "predicate"), [("successor", "cg:succeeds"), ("uncertain", "skos:closeMatch")]
)
def test_a_comparison_is_a_claim_with_its_reason(decision: str, predicate: str) -> None:
    store = written(ORGANISATION_NAMES, {**NAME, "decision": decision, "other": TWO})
    assert asked(store, f"<{iris.thing(ONE)}> {predicate} <{iris.thing(TWO)}>")
    assert asked(store, f"?claim cg:assertedProperty {predicate} ; cg:extractionNote 'abbreviated'@en")
    assert not asked(store, f"<{iris.thing(ONE)}> skos:altLabel ?name")


@pytest.mark.parametrize("cells", [{"decision": "same", "other": TWO}, {"decision": "distinct"}])
def test_a_decision_that_compares_nothing_is_refused(cells: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="other than same"):
        row_of(ORGANISATION_NAMES, {**NAME, **cells})


def test_a_label_has_the_first_day_of_its_first_period_and_the_last_of_its_last() -> None:
    cells = {
        "organisation": ONE,
        "scheme": "instrument/synthetic",
        "level": "bronze",
        "title": "Synthetic label",
        "valid_from": "2018-04",
        "valid_until": "2020",
    }
    assert asked(
        written(RECOGNITIONS, cells),
        "?label dcat:startDate '2018-04-01'^^xsd:date ; dcat:endDate '2020-12-31'^^xsd:date",
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, "either by identifier or by text"),
        ({"scheme": "instrument/synthetic", "scheme_text": "Synthetic"}, "either by identifier or by text"),
        ({"scheme_text": "S", "valid_from": "2020", "valid_until": "2019"}, "ends before it begins"),
    ],
)
def test_a_recognition_without_scheme_or_running_backwards_is_refused(
    cells: dict[str, str], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        row_of(RECOGNITIONS, {"organisation": ONE, "title": "Synthetic label", **cells})


def test_recognitions_of_one_organisation_at_two_times_are_two() -> None:
    common = {"organisation": ONE, "scheme_text": "Prix Éxample", "title": "Synthetic"}
    subjects = {
        RECOGNITIONS.subject(row_of(RECOGNITIONS, {**common, "valid_from": year}))
        for year in ("2013", "2015")
    }
    assert len(subjects) == 2
    assert all("prix-example" in subject for subject in subjects)


FIGURE = {
    "organisation": ONE,
    "indicator": "members",
    "value": "120",
    "unit": "NUM",
    "qualifier": "more-than",
    "nature": "stock",
    "period": "2019",
}


def test_a_figure_is_an_observation_in_the_data_set_of_pages() -> None:
    assert asked(
        written(ORGANISATION_FACTS, FIGURE),
        f"?figure a cg:Observation ; cg:aboutEntity <{iris.thing(ONE)}> ; cg:numericValue 120.0 ; "
        f"qb:dataSet <{iris.thing('dataset/web-figures')}> ; cg:statedIn ?page",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"unit": ""}, "a figure has indicator, value, unit"),
        ({"milestone": "founded"}, "and no figure"),
    ],
)
def test_half_a_figure_and_a_figure_with_a_date_are_refused(changes: dict[str, str], reason: str) -> None:
    cells = {name: cell for name, cell in {**FIGURE, **changes}.items() if cell}
    with pytest.raises(ValidationError, match=reason):
        row_of(ORGANISATION_FACTS, cells)


def test_a_date_without_a_day_is_refused() -> None:
    cells = {"organisation": ONE, "milestone": "founded", "period": "unstated"}
    with pytest.raises(ValidationError, match="a period with days"):
        row_of(ORGANISATION_FACTS, cells)


def test_a_budget_in_words_is_no_figure() -> None:
    cells = {
        "id": "programme/synthetic",
        "label": "Synthetic programme",
        "country": "country/xx",
        "budget": "some millions",
        "description": "Synthetic.",
    }
    store = written(NATIONAL_PROGRAMMES, cells)
    assert asked(store, "?programme cg:budgetText 'some millions'@en")
    assert not asked(store, "?figure cg:numericValue ?value")
    with pytest.raises(ValidationError, match="comes with its qualifier"):
        row_of(NATIONAL_PROGRAMMES, {**cells, "budget_eur": "1000"})
