from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.serving import Service, application, settings

DATA = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:one a ex:Thing ; rdfs:label "Eins"@de , "One"@en ; ex:size 1 .
ex:two a ex:Thing ; rdfs:label "<script>alert('two')</script>" ; ex:size 22850000 .
GRAPH ex:first { ex:one a ex:Thing }
GRAPH ex:second { ex:two a ex:Thing }
"""


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "small.trig"
    path.write_text(DATA, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def service(data_file: Path) -> Iterator[Service]:
    with Service(application(data_file, settings(query_length_kib=8))) as running:
        yield running
