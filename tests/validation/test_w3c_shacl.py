"""The W3C SHACL test suite, run in process with each engine; results are compared as the suite demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.report import ValidationResult, read_report
from clustergraph.build.validation import Engine, validate
from clustergraph.errors import UnusableInput

SUITE = Path(__file__).resolve().parents[3] / "shared" / "w3c" / "shacl" / "tests"
MANIFEST = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
TESTS = "http://www.w3.org/ns/shacl-test#"
SHACL = "http://www.w3.org/ns/shacl#"

ENGINES: dict[str, Engine] = {
    "pyshacl": pyshacl_engine.report_graph,
    "pyshacl-turbo": turbo_engine.report_graph,
}
#: Tests that an engine is known to fail, with the reason; one that starts to pass must go.
KNOWN_FAILURES: dict[str, dict[str, str]] = {
    "pyshacl": {
        "sparql/pre-binding/shapesGraph-001": "the optional variable $shapesGraph is refused (SHACL 5.3.1)",
    },
    "pyshacl-turbo": {},
}
needs_suite = pytest.mark.skipif(
    not SUITE.is_dir(), reason="the W3C SHACL test suite is not beside the repository"
)


@dataclass(frozen=True)
class Case:
    """One entry: its files, and the report that is expected, or None where validation must fail."""

    name: str
    data: Path
    shapes: Path
    manifest: Path
    fails: bool


def entries() -> Iterator[Case]:
    """Every test of the suite that some manifest includes."""
    if not SUITE.is_dir():
        return
    seen = [SUITE / "manifest.ttl"]
    for manifest in seen:
        graph = read(manifest)
        for quad in graph:
            if quad.predicate.value == f"{MANIFEST}include":
                seen.append(path_of(quad.object))
        for action in (quad for quad in graph if quad.predicate.value == f"{MANIFEST}action"):
            (data,) = values(graph, action.object, f"{TESTS}dataGraph")
            (shapes,) = values(graph, action.object, f"{TESTS}shapesGraph")
            (result,) = values(graph, action.subject, f"{MANIFEST}result")
            yield Case(
                name=str(path_of(action.subject).relative_to(SUITE)),
                data=path_of(data),
                shapes=path_of(shapes),
                manifest=manifest,
                fails=result == ox.NamedNode(f"{TESTS}Failure"),
            )


def read(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=path.as_uri()))


def path_of(term: object) -> Path:
    assert isinstance(term, ox.NamedNode)
    return Path(term.value.removeprefix("file://"))


def values(graph: list[ox.Quad], subject: object, predicate: str) -> list[object]:
    return [quad.object for quad in graph if quad.subject == subject and quad.predicate.value == predicate]


CASES = list(entries())


def outcome(case: Case, engine: Engine) -> str:
    """`pass`, or what is wrong."""
    graphs = {path: read(path) for path in {case.data, case.shapes, case.manifest}}
    try:
        report = validate(graphs[case.data], graphs[case.shapes], engine=engine)
    except UnusableInput as failure:
        return "pass" if case.fails else f"failed: {failure}"
    if case.fails:
        return "a failure was expected"
    manifest = graphs[case.manifest]
    stated = read_report((quad.triple for quad in manifest), ())
    expected, found = signatures(stated.results, case), signatures(report.results, case)
    if expected != found:
        return f"missing {expected - found}, superfluous {found - expected}"
    conforms = [quad.object for quad in manifest if quad.predicate.value == f"{SHACL}conforms"]
    return "pass" if conforms == [ox.Literal(report.conforms)] else f"conforms is {report.conforms}"


def signatures(results: tuple[ValidationResult, ...], case: Case) -> Counter[tuple[str | None, ...]]:
    """Results by what the suite compares; blank nodes of another file have other names."""
    named = case.data == case.shapes == case.manifest

    def known(text: str | None) -> str | None:
        return "_:" if text is not None and text.startswith("_:") and not named else text

    return Counter(
        (
            known(result.focus),
            result.path,
            known(result.value),
            result.component,
            result.severity_iri,
            known(result.shape),
        )
        for result in results
    )


@needs_suite
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_the_result_is_that_of_the_specification(case: Case, engine: str) -> None:
    result = outcome(case, ENGINES[engine])
    if case.name in KNOWN_FAILURES[engine]:
        assert result != "pass", f"{case.name} passes now: remove it from the known failures"
    else:
        assert result == "pass"


@needs_suite
@pytest.mark.parametrize("engine", ENGINES)
def test_the_suite_is_complete(engine: str, record_property: Callable[[str, object], None]) -> None:
    assert len(CASES) == 120
    assert set(KNOWN_FAILURES[engine]) <= {case.name for case in CASES}
    record_property(f"w3c_shacl_{engine}", f"{len(CASES) - len(KNOWN_FAILURES[engine])} of {len(CASES)}")
