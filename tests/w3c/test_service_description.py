"""The three W3C tests of SPARQL 1.1 Service Description, over real servers.

The suite names them and leaves the method open; the terms, domains and ranges are those of the vocabulary
(SPARQL 1.1 Service Description section 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
import rdflib
from rdflib import RDF, Namespace, URIRef

from w3c.asking import MEDIA_TYPES
from w3c.datasets import quads
from w3c.formats import GRAPH_FORMATS, read_rdf
from w3c.servers import Servers
from w3c.suite import DIRECTORY, MF, Data, evaluation_tests, needs_suite

pytestmark = needs_suite

SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")
SYNTAX: Final = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld"}
#: Property: (domain, range); a graph collection is what a dataset or availableGraphs is.
SCHEMA: Final = {
    "endpoint": ("Service", None),
    "feature": ("Service", "Feature"),
    "defaultEntailmentRegime": ("Service", "EntailmentRegime"),
    "entailmentRegime": ("NamedGraph", "EntailmentRegime"),
    "defaultSupportedEntailmentProfile": ("Service", "EntailmentProfile"),
    "supportedEntailmentProfile": ("NamedGraph", "EntailmentProfile"),
    "extensionFunction": ("Service", "Function"),
    "extensionAggregate": ("Service", "Aggregate"),
    "languageExtension": ("Service", "Feature"),
    "supportedLanguage": ("Service", "Language"),
    "propertyFeature": ("Service", "Feature"),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "resultFormat": ("Service", None),
    "inputFormat": ("Service", None),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
CLASSES: Final = {each for pair in SCHEMA.values() for each in pair if each}
INSTANCES: Final = {
    "SPARQL10Query": "Language",
    "SPARQL11Query": "Language",
    "SPARQL11Update": "Language",
    "DereferencesURIs": "Feature",
    "UnionDefaultGraph": "Feature",
    "RequiresDataset": "Feature",
    "EmptyGraphs": "Feature",
    "BasicFederatedQuery": "Feature",
}
#: Vocabularies of their own, whose terms are instances.
REGIMES: Final = {
    "http://www.w3.org/ns/entailment/": "EntailmentRegime",
    "http://www.w3.org/ns/owl-profile/": "EntailmentProfile",
}
SUBCLASSES: Final = {"Dataset": "GraphCollection"}
DATA: Final = max(
    (test.data for test in evaluation_tests()), key=lambda each: len(each.named), default=Data("")
)


@pytest.fixture
def client(servers: Servers) -> httpx.Client:
    return servers.over(DATA, lambda: quads(DATA))


@pytest.fixture(params=GRAPH_FORMATS)
def described(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[rdflib.Graph]:
    response = client.get("/sparql", headers={"Accept": MEDIA_TYPES[request.param]})
    assert response.status_code == 200, response.text
    yield read_rdf(response.content, SYNTAX[request.param])


def test_the_suite_has_the_three_tests_held_here() -> None:
    manifest = rdflib.Graph().parse(
        DIRECTORY / "service-description" / "manifest.ttl", publicID="http://example.org/manifest"
    )
    named = {str(test).partition("#")[2] for test in manifest.subjects(RDF.type, MF.ServiceDescriptionTest)}
    assert named == {"returns-rdf", "has-endpoint-triple", "conforms-to-schema"}


def test_returns_rdf(client: httpx.Client) -> None:
    response = client.get("/sparql", headers={"Accept": "text/turtle, application/rdf+xml;q=0.9"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/turtle")
    assert len(read_rdf(response.content, "turtle")) > 0


def test_has_endpoint_triple(client: httpx.Client, described: rdflib.Graph) -> None:
    endpoint = URIRef(str(client.base_url).rstrip("/") + "/sparql")
    assert list(described.objects(None, SD.endpoint)) == [endpoint]
    assert (described.value(None, SD.endpoint, endpoint), RDF.type, SD.Service) in described


def test_conforms_to_schema(described: rdflib.Graph) -> None:
    def is_a(node: rdflib.term.Node, wanted: str) -> bool:
        if isinstance(node, URIRef) and INSTANCES.get(node.removeprefix(str(SD))) == wanted:
            return True
        if any(str(node).startswith(base) and kind == wanted for base, kind in REGIMES.items()):
            return True
        types = {str(each).removeprefix(str(SD)) for each in described.objects(node, RDF.type)}
        return wanted in types or wanted in {SUBCLASSES.get(each) for each in types}

    terms = {node for triple in described for node in triple if str(node).startswith(str(SD))}
    known = SCHEMA.keys() | CLASSES | INSTANCES.keys()
    assert {str(term).removeprefix(str(SD)) for term in terms} <= known
    for name, (domain, range_) in SCHEMA.items():
        for subject, value in described.subject_objects(SD[name]):
            assert is_a(subject, domain), f"the subject of sd:{name} is no sd:{domain}"
            assert isinstance(value, URIRef) or range_ is not None, f"sd:{name} has no IRI"
            assert range_ is None or is_a(value, range_), f"the value of sd:{name} is no sd:{range_}"


def test_the_graphs_described_are_the_graphs_served(described: rdflib.Graph) -> None:
    assert {str(name) for name in described.objects(None, SD.name)} == {DATA.iri(file) for file in DATA.named}
