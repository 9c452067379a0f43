"""NUTS: which territory a code means, what lies in what, and what became of codes."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from clustergraph.sources.content import Content
from clustergraph.sources.nuts import NutsIndex
from clustergraph.sources.nuts.changes import Kind
from clustergraph.sources.nuts.reader import read_changes

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "sources" / "reference"
CGI = "https://w3id.org/clustergraph/id/"


@pytest.fixture(scope="module")
def index() -> NutsIndex:
    table = read_changes(Content(ROOT))
    assert table.faults == []
    return NutsIndex.load(table.rows)


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, dict[str, str]]]:
    path = REFERENCE / "nuts_all_versions.csv"
    if not path.is_file():
        pytest.skip("the table of all versions of NUTS is not at hand (../shared/sources/reference)")
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[row["nuts_version"]][row["code"]] = row
    return found


def _levels(index: NutsIndex, version: str, *, extra: bool) -> Counter[int]:
    return Counter(
        territory.level
        for territory in index.territories
        if version in territory.codes and territory.is_extra_regio in (extra, False)
    )


def _of_the_union(index: NutsIndex, version: str) -> Counter[int]:
    """The regions of the Member States: those that the sheet of NUTS, not of statistical regions, has."""
    outside = {"AL", "BA", "CH", "IS", "LI", "ME", "MK", "NO", "RS", "TR", "UA", "UK", "XK"}
    return Counter(
        territory.level
        for territory in index.territories
        if version in territory.codes
        and not territory.is_extra_regio
        and territory.codes[version][:2] not in outside
    )


def test_nuts_2021_and_2024_have_as_many_regions_as_their_regulations_say(index: NutsIndex) -> None:
    assert _of_the_union(index, "2024") == {0: 27, 1: 92, 2: 244, 3: 1165}
    assert _of_the_union(index, "2021") == {0: 27, 1: 92, 2: 242, 3: 1166}


def test_extra_regio_is_known_and_told_apart(index: NutsIndex) -> None:
    with_extra, without = _levels(index, "2024", extra=True), _levels(index, "2024", extra=False)
    assert {level: with_extra[level] - without[level] for level in (0, 1, 2, 3)} == {
        0: 0,
        1: 39,
        2: 39,
        3: 38,
    }
    assert index.territory("BAZZ") is not None
    assert index.territory("BAZZZ") is None, "the workbook leaves this one out"


@pytest.mark.parametrize("version", ["2016", "2021", "2024"])
def test_the_codes_of_a_version_are_those_of_the_reference(
    index: NutsIndex, reference: dict[str, dict[str, dict[str, str]]], version: str
) -> None:
    ours = {territory.codes[version] for territory in index.territories if version in territory.codes}
    assert ours - reference[version].keys() == set()
    extra_regio_of_the_uk = {"UKZ", "UKZZ", "UKZZZ"}  # which the package leaves out
    assert reference[version].keys() - ours - extra_regio_of_the_uk == set()


@pytest.mark.parametrize("version", ["2016", "2021", "2024"])
def test_every_region_lies_in_what_the_reference_says(
    index: NutsIndex, reference: dict[str, dict[str, dict[str, str]]], version: str
) -> None:
    for territory in index.territories:
        if territory.level and version in territory.codes:
            parent = index.territory(reference[version][territory.codes[version]]["parent"], version)
            assert parent in territory.parents, territory


def _plain(label: str) -> str:
    """A label without the differences in typography between the two sources."""
    return " ".join(label.replace("’", "'").split())


def test_labels_are_those_of_the_reference(
    index: NutsIndex, reference: dict[str, dict[str, dict[str, str]]]
) -> None:
    differing = {
        code
        for code, row in reference["2024"].items()
        if (territory := index.find(code, "2024")) is not None
        and territory.level
        and _plain(row["label"]) not in (_plain(territory.label), _plain(territory.native or ""))
    }
    assert differing == set()


def test_greece_and_the_united_kingdom_have_two_codes_and_are_one_country_each(index: NutsIndex) -> None:
    assert index.country("EL") == index.country("GR") == index.territory("EL") == f"{CGI}country/gr"
    assert index.country("UK") == index.country("GB") == f"{CGI}country/gb"
    assert index.country("XK") == f"{CGI}country/xk"
    assert index.country("ZZ") is None
    assert index.territory("EL30") == f"{CGI}region/el30"
    assert index.territory("GR30") is None, "Eurostat has no such code"


def test_a_territory_that_kept_its_boundaries_is_one_whatever_its_code(index: NutsIndex) -> None:
    assert index.territory("NL332", "2021") == index.territory("NL361", "2024") == f"{CGI}region/nl361"
    assert index.territory("HR041", "2016") == index.territory("HR050", "2024")
    assert index.territory("ITH59", "2021") == index.territory("ITH59", "2024"), "a shift below the threshold"


def test_a_territory_that_was_restored_is_the_one_it_was(index: NutsIndex) -> None:
    assert index.territory("NO031", "2016") == index.territory("NO083", "2024") == f"{CGI}region/no083"
    assert index.territory("NO072", "2016") == index.territory("NO072", "2024")
    assert index.territory("NO072", "2021") is None


def test_a_territory_whose_boundary_moved_is_two(index: NutsIndex) -> None:
    before, after = index.territory("NL31", "2021"), index.territory("NL35", "2024")
    assert (before, after) == (f"{CGI}region/nl31", f"{CGI}region/nl35")
    assert index.territory("NL31", "2024") is None
    assert index.territory("NL31") == before, "without a version, the newest that has the code"


def test_a_region_lies_in_the_regions_of_every_version_it_was_in(index: NutsIndex) -> None:
    oeste = index.find("PT1D1", "2024")
    assert oeste is not None
    assert oeste.parents == (f"{CGI}region/pt1d", f"{CGI}region/pt16")
    assert index.parent("PT1D1") == f"{CGI}region/pt1d"


def test_every_region_leads_to_its_country(index: NutsIndex) -> None:
    for territory in index.territories:
        step = territory
        while step.level:
            assert step.parent is not None, territory
            above = index.of(step.parent)
            assert above is not None
            assert above.level == step.level - 1
            step = above
        assert step.iri == index.country(territory.code[:2] if territory.codes else territory.iri[-2:])


def test_no_iri_and_no_code_of_a_version_is_borne_twice(index: NutsIndex) -> None:
    assert len({territory.iri for territory in index.territories}) == len(index.territories)
    codes = [(v, code) for territory in index.territories for v, code in territory.codes.items()]
    assert len(set(codes)) == len(codes)


def test_labels_in_other_scripts_come_with_their_transcription(index: NutsIndex) -> None:
    attica = index.find("BG411")
    assert attica is not None
    assert (attica.label, attica.native) == ("Sofia (stolitsa)", "София (столица)")


def test_what_took_the_place_of_a_code_is_known(index: NutsIndex) -> None:
    changes = {(change.version_before, change.before): change for change in index.changes}
    assert changes["2021", "PT16B"].after == ("PT1D1",)
    assert changes["2021", "PT16B"].kind is Kind.CODE_CHANGE
    assert changes["2021", "PT16"].after == ("PT19", "PT1D"), "by the regions below it"
    assert changes["2021", "PT17"].kind is Kind.SPLIT
    assert changes["2021", "LV007"].after == ("LV00A", "LV00B", "LV00C")
    assert changes["2016", "HR04"].after == ("HR02", "HR05", "HR06")


def test_the_changes_are_those_of_the_reference(index: NutsIndex) -> None:
    path = REFERENCE / "nuts_changes_2021_2024.csv"
    if not path.is_file():
        pytest.skip("the table of changes is not at hand (../shared/sources/reference)")
    with path.open(encoding="utf-8", newline="") as stream:
        stated = {
            row["Code 2021"]: row["Change"]
            for row in csv.DictReader(stream)
            if row["Code 2021"] and row["Code 2021"] != row["Code 2024"]
        }
    union = {
        change.before: change
        for change in index.changes
        if change.version_before == "2021" and not change.before.startswith("NO")
    }
    words = {"Merged": "merger", "Split": "split"}
    assert {code: change.kind.value for code, change in union.items()} == {
        code: words.get(change, change.lower().replace(" ", "-")) for code, change in stated.items()
    }


def test_a_look_up_takes_codes_as_people_write_them(index: NutsIndex) -> None:
    assert index.territory(" be21 ") == index.territory("BE21") == f"{CGI}region/be21"
    assert index.territory("") is None
    assert index.versions("GR") == ("2024", "2021", "2016")
    assert index.label("BE21") == "Prov. Antwerpen"
