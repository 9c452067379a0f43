"""A small query library in a temporary directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SOUND = """\
#+ summary: Which calls close between two days?
#+ description: >-
#+   Deadlines as the decks state them.
#+ number: 15
#+ answerable: decks
#+ first_page: true
#+ parameters:
#+   from: {type: date, summary: the first day, default: 2019-01-01}
#+   role:
#+     type: iri
#+     summary: a role of clusters
#+     default: circular-economy
#+     choices: {scheme: cluster-role}
#+   word: {type: string, summary: a word of the quote}
#+   least: {type: integer, summary: the least number, default: 1}
#+ columns:
#+   call: the call
#+   closes: {meaning: its deadline, derived: the later of two days}
PREFIX cg: <https://w3id.org/clustergraph/ontology#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

# VALUES ?word { "a comment is no block" }
SELECT ?call ?closes WHERE {
  VALUES ?from { "2019-01-01"^^xsd:date }
  VALUES ?role { <https://w3id.org/clustergraph/def/cluster-role/circular-economy> }
  VALUES ?least { 1 }
  ?call cg:deadline ?closes .
  ?call cg:rawText ?quote .
  ?call cg:addressesRole ?role .
  ?call cg:count ?n .
  FILTER(?closes >= ?from && ?n >= ?least)
  {
    VALUES ?word { 'budget } VALUES ?word { "x" }' }
    ?call cg:rawText ?quote .
    FILTER(CONTAINS(?quote, ?word))
  }
}
ORDER BY ?closes
"""


@pytest.fixture(scope="session")
def sound() -> str:
    """A query file without a fault."""
    return SOUND


@pytest.fixture
def library(tmp_path: Path) -> Path:
    directory = tmp_path / "queries"
    directory.mkdir()
    return directory


@pytest.fixture
def write(library: Path) -> Callable[..., Path]:
    """Write query files, given as name → text, into the library."""

    def write_files(**files: str) -> Path:
        for name, text in files.items():
            path = library / f"{name.replace('_', '-').replace('--', '/')}.rq"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return library

    return write_files
