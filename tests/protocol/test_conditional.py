"""Entity tags and preconditions (RFC 9110 sections 8.8.3 and 13)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from clustergraph.service.conditional import (
    coded_etag,
    etag,
    matches,
    matches_strongly,
    precondition_status,
)

TAG = '"abc"'
_PARTS = st.lists(st.text(max_size=20), max_size=5)


@given(_PARTS, _PARTS)
def test_tags_are_equal_exactly_where_their_parts_are(one: list[str], other: list[str]) -> None:
    assert (etag(*one) == etag(*other)) == (one == other)


def test_parts_do_not_run_together() -> None:
    assert len({etag("ab", "c"), etag("a", "bc"), etag("abc"), etag("abc", ""), etag("", "abc")}) == 5


@given(_PARTS)
def test_a_tag_is_strong_and_of_128_bits(parts: list[str]) -> None:
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag(*parts))


def test_a_tag_is_the_same_in_every_process() -> None:
    """Front processes answer one address; a tag of one is a tag of all."""
    assert etag("release-1", "SELECT * {}") == '"ac0df3790a97109f19ce11b074692caa"'


def test_each_coding_has_a_tag_of_its_own() -> None:
    assert coded_etag(TAG, "gzip") == '"abc-gzip"'
    assert coded_etag(TAG, None) == TAG


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ("*", True),
        (" * ", True),
        ('"x", "abc"', True),
        ('"x","abc"', True),
        ('"x" ,\t"abc" ', True),
        ('W/"x", W/"abc"', True),
        (',, "abc",', True),
        ('"a,b", "abc"', True),
        ('nonsense, "abc"', True),
        ('"not closed, "abc"', False),
        ("", False),
        ("abc", False),
        ('"ABC"', False),
        ('"abcd"', False),
        ('"abc', False),
        ('w/"abc"', False),
        ('W/ "abc"', False),
        ('"x,"abc""', False),
        ('"x, \\"abc\\""', False),
        ('*, "x"', False),
        ('"a bc"', False),
    ],
)
def test_if_none_match_is_compared_weakly_and_its_invalid_members_are_ignored(
    if_none_match: str, expected: bool
) -> None:
    assert matches(if_none_match, TAG) is expected


@pytest.mark.parametrize(
    ("one", "other", "strong", "weak"),
    [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
    ],
)
def test_the_comparisons_of_rfc_9110_section_8_8_3_2(one: str, other: str, strong: bool, weak: bool) -> None:
    assert matches(one, other) is weak
    assert matches_strongly(one, other) is strong


def test_a_tag_with_a_comma_is_one_member() -> None:
    assert matches('"x", "a,b"', '"a,b"')
    assert not matches('"x,y", "z"', '"y"')


@given(st.text(alphabet='"W/, *abc\\\t', max_size=60))
def test_any_header_is_read(header: str) -> None:
    if matches(header, TAG) and header.strip(" \t") != "*":
        assert TAG in header


def test_a_hostile_list_is_read_in_linear_time() -> None:
    for header in ('"' * 60_001, "," * 60_000, '"a",' * 15_000 + '"', 'W/"' * 20_000):
        assert not matches(header, TAG)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"If-None-Match": '"abc"'}, 304),
        ("HEAD", {"If-None-Match": '"abc"'}, 304),
        ("POST", {"If-None-Match": '"abc"'}, 412),
        ("GET", {"If-None-Match": '"x"'}, 200),
        ("GET", {"If-Match": '"abc"'}, 200),
        ("GET", {"If-Match": '"x", "abc"'}, 200),
        ("GET", {"If-Match": "*"}, 200),
        ("GET", {"If-Match": '"x"'}, 412),
        ("GET", {"If-Match": 'W/"abc"'}, 412),
        ("GET", {"If-Match": '"x"', "If-None-Match": '"abc"'}, 412),
        ("GET", {"If-Match": '"abc"', "If-None-Match": '"abc"'}, 304),
        ("GET", {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ("GET", {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
    ],
)
def test_preconditions_in_the_order_of_rfc_9110_section_13_2_2(
    method: str, headers: dict[str, str], status: int
) -> None:
    assert precondition_status(method, Headers(headers), TAG) == status


def test_repeated_lines_are_one_list() -> None:
    headers = Headers(raw=[(b"if-none-match", b'"x"'), (b"if-none-match", b'"abc"')])
    assert precondition_status("GET", headers, TAG) == 304
