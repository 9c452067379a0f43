"""What this endpoint leaves out of SPARQL 1.1 it refuses, by a status and in words; it never pretends."""

from __future__ import annotations

import pytest

from w3c.asking import ask
from w3c.servers import Servers
from w3c.suite import DIRECTORY, needs_suite

pytestmark = needs_suite

FEDERATED = sorted(path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.glob("s*-fed/*.rq")) + sorted(
    path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.glob("service/*.rq")
)
UPDATES = sorted(path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.glob("*/*.ru"))


@pytest.mark.parametrize("file", FEDERATED)
def test_a_federated_query_is_refused(servers: Servers, file: str) -> None:
    response = ask(servers.over("nothing", list), (DIRECTORY / file).read_text(encoding="utf-8"), "*/*")
    assert response.status_code == 403, response.text
    assert "SERVICE" in response.json()["detail"]


@pytest.mark.parametrize("file", UPDATES)
def test_an_update_is_refused_as_a_query_and_as_an_update(servers: Servers, file: str) -> None:
    client = servers.over("nothing", list)
    text = (DIRECTORY / file).read_text(encoding="utf-8")
    as_query = ask(client, text, "*/*")
    assert as_query.status_code in (400, 403), as_query.text
    as_update = client.post(
        "/sparql", content=text.encode(), headers={"Content-Type": "application/sparql-update"}
    )
    assert as_update.status_code in (400, 403), as_update.text
    assert "read-only" in as_update.text
