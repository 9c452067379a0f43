"""The W3C tests of the SPARQL 1.1 Protocol, run from their manifest.

Those of updates that should succeed are left out, for the endpoint is read-only; those of updates that
should fail must fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from protocol.serving import Service, application, settings

SUITE = Path(__file__).resolve().parents[3] / "shared" / "w3c" / "sparql" / "sparql11" / "protocol"
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
FORMATS = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": ("application/sparql-results+json", "application/sparql-results+xml", "text/csv"),
    "RDF": ("text/turtle", "application/rdf+xml", "application/n-triples"),
}

pytestmark = pytest.mark.skipif(
    not SUITE.is_dir(), reason=f"the W3C suite is not beside the repository: {SUITE}"
)


def manifest() -> Graph:
    graph = Graph()
    if SUITE.is_dir():
        graph.parse(SUITE / "manifest.ttl", publicID=f"{SUITE.as_uri()}/manifest.ttl")
    return graph


MANIFEST = manifest()
TESTS = sorted(
    (
        test
        for test in MANIFEST.subjects(RDF.type, MF.ProtocolTest)
        if not str(test).partition("#")[2].startswith("update_")
    ),
    key=str,
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The suite's documents as named graphs under the labels its requests use."""
    documents = {
        str(MANIFEST.value(part, URIRef("http://www.w3.org/2000/01/rdf-schema#label"))): str(
            MANIFEST.value(part, UT.graph)
        )
        for part in MANIFEST.objects(None, UT.graphData)
    }
    data = tmp_path_factory.mktemp("w3c") / "data.nq"
    lines = [
        line.rstrip().removesuffix(".") + f"<{label}> .\n"
        for label, document in documents.items()
        for line in Path(document.removeprefix("file://")).read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    data.write_text("".join(lines), encoding="utf-8")
    with Service(application(data, settings())) as running:
        yield running


@pytest.mark.parametrize("test", TESTS, ids=lambda test: str(test).partition("#")[2])
def test_w3c(suite: Service, test: Node) -> None:
    connection = MANIFEST.value(test, MF.action)
    requests = list(Collection(MANIFEST, MANIFEST.value(connection, HT.requests)))
    assert requests
    for request in requests:
        check(MANIFEST.value(request, HT.resp), send(suite, request))


def send(suite: Service, request: Node) -> httpx.Response:
    headers = {
        str(MANIFEST.value(header, HT.fieldName)): str(MANIFEST.value(header, HT.fieldValue))
        for listed in MANIFEST.objects(request, HT.headers)
        for header in Collection(MANIFEST, listed)
    }
    body = MANIFEST.value(request, HT.body)
    content = None
    if body is not None:
        encoding = str(MANIFEST.value(body, CNT.characterEncoding))
        content = str(MANIFEST.value(body, CNT.chars)).encode(encoding)
    path = str(MANIFEST.value(request, HT.absolutePath))
    return suite.request(str(MANIFEST.value(request, HT.methodName)), path, headers=headers, content=content)


def check(expected: Node | None, response: httpx.Response) -> None:
    classes = {
        str(status).removeprefix("http://www.w3.org/2011/http-statusCodes#StatusCode")[0]
        for status in MANIFEST.objects(expected, MF.expectedStatus)
    }
    assert str(response.status_code)[0] in classes, response.text
    for kind in MANIFEST.objects(expected, MF.expectedFormat):
        assert response.headers["Content-Type"].partition(";")[0] in FORMATS[str(kind)]
    boolean = MANIFEST.value(expected, MF.expectedBoolean)
    if boolean is not None:
        assert response.json()["boolean"] is boolean.toPython()
