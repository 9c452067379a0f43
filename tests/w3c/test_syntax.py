"""The grammar (SPARQL 1.1 Query section 19): what is well-formed is answered, what is not is refused."""

from __future__ import annotations

import pytest

from w3c.asking import ask
from w3c.deviations import KNOWN_DEVIATIONS
from w3c.servers import Servers
from w3c.suite import NEGATIVE_SYNTAX, POSITIVE_SYNTAX, SuiteTest, needs_suite, syntax_tests

pytestmark = needs_suite


@pytest.mark.parametrize("test", syntax_tests(POSITIVE_SYNTAX), ids=lambda test: test.name)
def test_a_well_formed_query_is_answered(servers: Servers, test: SuiteTest) -> None:
    response = ask(servers.over("nothing", list), test.query, "*/*", way="POST query")
    if test.iri in KNOWN_DEVIATIONS:
        assert response.status_code == 400
        assert "There is no function" in response.text
    else:
        assert response.status_code == 200, response.text


@pytest.mark.parametrize("test", syntax_tests(NEGATIVE_SYNTAX), ids=lambda test: test.name)
def test_an_ill_formed_query_is_a_400_that_says_so(servers: Servers, test: SuiteTest) -> None:
    response = ask(servers.over("nothing", list), test.query, "*/*", way="POST query")
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]
