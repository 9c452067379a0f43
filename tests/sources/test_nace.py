"""NACE Rev. 2.1: its four levels, and nothing of national classifications below them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from clustergraph.iris import CGS, SKOS
from clustergraph.sources.content import Content
from clustergraph.sources.nace import nace_codes, nace_concept, read_nace

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "sources" / "reference" / "nace_rev21.csv"


def test_nace_has_as_many_codes_of_each_level_as_its_regulation() -> None:
    assert Counter(level for level, _, _ in nace_codes().values()) == {1: 22, 2: 87, 3: 287, 4: 651}


def test_the_level_below_that_the_package_brings_is_left_out() -> None:
    assert nace_concept("01.47") == f"{CGS}nace-2-1/01-47"
    assert nace_concept("01.471") is None


def test_codes_are_found_as_people_write_them_and_unknown_ones_are_not() -> None:
    assert nace_concept(" a ") == f"{CGS}nace-2-1/a"
    assert nace_concept("00") is None


def test_every_code_but_a_section_is_below_another_of_the_level_above() -> None:
    codes = nace_codes()
    for level, above, _ in codes.values():
        assert (above is None) == (level == 1)
        assert above is None or codes[above][0] == level - 1


def test_codes_parents_and_names_are_those_of_the_reference() -> None:
    if not REFERENCE.is_file():
        pytest.skip("the table of NACE Rev. 2.1 is not at hand (../shared/sources/reference)")
    with REFERENCE.open(encoding="utf-8", newline="") as stream:
        stated = {
            row["code"]: (int(row["level"]), row["parent"] or None, " ".join(row["label"].split()))
            for row in csv.DictReader(stream)
        }
    assert nace_codes() == stated


def test_each_concept_leads_to_that_of_the_european_union() -> None:
    quads = read_nace(Content(ROOT)).quads
    matches = {
        quad.subject.value: quad.object.value for quad in quads if quad.predicate.value == f"{SKOS}exactMatch"
    }
    assert matches[f"{CGS}nace-2-1/01-11"] == "http://data.europa.eu/ux2/nace2.1/0111"
    assert len(matches) == 1047
