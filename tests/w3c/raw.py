"""The suite asked of pyoxigraph itself, without guard, processes or HTTP: what the engine alone is worth."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from w3c.datasets import quads
from w3c.suite import Data, SuiteTest, expected
from w3c.verdicts import Verdict, formats_for, verdict, worst

_FORMATS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@lru_cache(maxsize=1)
def store(data: Data) -> ox.Store:
    """The dataset of a test in a store; the tests of one dataset come together."""
    loaded = ox.Store()
    loaded.extend(quads(data))
    return loaded


def raw_verdict(test: SuiteTest) -> Verdict:
    """What the engine's own answers to a test are worth, the worst of all formats."""
    found = []
    for name in formats_for(expected(test)):
        result = store(test.data).query(test.query, base_iri=test.base)
        found.append(verdict(test, name, result.serialize(format=_FORMATS[name]) or b""))  # type: ignore[arg-type]
    return worst(found)


def raw_answers(test: SuiteTest) -> bool:
    """Whether the engine itself answers the query of a test of syntax."""
    try:
        ox.Store().query(test.query, base_iri=test.base)
    except (SyntaxError, RuntimeError):
        return False
    return True
