"""Content negotiation (RFC 9110 section 12.5.1) as a matrix of examples and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.negotiation import (
    CSV,
    FORMATS,
    HTML,
    NotAcceptable,
    ResultFormat,
    ResultKind,
    UnknownFormat,
    best,
    named,
    negotiate,
    parse_accept,
)

SOLUTIONS, BOOLEAN, GRAPH = ResultKind.SOLUTIONS, ResultKind.BOOLEAN, ResultKind.GRAPH
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
WITH_PAGES = (*FORMATS, HTML)


@pytest.mark.parametrize(
    ("accept", "kind", "expected"),
    [
        (None, SOLUTIONS, "json"),
        (None, BOOLEAN, "json"),
        (None, GRAPH, "turtle"),
        ("", SOLUTIONS, "json"),
        ("*/*", SOLUTIONS, "json"),
        ("*/*", GRAPH, "turtle"),
        ("application/json", SOLUTIONS, "json"),
        ("application/json", GRAPH, "jsonld"),
        ("application/xml", SOLUTIONS, "xml"),
        ("application/xml", GRAPH, "rdfxml"),
        ("text/xml", BOOLEAN, "xml"),
        ("text/plain", GRAPH, "ntriples"),
        ("text/csv", SOLUTIONS, "csv"),
        ("text/tab-separated-values", SOLUTIONS, "tsv"),
        ("text/*", SOLUTIONS, "csv"),
        ("application/n-quads", GRAPH, "nquads"),
        ("application/trig", GRAPH, "trig"),
        ("TEXT/CSV", SOLUTIONS, "csv"),
        ("text/csv;q=0.4, application/sparql-results+xml;q=0.6", SOLUTIONS, "xml"),
        ("text/csv ; q=0.4 , application/sparql-results+xml ; Q=0.3", SOLUTIONS, "csv"),
        ("text/csv, */*", SOLUTIONS, "csv"),
        ("text/csv;q=0.5, */*", SOLUTIONS, "json"),
        ("application/sparql-results+json;q=0, */*;q=0.1", SOLUTIONS, "xml"),
        ("*/*;q=0, text/csv", SOLUTIONS, "csv"),
        ("text/turtle;charset=utf-8", GRAPH, "turtle"),
        ('application/ld+json;profile="a, b;q=0"', GRAPH, "jsonld"),
        ("text/csv;header=present;q=0, text/csv;q=0.5", SOLUTIONS, "csv"),
        ("nonsense, text/csv", SOLUTIONS, "csv"),
        ("text/turtle;q=2, text/csv", SOLUTIONS, "csv"),
        (BROWSER, SOLUTIONS, "html"),
        (BROWSER, GRAPH, "html"),
        ("text/html;q=0.1, application/json", SOLUTIONS, "json"),
    ],
)
def test_the_accept_header_chooses(accept: str | None, kind: ResultKind, expected: str) -> None:
    assert negotiate(accept, kind, offers=WITH_PAGES).name == expected


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/png", SOLUTIONS),
        ("text/turtle", SOLUTIONS),
        ("text/csv", GRAPH),
        ("*/*;q=0", SOLUTIONS),
        ("application/sparql-results+json;q=0, application/json", SOLUTIONS),
        ("text/html", SOLUTIONS),
    ],
)
def test_nothing_acceptable_is_refused_with_the_list_of_what_there_is(accept: str, kind: ResultKind) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        negotiate(accept, kind)
    assert refusal.value.available == tuple(each for each in FORMATS if kind in each.kinds)
    assert all(each.media_type in str(refusal.value) for each in refusal.value.available)


@pytest.mark.parametrize(
    ("requested", "kind", "expected"),
    [
        ("json", SOLUTIONS, "json"),
        ("json", GRAPH, "jsonld"),
        ("xml", BOOLEAN, "xml"),
        ("xml", GRAPH, "rdfxml"),
        ("CSV", SOLUTIONS, "csv"),
        ("ttl", GRAPH, "turtle"),
        ("turtle", GRAPH, "turtle"),
        ("nt", GRAPH, "ntriples"),
        ("rdf", GRAPH, "rdfxml"),
        ("rdfxml", GRAPH, "rdfxml"),
        ("json-ld", GRAPH, "jsonld"),
        ("nq", GRAPH, "nquads"),
        ("text/csv", SOLUTIONS, "csv"),
        ("application/sparql-results+json", SOLUTIONS, "json"),
        ("application/sparql-results json", SOLUTIONS, "json"),
    ],
)
def test_the_format_parameter_overrides_accept(requested: str, kind: ResultKind, expected: str) -> None:
    assert negotiate("image/png", kind, requested).name == expected


def test_an_unknown_format_is_an_error_and_an_unfit_one_is_not_acceptable() -> None:
    with pytest.raises(UnknownFormat, match="xlsx"):
        negotiate(None, SOLUTIONS, "xlsx")
    with pytest.raises(NotAcceptable):
        negotiate(None, GRAPH, "csv")


def test_every_format_is_found_by_its_name_and_each_of_its_media_types() -> None:
    for each in FORMATS:
        assert named(each.name)[0] is each
        assert each in named(each.media_type)
        assert all(each in named(synonym) for synonym in each.synonyms)


_RANGES = st.sampled_from(
    ["*/*", "text/*", "application/*", "text/html", *(each.media_type for each in FORMATS)]
)
_QUALITIES = st.sampled_from(["", ";q=0", ";q=0.001", ";q=0.5", ";q=1", ";q=1.000"])
_ACCEPTS = st.lists(st.tuples(_RANGES, _QUALITIES), min_size=1, max_size=6)


@given(_ACCEPTS, st.sampled_from(ResultKind))
def test_what_is_chosen_is_accepted_and_nothing_else_is_accepted_more(
    members: list[tuple[str, str]], kind: ResultKind
) -> None:
    accept = ", ".join(range_ + quality for range_, quality in members)

    def quality(offer: ResultFormat) -> float:
        matching = [each for each in parse_accept(accept) if each.matches(offer.media_type)]
        return max(matching, key=lambda each: each.specificity).quality if matching else 0.0

    offers = [each for each in FORMATS if kind in each.kinds]
    try:
        chosen = negotiate(accept, kind)
    except NotAcceptable:
        assert all(quality(each) == 0 for each in offers)
    else:
        assert quality(chosen) > 0
        assert quality(chosen) == max(map(quality, offers))


@given(_ACCEPTS, st.randoms())
def test_the_order_of_distinct_members_does_not_matter(
    members: list[tuple[str, str]], shuffler: object
) -> None:
    distinct = list(dict(members).items())
    reordered = distinct[:]
    shuffler.shuffle(reordered)  # type: ignore[attr-defined]
    results = [best(", ".join(r + q for r, q in each), WITH_PAGES) for each in (distinct, reordered)]
    assert results[0] is results[1]


@given(st.text(max_size=80))
def test_no_accept_header_makes_negotiation_fail_in_another_way(accept: str) -> None:
    try:
        assert negotiate(accept, SOLUTIONS) in FORMATS
    except NotAcceptable as refusal:
        assert CSV in refusal.available
