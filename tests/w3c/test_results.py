"""CONSTRUCT (SPARQL 1.1 Query section 16.2) and the result formats JSON, CSV and TSV."""

from __future__ import annotations

import pytest

from w3c.asking import answers, assert_as_known
from w3c.datasets import quads
from w3c.servers import Servers
from w3c.suite import SuiteTest, evaluation_tests, needs_suite

pytestmark = needs_suite


@pytest.mark.parametrize(
    "test", evaluation_tests("construct", "csv-tsv-res", "json-res"), ids=lambda test: test.name
)
def test_is_right_in_every_format(servers: Servers, test: SuiteTest) -> None:
    client = servers.over(test.data, lambda: quads(test.data))
    assert_as_known(test, answers(client, test))
