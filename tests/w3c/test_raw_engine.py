"""The suite asked of the engine alone: each deviation of the endpoint is the engine's, and no other is."""

from __future__ import annotations

import pytest

from w3c.deviations import KNOWN_DEVIATIONS, known_verdict
from w3c.raw import raw_answers, raw_verdict
from w3c.suite import NEGATIVE_SYNTAX, POSITIVE_SYNTAX, SuiteTest, evaluation_tests, needs_suite, syntax_tests

pytestmark = needs_suite


@pytest.mark.parametrize("test", evaluation_tests(), ids=lambda test: test.name)
def test_the_engine_alone_is_as_right_as_the_endpoint(test: SuiteTest) -> None:
    assert raw_verdict(test) is known_verdict(test)


@pytest.mark.parametrize("test", syntax_tests(POSITIVE_SYNTAX), ids=lambda test: test.name)
def test_the_engine_alone_answers_what_the_endpoint_answers(test: SuiteTest) -> None:
    assert raw_answers(test) is (test.iri not in KNOWN_DEVIATIONS)


@pytest.mark.parametrize("test", syntax_tests(NEGATIVE_SYNTAX), ids=lambda test: test.name)
def test_the_engine_alone_refuses_what_the_endpoint_refuses(test: SuiteTest) -> None:
    assert not raw_answers(test)
