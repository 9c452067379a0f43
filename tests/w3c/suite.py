"""The W3C test suite of SPARQL 1.1, read from its manifests; it is not part of this repository."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import rdflib
from rdflib import RDF, Namespace
from rdflib.collection import Collection

from w3c.formats import as_written, read_csv, read_json, read_tsv, read_xml
from w3c.terms import Result, Table, Term, of_rdflib

DIRECTORY: Final = Path(__file__).resolve().parents[3] / "shared" / "w3c" / "sparql" / "sparql11"
#: Where the suite is published: its files have these IRIs, and its tests have names under them.
BASE: Final = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11"

MF: Final = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT: Final = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS: Final = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")

#: The folders with the query tests of SPARQL 1.1 Query and of its result formats.
FOLDERS: Final = (
    *("aggregates", "bind", "bindings", "cast", "construct", "csv-tsv-res", "exists", "functions"),
    *("grouping", "json-res", "negation", "project-expression", "property-path", "subquery"),
    "syntax-query",
)
POSITIVE_SYNTAX: Final = "PositiveSyntaxTest11"
NEGATIVE_SYNTAX: Final = "NegativeSyntaxTest11"
EVALUATION: Final = ("QueryEvaluationTest", "CSVResultFormatTest")

needs_suite = pytest.mark.skipif(
    not DIRECTORY.is_dir(), reason="the W3C suite of SPARQL 1.1 is not beside the repository"
)


@dataclass(frozen=True, slots=True, order=True)
class Data:
    """The dataset of a test: files of a folder for its default graph, and for graphs named as the files."""

    folder: str
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def iri(self, file: str) -> str:
        return f"{BASE}/{self.folder}/{file}"

    def path(self, file: str) -> Path:
        return DIRECTORY / self.folder / file


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """One test of a query; `result` is the file with the expected result, None of a test of syntax."""

    iri: str
    kind: str
    data: Data
    query_file: str
    result: str | None

    @property
    def name(self) -> str:
        """Folder and name, such as `aggregates#agg01`: what documents and test reports call it."""
        folder, _, name = self.iri.removeprefix(f"{BASE}/").partition("/manifest#")
        return f"{folder}#{name}"

    @property
    def query(self) -> str:
        return self.data.path(self.query_file).read_bytes().decode("utf-8")

    @property
    def base(self) -> str:
        """The base IRI of the query: the IRI of the file it stands in."""
        return self.data.iri(self.query_file)


@cache
def suite_tests(*folders: str) -> tuple[SuiteTest, ...]:
    """The query tests of folders, those of one dataset together; none where the suite is absent."""
    if not DIRECTORY.is_dir():
        return ()
    return tuple(
        sorted(
            (test for folder in folders for test in _read_manifest(folder)),
            key=lambda test: (test.data, test.iri),
        )
    )


def evaluation_tests(*folders: str) -> tuple[SuiteTest, ...]:
    return tuple(test for test in suite_tests(*(folders or FOLDERS)) if test.kind in EVALUATION)


def syntax_tests(kind: str) -> tuple[SuiteTest, ...]:
    return tuple(test for test in suite_tests(*FOLDERS) if test.kind == kind)


def _read_manifest(folder: str) -> Iterable[SuiteTest]:
    base = f"{BASE}/{folder}/manifest"
    graph = rdflib.Graph().parse(DIRECTORY / folder / "manifest.ttl", publicID=base)
    for entries in graph.objects(None, MF.entries):
        for test in Collection(graph, entries):
            yield _read_test(graph, test, folder)


def _read_test(graph: rdflib.Graph, test: rdflib.term.Node, folder: str) -> SuiteTest:
    kind = str(graph.value(test, RDF.type)).partition("#")[2]
    action = graph.value(test, MF.action)
    result = graph.value(test, MF.result)
    evaluated = kind in EVALUATION

    def files(*nodes: rdflib.term.Node) -> tuple[str, ...]:
        return tuple(sorted(str(node).removeprefix(f"{BASE}/{folder}/") for node in nodes))

    data = Data(folder, files(*graph.objects(action, QT.data)), files(*graph.objects(action, QT.graphData)))
    query = graph.value(action, QT.query) if evaluated else action
    assert query is not None, test
    return SuiteTest(str(test), kind, data, files(query)[0], files(result)[0] if result else None)


@cache
def expected(test: SuiteTest) -> Result:
    """The result that the suite expects of a test; of a `.csv` only what CSV carries."""
    assert test.result is not None
    path = test.data.path(test.result)
    if path.suffix == ".ttl":
        with as_written():
            graph = rdflib.Graph().parse(path, publicID=test.data.iri(test.result))
        return _result_set(graph) or frozenset(
            (of_rdflib(s), of_rdflib(p), of_rdflib(o)) for s, p, o in graph
        )
    readers = {".srx": read_xml, ".srj": read_json, ".tsv": read_tsv, ".csv": read_csv}
    body = path.read_bytes()
    if path.suffix == ".csv":
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return readers[path.suffix](body)


def _result_set(graph: rdflib.Graph) -> Table | None:
    """The table that a graph describes in the vocabulary of result sets, None where it describes none."""
    result = graph.value(None, RDF.type, RS.ResultSet)
    if result is None:
        return None
    assert (None, RS["index"], None) not in graph, "an expected result with an order"
    variables = tuple(sorted(str(name) for name in graph.objects(result, RS.resultVariable)))
    rows = []
    for solution in graph.objects(result, RS.solution):
        bound: dict[str, Term] = {
            str(graph.value(binding, RS.variable)): of_rdflib(graph.value(binding, RS.value))
            for binding in graph.objects(solution, RS.binding)
        }
        rows.append(tuple(bound.get(name) for name in variables))
    return Table(variables, tuple(rows))


def fingerprint() -> str:
    """SHA-256 over the names and contents of the files of the query tests, in the order of their names."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((DIRECTORY / folder).iterdir()):
            digest.update(f"{folder}/{path.name}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
