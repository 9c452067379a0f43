"""docs/conformance.md says what the tables and the suite say, no more and no less."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
import rdflib
from rdflib import RDF

from protocol.test_w3c_protocol import TESTS as PROTOCOL_TESTS
from w3c.deviations import KNOWN_DEVIATIONS, RIGHT_BY_VALUE
from w3c.suite import (
    DIRECTORY,
    EVALUATION,
    FOLDERS,
    NEGATIVE_SYNTAX,
    POSITIVE_SYNTAX,
    evaluation_tests,
    fingerprint,
    needs_suite,
    suite_tests,
    syntax_tests,
)
from w3c.test_dataset import TESTS as DATASET_TESTS

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
TEXT: Final = DOCUMENT.read_text(encoding="utf-8")
_ROW: Final = re.compile(
    r"^\| \[([\w#-]+)\]\((http[^)]+)\) \| \[(test_\w+\.py)\]\(([^)]+)\) \| (.+) \|$", re.M
)


def section(title: str) -> str:
    """The part of the document under a heading."""
    return TEXT.split(f"### {title}\n")[1].split("\n#")[0]


@pytest.mark.parametrize(
    ("title", "table"),
    [
        ("Where the answer is not the one expected", KNOWN_DEVIATIONS),
        ("Where the answer is right but written in another way", RIGHT_BY_VALUE),
    ],
)
def test_each_deviation_stands_in_the_document_with_its_reason(title: str, table: dict[str, str]) -> None:
    assert {row[1]: row[4] for row in _ROW.findall(section(title))} == table


def test_each_deviation_points_to_the_test_that_holds_it() -> None:
    rows = _ROW.findall(TEXT)
    assert len(rows) == len(KNOWN_DEVIATIONS) + len(RIGHT_BY_VALUE)
    for name, iri, file, link, _ in rows:
        folder, _, local = name.partition("#")
        assert iri.endswith(f"/{folder}/manifest#{local}")
        holder = (DOCUMENT.parent / link).resolve()
        assert holder == Path(__file__).with_name(file)
        held = holder.read_text(encoding="utf-8")
        assert f'"{folder}"' in held or (folder == "syntax-query" and "syntax_tests(" in held)


@needs_suite
def test_every_deviation_is_a_test_of_the_suite() -> None:
    known = {test.iri for test in suite_tests(*FOLDERS)}
    assert known >= KNOWN_DEVIATIONS.keys() | RIGHT_BY_VALUE.keys()
    assert not KNOWN_DEVIATIONS.keys() & RIGHT_BY_VALUE.keys()


@needs_suite
def test_every_evaluation_test_is_asked_by_one_file_and_only_one() -> None:
    asked = Counter(
        folder
        for path in Path(__file__).parent.glob("test_*.py")
        for folders in re.findall(
            r"parametrize\(\s*\"test\", evaluation_tests\(([^)]+)\)", path.read_text(encoding="utf-8")
        )
        for folder in re.findall(r'"([\w-]+)"', folders)
    )
    assert asked == Counter({test.data.folder for test in evaluation_tests()})


@needs_suite
def test_at_least_326_of_the_338_query_tests_pass_and_the_document_says_how_many() -> None:
    parts = (evaluation_tests(), syntax_tests(POSITIVE_SYNTAX), syntax_tests(NEGATIVE_SYNTAX))
    scores = [(sum(test.iri not in KNOWN_DEVIATIONS for test in part), len(part)) for part in parts]
    passed, size = (sum(column) for column in zip(*scores, strict=True))
    assert passed >= 326
    assert size == len(suite_tests(*FOLDERS)) == 338
    stated = re.findall(r"^\| Query: [^|]+\| (\d+) \| (\d+) \|", TEXT, re.M)
    assert [(int(one), int(other)) for one, other in stated] == scores
    assert f"| **{passed}** | **{size}** |" in TEXT
    assert (len(KNOWN_DEVIATIONS), len(RIGHT_BY_VALUE)) == (12, 20)
    assert f"The {len(DATASET_TESTS)} evaluation tests whose query chooses no dataset itself" in TEXT


@needs_suite
def test_the_tests_of_protocol_and_service_description_are_counted() -> None:
    for name, count in (("Protocol", len(PROTOCOL_TESTS)), ("Service Description", 3)):
        assert re.search(rf"^\| {name}[^|]*\| {count} \| {count} \|", TEXT, re.M)
    assert kinds("service-description").total() == 3


@needs_suite
def test_the_figures_belong_to_this_content_of_the_suite() -> None:
    assert re.findall(r"^[0-9a-f]{64}$", TEXT, re.M) == [fingerprint()]


@needs_suite
def test_what_is_out_of_scope_is_counted() -> None:
    counts = {
        folder: kinds(folder)
        for folder in sorted(path.parent.name for path in DIRECTORY.glob("*/manifest.ttl"))
    }
    in_scope = {*FOLDERS, "protocol", "service-description"}
    federated = {"service", "syntax-fed"}
    store = {"graph-store-protocol", "http-rdf-update"}
    updates = counts.keys() - in_scope - federated - store - {"entailment"}
    expected = {
        "Update": sum(counts[folder].total() for folder in updates),
        "Protocol: updates that succeed": counts["protocol"].total() - len(PROTOCOL_TESTS),
        "Graph Store HTTP Protocol": sum(counts[folder].total() for folder in store),
        "Federated Query": sum(counts[folder].total() for folder in federated),
        "Entailment Regimes": counts["entailment"].total(),
    }
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| ", section("What is out of scope"), re.M)
    assert {name: int(number) for name, number in rows} == expected
    kind = sum((counts[folder] for folder in updates), Counter())
    ill_formed = kind["NegativeUpdateSyntaxTest11"] + kind[NEGATIVE_SYNTAX]
    assert (
        f"({kind['UpdateEvaluationTest']} evaluation, {kind['PositiveUpdateSyntaxTest11']} well-formed, "
        f"{ill_formed} ill-formed.)" in TEXT
    )
    assert f"({counts['service'].total()} evaluation, {counts['syntax-fed'].total()} syntax.)" in TEXT


@needs_suite
def test_the_338_are_counted_by_type_and_their_manifests_named() -> None:
    total = sum((kinds(folder) for folder in FOLDERS), Counter())
    for kind in (*EVALUATION, POSITIVE_SYNTAX, NEGATIVE_SYNTAX):
        assert re.search(rf"\b{total[kind]}(?: of\s+type)?\s+`{kind}`", TEXT), kind
    named = TEXT.split("The 338 are the tests of the manifests")[1].split(":")[0]
    assert re.findall(r"`([\w-]+)`", named) == list(FOLDERS)


def kinds(folder: str) -> Counter[str]:
    """How many tests of each type the manifests of a folder have."""
    found: Counter[str] = Counter()
    for manifest in (DIRECTORY / folder).glob("manifest*.ttl"):
        graph = rdflib.Graph().parse(manifest, publicID="http://example.org/manifest")
        found.update(
            name
            for kind in graph.objects(None, RDF.type)
            if re.search(r"Test(11)?$", name := str(kind).partition("#")[2])
        )
    return found
