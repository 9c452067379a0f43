"""The twelve query types: each answers what plain Python reckons from the same triples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest
from benchmarks.generator import SYNTHETIC, Population

from benchmarks import workload
from clustergraph import iris

Rows = list[tuple[str | None, ...]]


class Facts:
    """Triples by predicate, as Python sees them; terms are their values."""

    def __init__(self, path: Path) -> None:
        self.by_predicate: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_TRIPLES):
            subject, value = cast(ox.NamedNode, quad.subject).value, cast(ox.Literal, quad.object).value
            self.by_predicate[quad.predicate.value][subject].append(value)

    def of(self, predicate: str) -> dict[str, list[str]]:
        return self.by_predicate[iris.expand(predicate)]

    def one(self, predicate: str, subject: str) -> str:
        (value,) = self.of(predicate)[subject]
        return value

    def inside(self, region: str) -> set[str]:
        return {each for each in self.of("cg:nutsCode") if each.startswith(region) and each != region}


@pytest.fixture(scope="module")
def facts(synthetic: Path) -> Facts:
    return Facts(synthetic)


@pytest.fixture(scope="module")
def store(synthetic: Path) -> ox.Store:
    store = ox.Store()
    store.bulk_load(path=str(synthetic))
    return store


def it(kind: str, key: int | str) -> str:
    return f"{SYNTHETIC}{kind}/{key}"


def look_up(facts: Facts) -> Rows:
    organisation = it("organisation", 7)
    name, region = facts.one("rdfs:label", organisation), facts.one("cg:basedIn", organisation)
    return [(name, sector, region) for sector in facts.of("cg:inSector")[organisation]]


def region_subtree(facts: Facts) -> Rows:
    inside = facts.inside(it("region", "XA1"))
    return [
        (organisation, facts.one("rdfs:label", organisation), facts.one("cg:nutsCode", region))
        for organisation, (region,) in facts.of("cg:basedIn").items()
        if region in inside
    ]


def co_participation(facts: Facts) -> Rows:
    projects = facts.of("cg:participatesIn")
    mine = set(projects[it("organisation", 7)])
    shared = {
        partner: len(mine & set(theirs))
        for partner, theirs in projects.items()
        if partner != it("organisation", 7)
    }
    ranked = sorted((-count, partner) for partner, count in shared.items() if count)
    return [(partner, str(-count)) for count, partner in ranked[:50]]


def funding(facts: Facts) -> Rows:
    money: Counter[tuple[str, str]] = Counter()
    projects: Counter[tuple[str, str]] = Counter()
    amount = {
        project: int(facts.one("cg:numericValue", figure))
        for figure, (project,) in facts.of("cg:aboutEntity").items()
        if figure in facts.of("cg:numericValue")
    }
    for participation, (role,) in facts.of("cg:participantRole").items():
        project = facts.one("cg:participationIn", participation)
        if role != it("role", 0) or it("theme", 3) not in facts.of("cg:addressesTheme")[project]:
            continue
        region = facts.one("cg:basedIn", facts.one("cg:participant", participation))
        country = region.removeprefix(it("region", ""))[:2]
        key = it("region", country), facts.one("schema:startDate", project)
        money[key] += amount[project]
        projects[key] += 1
    return [(*key, str(money[key]), str(projects[key])) for key in sorted(money)]


def matchmaking(facts: Facts) -> Rows:
    projects = facts.of("cg:participatesIn")
    mine = set(projects[it("organisation", 7)])
    return [
        (candidate, facts.one("rdfs:label", candidate))
        for candidate, sectors in facts.of("cg:inSector").items()
        if it("sector", 5) in sectors and not mine & set(projects.get(candidate, ()))
    ]


def top_k(facts: Facts) -> Rows:
    ranked = sorted(
        (-int(facts.one("cg:numericValue", figure)), project)
        for figure, (project,) in facts.of("cg:aboutEntity").items()
        if figure in facts.of("cg:numericValue") and it("programme", 2) in facts.of("cg:fundedUnder")[project]
    )
    return [(project, facts.one("rdfs:label", project), str(-amount)) for amount, project in ranked[:20]]


def text_filter(facts: Facts) -> Rows:
    organisations = facts.of("cg:basedIn")
    named = [(name, each) for each in organisations for name in facts.of("rdfs:label")[each]]
    return [(each, name) for name, each in sorted(named) if "photonics" in name.lower()][:200]


def many_optionals(facts: Facts) -> Rows:
    inside = {each for each, (above,) in facts.of("cg:within").items() if above == it("region", "XA11")}

    def perhaps(predicate: str, subject: str) -> str | None:
        return next(iter(facts.of(predicate).get(subject, ())), None)

    plain = ("rdfs:label", "skos:altLabel", "cg:acronym", "foaf:homepage", "schema:foundingDate")
    return [
        (
            region,
            organisation,
            *(perhaps(predicate, organisation) for predicate in plain),
            perhaps("schema:numberOfEmployees", organisation),
            sector,
            facts.one("skos:prefLabel", sector),
            facts.one("cg:nutsCode", region),
        )
        for organisation, (region,) in facts.of("cg:basedIn").items()
        if region in inside
        for sector in facts.of("cg:inSector")[organisation]
    ]


def construct(facts: Facts) -> Rows:
    chosen = {
        project
        for project, themes in facts.of("cg:addressesTheme").items()
        if it("theme", 3) in themes and it("programme", 2) in facts.of("cg:fundedUnder")[project]
    }
    found: set[tuple[str, str, str]] = set()
    for organisation, projects in facts.of("cg:participatesIn").items():
        for project in chosen & set(projects):
            found |= {
                (project, iris.expand("rdfs:label"), facts.one("rdfs:label", project)),
                (project, iris.expand("cg:hasParticipant"), organisation),
                (organisation, iris.expand("rdfs:label"), facts.one("rdfs:label", organisation)),
            }
    return list(found)


def rows(facts: Facts) -> Rows:
    found = [
        (participation, project, facts.one("cg:participant", participation))
        for participation, (project,) in facts.of("cg:participationIn").items()
        if participation in facts.of("cg:participant")
    ]
    assert len(found) < 100_000
    return found


def count(facts: Facts) -> Rows:
    years = facts.of("schema:startDate")
    return [(str(sum(years[project] == ["2016"] for (project,) in facts.of("cg:participationIn").values())),)]


def describe(facts: Facts) -> Rows:
    project = it("project", 7)
    return [
        (project, predicate, value)
        for predicate, subjects in facts.by_predicate.items()
        for value in subjects.get(project, ())
    ]


RECKONED: dict[str, tuple[Callable[[Facts], Rows], bool]] = {
    # Whether the order of the rows is part of the answer.
    "look-up": (look_up, False),
    "region-subtree": (region_subtree, False),
    "co-participation": (co_participation, True),
    "funding-by-area-and-year": (funding, True),
    "matchmaking-with-negation": (matchmaking, False),
    "top-k": (top_k, True),
    "text-filter": (text_filter, True),
    "many-optionals": (many_optionals, False),
    "construct": (construct, False),
    "rows-100k": (rows, False),
    "count": (count, False),
    "describe": (describe, False),
}


@pytest.mark.parametrize("name", workload.NAMES)
def test_a_query_type_answers_what_python_reckons(name: str, facts: Facts, store: ox.Store) -> None:
    reckon, ordered = RECKONED[name]
    found, expected = answered(store, workload.load(name).text), reckon(facts)
    assert expected, "an empty answer would show nothing"
    if not ordered:
        found, expected = sorted(found, key=str), sorted(expected, key=str)
    assert found == expected


@pytest.mark.parametrize("name", workload.NAMES)
def test_drawn_queries_are_well_formed_and_find_something(name: str, store: ox.Store) -> None:
    queries = workload.load(name).many(Population.of(30_000), 12)
    assert len(queries) == 12
    assert queries == workload.load(name).many(Population.of(30_000), 12)
    assert "#+" not in "".join(queries)
    assert any(answered(store, query) for query in queries)


def test_every_query_file_is_one_of_the_twelve() -> None:
    assert {path.stem for path in workload.DIRECTORY.glob("*.rq")} == set(workload.NAMES)
    assert len(set(workload.NAMES)) == 12


def test_look_ups_are_all_different_so_that_no_cache_can_answer() -> None:
    population = Population.of(1_000_000)
    queries = workload.load(workload.LOOK_UP).many(population, 8_000)
    assert len(set(queries)) == 8_000
    assert len({workload.heavy_query(number) for number in range(50)}) == 50
    assert len({workload.rows_query(number) for number in range(50)}) == 50


def answered(store: ox.Store, query: str) -> Rows:
    results = store.query(query)
    if isinstance(results, ox.QueryTriples):
        return [(value(t.subject), value(t.predicate), value(t.object)) for t in results]
    assert isinstance(results, ox.QuerySolutions)
    return [tuple(value(term) for term in row) for row in results]


def value(term: object) -> str | None:
    return None if term is None else cast(ox.Literal, term).value
