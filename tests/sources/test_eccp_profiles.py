"""Profiles of cluster organisations: what a row becomes, and what is said of a wrong one. All synthetic."""

from __future__ import annotations

import io
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.importing import ImportContext, ImportInput, TableImporter, unpacked
from clustergraph.sources.kinds.eccp_profiles import ECCP_PROFILES, FIGURES

PROGRAMME = "programme/synthetic-national"
LABELS = {iris.thing(PROGRAMME): "Synthetic programme", iris.thing("platform/eccp"): "ECCP"}
COLUMNS = (
    "name,country_code,nuts_code,nuts_version,year_established,as_of,staff_fte,members_total,members_sme,"
    "members_research,website,website_languages,sectoral_industries,emerging_industries,technology_fields,"
    "s3_priorities,labels,support_programmes,source_url"
)
ROW = (
    "Synthetic Clústr,EL,EL30,2021,1998,2024-05,2.5,40,30,10,https://synthetic.example/,en|el,Textiles|Food,"
    f"Blue growth,Photonics,Made-up priority,GOLD,{PROGRAMME}|Other scheme,https://list.example/1"
)
SUBJECT = iris.thing("cluster-organisation/el-synthetic-clustr")


def imported(directory: Path, columns: str, *rows: str) -> tuple[list[ox.Quad], list[Fault]]:
    path = directory / "profiles.csv"
    path.write_text("\n".join((columns, *rows)) + "\n", encoding="utf-8")
    context = ImportContext(graph="synthetic", labels=LABELS)
    batches = list(TableImporter(ECCP_PROFILES).read(ImportInput(path, path.name), context))
    text = b"".join(unpacked(io.BytesIO(batch.statements)).read() for batch in batches if batch.statements)
    quads = list(ox.parse(text, format=ox.RdfFormat.N_QUADS))
    return quads, [fault for batch in batches for fault in batch.faults]


def asked(quads: list[ox.Quad], pattern: str) -> bool:
    store = ox.Store()
    store.extend(quads)
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in iris.PREFIXES.items())
    return bool(store.query(f"{prefixes} ASK {{ GRAPH ?g {{ {pattern} }} }}"))


def test_a_profile_becomes_an_organisation_with_its_figures_and_words(tmp_path: Path) -> None:
    quads, faults = imported(tmp_path, COLUMNS, ROW)
    assert faults == []
    assert asked(
        quads,
        f'<{SUBJECT}> a cg:ClusterOrganisation ; rdfs:label "Synthetic Clústr"@en ; '
        f"cg:profiledFor <{iris.thing('platform/eccp')}> ; "
        f"cg:basedIn <{iris.thing('country/gr')}> , <{iris.thing('region/el30')}> ; "
        'cg:webAddress "https://synthetic.example/"^^xsd:anyURI ; cg:websiteLanguage "en" , "el" ; '
        'cg:sectorText "Textiles" , "Food" ; cg:themeText "Blue growth" ; cg:technologyText "Photonics" ; '
        'cg:s3PriorityText "Made-up priority" ; cg:labelText "GOLD" ; cg:programmeText "Other scheme"',
    )
    assert asked(
        quads,
        f"?recognition a cg:Recognition ; cg:recognisedOrganisation <{SUBJECT}> ; "
        f"cg:underScheme <{iris.thing(PROGRAMME)}> ; cg:statedIn/cg:stateOf/cg:webAddress ?page",
    )
    for indicator, value in (("management-staff", "2.5"), ("members", "40.0"), ("research-members", "10.0")):
        assert asked(
            quads,
            f"?figure cg:aboutEntity <{SUBJECT}> ; cg:indicator <{iris.concept('indicator', indicator)}> ; "
            f"cg:numericValue {value} ; cg:refPeriod <{iris.CGI}period/2024-05>",
        )
    assert asked(quads, f'?step cg:milestoneOf <{SUBJECT}> ; dcat:startDate "1998-01-01"^^xsd:date')


def test_what_a_profile_does_not_say_stays_unknown(tmp_path: Path) -> None:
    quads, faults = imported(tmp_path, "name,country_code", "Synthetic,DE")
    assert faults == []
    told = {quad.predicate.value for quad in quads}
    assert f"{iris.CG}numericValue" not in told
    assert f"{iris.CG}webAddress" not in told
    assert asked(quads, "?who cg:statedIn/cg:stateOf [ a cg:SuppliedTable ]")


def test_every_figure_has_an_indicator_of_the_scheme() -> None:
    scheme = Path(__file__).resolve().parents[2] / "ontology" / "schemes" / "indicator.ttl"
    text = scheme.read_text(encoding="utf-8")
    assert all(f'skos:notation "{indicator}"' in text for indicator in FIGURES.values())


@pytest.mark.parametrize(
    ("columns", "row", "column", "words"),
    [
        ("name,country_code", "Synthetic,QQ", "country_code", "code of no country"),
        ("name,country_code,nuts_code", "Synthetic,DE,DE99Z", None, "no code of the versions"),
        ("name,country_code,nuts_code,nuts_version", "Synthetic,DE,XX11,2021", None, "no code of NUTS 2021"),
        ("name,country_code,staff_fte", 'Synthetic,DE,"0,5"', "staff_fte", "plain decimal"),
        ("name,country_code,members_total", "Synthetic,DE,about 20", "members_total", "integer"),
        ("name,country_code,members_total", "Synthetic,DE,-1", "members_total", "greater than or equal to 0"),
        ("name,country_code,members_total,members_sme", "Synthetic,DE,10,11", None, "its parts make 11"),
        ("name,country_code,website", "Synthetic,DE,synthetic.example", "website", "is not an address"),
        ("name,country_code,website_languages", "Synthetic,DE,English", "website_languages", "language code"),
        ("name,country_code,year_established", "Synthetic,DE,98", "year_established", "pattern"),
        ("name,country_code", "???,DE", None, "no letter or digit"),
    ],
)
def test_a_profile_that_is_wrong_is_told_with_its_place(
    tmp_path: Path, columns: str, row: str, column: str | None, words: str
) -> None:
    quads, faults = imported(tmp_path, columns, row)
    assert not quads
    assert [(fault.row, fault.column) for fault in faults] == [(2, column)]
    assert words in faults[0].message
