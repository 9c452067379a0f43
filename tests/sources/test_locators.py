"""Locators are read strictly: a fact whose place cannot be found is no evidence."""

from __future__ import annotations

import pytest

from clustergraph.evidence import Locator, parse_evidence, parse_lines


def test_lines_are_read_in_their_three_forms() -> None:
    assert parse_lines("deck-001", "310") == (Locator("deck-001", 310, 310),)
    assert parse_lines("deck-001", "310-313") == (Locator("deck-001", 310, 313),)
    assert parse_lines("deck-004", "28;30") == (Locator("deck-004", 28, 28), Locator("deck-004", 30, 30))


def test_the_iri_of_a_fragment_names_deck_and_lines() -> None:
    assert Locator("deck-001", 310, 313).iri == "https://w3id.org/clustergraph/id/fragment/deck-001-l310-313"
    assert Locator("deck-001", 310, 310).iri == "https://w3id.org/clustergraph/id/fragment/deck-001-l310"


@pytest.mark.parametrize("text", ["", "L310", "313-310", "0", "3-", "1,2"])
def test_what_is_not_line_numbers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        parse_lines("deck-001", text)


def test_a_source_that_is_no_deck_is_refused() -> None:
    with pytest.raises(ValueError, match="deck"):
        parse_lines("slides", "3")


def test_evidence_of_several_decks_is_read_in_order() -> None:
    assert parse_evidence("deck-001:316|deck-003:73") == (
        Locator("deck-001", 316, 316),
        Locator("deck-003", 73, 73),
    )
    with pytest.raises(ValueError, match="names no deck"):
        parse_evidence("316")
