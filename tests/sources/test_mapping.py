"""Tables by mapping files: the guide does what it says, and what is wrong is told with key, line and remedy.

Tables and mappings are synthetic.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.content import Content
from clustergraph.sources.curated import read_ontology
from clustergraph.sources.importing import ImportContext, ImportInput, unpacked
from clustergraph.sources.mapped.importer import MappedImporter
from clustergraph.sources.mapped.slugs import slug
from clustergraph.sources.mapped.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "mapping.md").read_text(encoding="utf-8")
LABELS = {
    f"{iris.CGS}thematic-area/photonics": "Photonics",
    f"{iris.CGS}thematic-area/industry-4-0": "Industry 4.0",
    iris.thing("programme/cosme"): "COSME",
}


class Map:
    """Two countries and one region, the same in both versions."""

    def country(self, code: str) -> str | None:
        """Germany and Greece."""
        known = {"DE": "country/de", "EL": "country/gr", "GR": "country/gr"}
        return iris.thing(known[code]) if code in known else None

    def territory(self, code: str, version: str | None = None) -> str | None:
        """One region."""
        return iris.thing("region/de11") if code == "DE11" and version in self.versions(code) else None

    def versions(self, code: str) -> tuple[str, ...]:
        """The versions of the one region."""
        return ("2024", "2021") if code == "DE11" else ()


@cache
def vocabulary() -> Vocabulary:
    """That of the project's own ontology."""
    return Vocabulary.of(read_ontology(Content(ROOT)).quads)


def block(name: str) -> str:
    """A file of the guide."""
    found = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def imported(
    directory: Path, table: str, mapping: str, *, labels: Mapping[str, str] = LABELS
) -> tuple[list[ox.Quad], list[Fault]]:
    """What a table becomes by a mapping, and the faults."""
    path, mapping_path = directory / "clusters.csv", directory / "clusters.yaml"
    path.write_text(table, encoding="utf-8")
    mapping_path.write_text(mapping, encoding="utf-8")
    context = ImportContext(graph="synthetic", labels=labels, options={"mapping": (str(mapping_path),)})
    batches = list(MappedImporter(vocabulary, Map).read(ImportInput(path, path.name), context))
    text = b"".join(unpacked(io.BytesIO(batch.statements)).read() for batch in batches if batch.statements)
    quads = list(ox.parse(text, format=ox.RdfFormat.N_QUADS))
    return quads, [fault for batch in batches for fault in batch.faults]


def asked(quads: list[ox.Quad], pattern: str) -> bool:
    """Whether a pattern has an answer."""
    store = ox.Store()
    store.extend(quads)
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in iris.PREFIXES.items())
    return bool(store.query(f"{prefixes} ASK {{ GRAPH ?g {{ {pattern} }} }}"))


def test_the_example_of_the_guide_becomes_what_the_guide_says(tmp_path: Path) -> None:
    quads, faults = imported(tmp_path, block("clusters.csv"), block("clusters.yaml"))
    assert faults == []
    assert asked(
        quads,
        "<https://w3id.org/clustergraph/id/cluster-organisation/de-example-photonics-cluster> "
        'a cg:ClusterOrganisation ; rdfs:label "Example Photonics Cluster"@en ; '
        "cg:basedIn <https://w3id.org/clustergraph/id/country/de> ; "
        "cg:focusesOn <https://w3id.org/clustergraph/def/thematic-area/photonics> , "
        "<https://w3id.org/clustergraph/def/thematic-area/industry-4-0> ; "
        'foaf:homepage <https://photonics.example> ; dct:created "2011-05-01"^^xsd:date ; '
        'dct:description "An example of a cluster"@en ; skos:note "From an example"@en ; '
        'cg:statedIn [ cg:asOfEarliest "2024-05-01"^^xsd:date ; '
        'cg:stateOf [ cg:webAddress "https://list.example/de"^^xsd:anyURI ] ]',
    )
    assert asked(
        quads,
        "<https://w3id.org/clustergraph/id/cluster-organisation/el-paradeigma> "
        'rdfs:label "Παράδειγμα"@en ; cg:basedIn <https://w3id.org/clustergraph/id/country/gr>',
    )
    assert not any("call back" in str(quad) for quad in quads)


