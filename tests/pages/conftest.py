from __future__ import annotations

from collections.abc import Iterator

import pytest

from clustergraph.library.query import NamedQuery, load_queries
from clustergraph.snapshot import Release
from protocol.serving import Service, application, release_application, settings

HOSTILE = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
ex:script rdfs:label "<script>alert(1)</script>"@en ; ex:says "<img src=x onerror=alert(2)>" .
ex:quote rdfs:label "\\"><b onmouseover='alert(3)'>"@en .
ex:link ex:seeAlso <javascript:alert(4)> , <data:text/html,hello> .
ex:many rdfs:label "German"@de , "none" , "English"@en .
ex:concept skos:prefLabel "A concept"@en ; ex:size 22850000 ; ex:share 7.24 .
"""

QUERY = """\
#+ summary: What does <b>a thing</b> say?
#+ description: One row for each statement & its value.
#+ answerable: decks
#+ first_page: true
#+ parameters:
#+   thing:
#+     type: iri
#+     summary: The thing that is asked about
#+     default: http://example.org/script
#+ columns:
#+   property: What is said.
#+   value:
#+     meaning: The value of it.
#+     derived: nothing, it is as stated
SELECT ?property ?value WHERE {
  VALUES ?thing { <http://example.org/script> }
  ?thing ?property ?value .
}
ORDER BY ?property ?value
"""


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over data and a query that try to be markup."""
    directory = tmp_path_factory.mktemp("hostile")
    data = directory / "hostile.ttl"
    data.write_text(HOSTILE, encoding="utf-8")
    library = directory / "queries"
    library.mkdir()
    (library / "statements.rq").write_text(QUERY, encoding="utf-8")
    with Service(application(data, settings(), None, load_queries(library))) as running:
        yield running


@pytest.fixture(scope="session")
def questions(release: Release) -> dict[str, NamedQuery]:
    return load_queries(release.directory / "queries")


@pytest.fixture(scope="session")
def released(release: Release, questions: dict[str, NamedQuery]) -> Iterator[Service]:
    """A service over the real release with the real queries."""
    with Service(release_application(release, settings(), questions)) as running:
        yield running