TABLE = "Name;Country;Topics;Count\nSynthetic;DE;photonics;3\n"
MAPPING = """\
title: Synthetic
about: {iri: "cluster-organisation/{Name}", class: cg:ClusterOrganisation, label: Name}
columns:
  Country: {property: cg:basedIn, link: country}
  Topics: {property: cg:focusesOn, code_list: thematic-area}
ignore: [Count]
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        (
            "cg:basedIn",
            "cg:basedInn",
            4,
            "columns.Country.property",
            "no property cg:basedInn.*mean cg:basedIn?",
        ),
        ("cg:basedIn", "basedIn", 4, "columns.Country.property", "no prefix; write cg:basedIn"),
        ("cg:basedIn", "xx:basedIn", 4, "columns.Country.property", "prefix 'xx'"),
        ("cg:basedIn", "rdfs:label", 4, "columns.Country", "written from about.label"),
        ("cg:basedIn", "cg:acronym", 4, "columns.Country.property", "holds a text or a number"),
        (", link: country", "", 4, "columns.Country.property", "leads to things"),
        ("link: country", "link: planet", 4, "columns.Country.link", "'id', 'country', 'nuts' or 'address'"),
        ("link: country", "linked: country", 4, "columns.Country.linked", "unknown; did you mean link?"),
        ("link: country", "link: country, language: en", 4, "columns.Country", "exclude each other"),
        ("thematic-area}", "thematic-areas}", 5, "columns.Topics.code_list", "mean thematic-area?"),
        (
            "cg:ClusterOrganisation",
            "cg:ClusterOrganization",
            2,
            "about.class",
            "mean cg:ClusterOrganisation?",
        ),
        ("label: Name", "label: Nane", 2, "about.label", "no column Nane; did you mean Name?"),
        ("{Name}", "{Nam}", 2, "about.iri", "no column Nam; did you mean Name?"),
        ("{Name}", "x", 2, "about.iri", "names no column"),
        ("{Name}", "X Y {Name}", 2, "about.iri", "no template of the form class/slug"),
        ("cluster-organisation/{Name}", "https://x.example/{Name}", 2, "about.iri", "no template"),
        ("  Topics: {", "  Topic: {", 5, "columns.Topic", "no column Topic; did you mean Topics?"),
        ("ignore: [Count]", "ignore: []", 6, "ignore", "says nothing of the column Count"),
        ("ignore: [Count]", "ignore: [Count, Name]", 6, "ignore[2]", "ignored here and used elsewhere"),
        ("title: Synthetic\n", "", 1, "title", "The key title is missing"),
        ("title:", "titel:", 1, "titel", "mean title?"),
        ("title: Synthetic", "title: Synthetic\ntitle: Again", 2, None, "stands twice"),
        ("title: Synthetic", "title: &a Synthetic\nx: *a", 2, None, "[Aa]liases"),
        ("title: Synthetic", "title: }", 1, None, "not YAML"),
        (
            "ignore: [Count]",
            "ignore: [Count]\nconstants: [{property: cg:fundedUnder, link: id, value: programme/nothing}]",
            7,
            "constants[1].value",
            "nothing with the identifier",
        ),
    ],
)
def test_a_mapping_that_is_wrong_is_told_with_its_key_and_line(
    tmp_path: Path, old: str, new: str, line: int, key: str | None, words: str
) -> None:
    assert old in MAPPING
    quads, faults = imported(tmp_path, TABLE, MAPPING.replace(old, new, 1))
    assert not quads
    told = [fault for fault in faults if re.search(words.replace("?", r"\?"), fault.message)]
    assert told, [fault.message for fault in faults]
    assert (told[0].file, told[0].line, told[0].column) == ("clusters.yaml", line, key)
    assert told[0].fix


@pytest.mark.parametrize(
    ("row", "value", "column", "words"),
    [
        ("Synthetic;QQ;photonics;3", "QQ", "Country", "code of no country"),
        (
            "Synthetic;DE;fotonics;3",
            "fotonics",
            "Topics",
            "'fotonics'; did you mean 'photonics'",
        ),
        (";DE;photonics;3", None, "Name", "is empty"),
        ("???;DE;photonics;3", "???", "Name", "no letter or digit"),
    ],
)
def test_a_cell_that_is_wrong_is_told_with_row_and_column(
    tmp_path: Path, row: str, value: str | None, column: str, words: str
) -> None:
    quads, faults = imported(tmp_path, f"Name;Country;Topics;Count\n{row}\n", MAPPING)
    assert [(fault.row, fault.column, fault.value) for fault in faults] == [(2, column, value)]
    assert words in faults[0].message
    assert not quads


TYPED = """\
title: Synthetic
about: {{iri: "project/{{Name}}", class: cg:Project, label: Name}}
columns: {{Value: {{property: "{predicate}", {way}}}}}
"""


@pytest.mark.parametrize(
    ("predicate", "way", "good", "bad"),
    [
        (
            "cg:totalCost",
            "datatype: decimal",
            ("7.5", '"7.5"^^'),
            "7,5",
        ),
        (
            "dct:identifier",
            "datatype: integer",
            ("42", '"42"^^'),
            "4.2",
        ),
        ("dct:created", "datatype: date", ("2020-02-29", '"2020-02-29"^^'), "2021-02-29"),
        ("dct:created", "datatype: gYear", ("2020", "gYear"), "20"),
        ("skos:notation", "datatype: boolean", ("yes", '"true"^^'), "perhaps"),
        ("cg:webAddress", "datatype: anyURI", ("https://x.example", "anyURI"), "x.example"),
        (
            "skos:exactMatch",
            "link: address",
            ("https://x.example/a", "<https://x.example/a>"),
            "javascript:1",
        ),
        ("cg:fundedUnder", "link: id", ("programme/cosme", "/id/programme/cosme>"), "programme/other"),
        ("cg:fundedUnder", "link: id", ("programme/cosme", "/id/programme/cosme>"), "<https://x.example>"),
        ("cg:basedIn", "link: nuts", ("DE11", "/id/region/de11>"), "DE99"),
        ("cg:basedIn", "link: nuts, version: '2021'", ("DE11", "/id/region/de11>"), "DE99"),
        ("cg:basedIn", "link: nuts, version: '2024'", ("DE11", "/id/region/de11>"), "DE99"),
    ],
)
def test_a_value_is_of_the_kind_that_the_mapping_says(
    tmp_path: Path, predicate: str, way: str, good: tuple[str, str], bad: str
) -> None:
    mapping = TYPED.format(predicate=predicate, way=way)
    quads, faults = imported(tmp_path, f"Name;Value\nSynthetic;{good[0]}\n", mapping)
    assert faults == []
    written = [str(quad.object) for quad in quads if quad.predicate.value == iris.expand(predicate)]
    assert [good[1] in text for text in written] == [True]
    quads, faults = imported(tmp_path, f"Name;Value\nSynthetic;{bad}\n", mapping)
    assert [(fault.row, fault.column) for fault in faults] == [(2, "Value")]
    assert not quads


REPEATED = """\
title: Synthetic
about: {iri: "project/{Id}", class: cg:Project, label: Name, repeated: true}
columns: {Word: {property: skos:altLabel, language: en}}
"""


def test_rows_that_repeat_a_thing_add_to_it_if_they_agree_on_its_name(tmp_path: Path) -> None:
    table = "Id;Name;Word\n1;Synthetic;a\n1;Synthetic;b\n2;Other;c\n1;Different;d\n"
    quads, faults = imported(tmp_path, table, REPEATED)
    assert [(fault.row, "had another label" in fault.message) for fault in faults] == [(5, True)]
    words = {str(quad.object) for quad in quads if quad.predicate.value == f"{iris.SKOS}altLabel"}
    assert words == {'"a"@en', '"b"@en', '"c"@en'}


def test_rows_of_one_thing_are_seen_as_duplicates_where_the_mapping_allows_none(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_text("Id;Name;Word\n1;Synthetic;a\n1;Synthetic;b\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(REPEATED.replace("true", "false"), encoding="utf-8")
    context = ImportContext(graph="synthetic", options={"mapping": (str(tmp_path / "m.yaml"),)})
    batches = list(MappedImporter(vocabulary, Map).read(ImportInput(path, path.name), context))
    keys = [key for batch in batches for _, key in batch.subjects]
    assert (len(keys), len(set(keys))) == (2, 1)


HOSTILE = [
    "x> <https://w3id.org/clustergraph/id/programme/cosme> <y",
    '"@en . <a:b> <c:d> <e:f> .',
    "x\\u003E <a:b> <c:d>",
    "../../programme/cosme",
    "a\r\n<s:s> <p:p> <o:o> .",
    "{Country}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_cannot_write_a_statement_of_its_own(tmp_path: Path, text: str) -> None:
    cell = '"' + text.replace('"', '""') + '"'
    quads, faults = imported(tmp_path, f"Id;Name;Word\n{cell};{cell};{cell}\n", REPEATED)
    assert faults == []
    things = {quad.subject.value for quad in quads if "/id/project/" in quad.subject.value}
    assert things == {f"{iris.CGI}project/{slug(text)}"}
    assert {quad.graph_name.value for quad in quads} == {iris.graph("synthetic")}
    words = [quad.object.value for quad in quads if quad.predicate.value == f"{iris.SKOS}altLabel"]
    assert words == [text]


@given(st.text())
def test_a_slug_is_empty_or_part_of_an_identifier(text: str) -> None:
    made = slug(text)
    assert made == "" or iris.thing(f"project/{made}") == f"{iris.CGI}project/{made}"


def test_a_hostile_address_is_refused(tmp_path: Path) -> None:
    mapping = TYPED.format(predicate="skos:exactMatch", way="link: address")
    for text in ("https://x.example/> <a:b> <c:d", "https://x.example/\\u003E", "https://x.example/{a}"):
        quads, faults = imported(tmp_path, f'Name;Value\nSynthetic;"{text}"\n', mapping)
        assert [(fault.row, fault.column) for fault in faults] == [(2, "Value")]
        assert not quads


def test_without_a_mapping_file_the_remedy_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_text(TABLE)
    batches = list(
        MappedImporter(vocabulary, Map).read(ImportInput(path, path.name), ImportContext(graph="synthetic"))
    )
    assert "--mapping" in batches[0].faults[0].fix
