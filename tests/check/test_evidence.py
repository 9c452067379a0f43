"""Every statement leads to lines of a source, and the words it quotes stand there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.evidence import check_evidence
from clustergraph.check.outcome import Status
from clustergraph.check.places import Places
from clustergraph.check.quotes import against_decks
from clustergraph.errors import Fault, UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

from .conftest import DECKS, Spoil

PREFIXES = f"@prefix cg: <{iris.CG}> .\n"
COSME = f"<{iris.CGI}programme/cosme>"


def thing(name: str) -> str:
    return f"<{iris.CGI}{name}>"


def test_every_statement_leads_to_a_document(real: CheckedDataset) -> None:
    outcome = check_evidence(real)
    assert outcome.faults == ()
    assert outcome.status is Status.PASSED


@pytest.mark.skipif(not DECKS.is_dir(), reason="the decks are not at hand (../shared/seeds)")
def test_every_quote_stands_in_the_lines_it_cites(real: CheckedDataset) -> None:
    outcome = check_evidence(real, DECKS)
    assert outcome.faults == ()
    assert "quotes compared" in outcome.figures


SEEDS = {
    "a statement in no fragment": (
        f"{thing('obs/seed')} a cg:Observation .",
        "cgi:obs/seed (cg:Observation) is stated in no place",
    ),
    "a thing in no fragment": (f"{thing('tool/seed')} a cg:Tool .", "is stated in no place"),
    "level support in no fragment": (
        f"{thing('level-support/seed')} a cg:LevelSupport .",
        "is stated in no place",
    ),
    "a statement in what is no fragment": (
        f"{thing('claim/seed')} a cg:Claim ; cg:statedIn {COSME} .",
        "cgi:programme/cosme, which is no place in a source",
    ),
    "a fragment of no document": (
        f"{thing('fragment/deck-001-l1')} a cg:SourceFragment ; cg:lineStart 1 ; cg:lineEnd 1 ; "
        f"cg:fragmentOf {COSME} .",
        "is a fragment of no source document",
    ),
    "a fragment without lines": (
        f"{thing('fragment/deck-001-l94')} cg:lineEnd 95 .",
        "has no first and last line",
    ),
    "lines that run backwards": (
        f"{thing('fragment/deck-001-l9-8')} a cg:SourceFragment ; cg:lineStart 9 ; cg:lineEnd 8 ; "
        f"cg:fragmentOf {thing('source/deck-001')} .",
        "run forwards",
    ),
    "lines that are not those of the identifier": (
        f"{thing('fragment/deck-001-l1')} a cg:SourceFragment ; cg:lineStart 2 ; cg:lineEnd 2 ; "
        f"cg:fragmentOf {thing('source/deck-001')} ; cg:onSlide {thing('slide/deck-001-s1')} .",
        "describes deck-001, line 2, which its identifier does not",
    ),
    "a fragment on no slide": (
        f"{thing('fragment/deck-001-l1-2')} a cg:SourceFragment ; cg:lineStart 1 ; cg:lineEnd 2 ; "
        f"cg:fragmentOf {thing('source/deck-001')} .",
        "lies on 0 slides",
    ),
    "a fragment on another slide": (
        f"{thing('fragment/deck-001-l1-2')} a cg:SourceFragment ; cg:lineStart 1 ; cg:lineEnd 2 ; "
        f"cg:fragmentOf {thing('source/deck-001')} ; cg:onSlide {thing('slide/deck-001-s9')} .",
        "does not lie within cgi:slide/deck-001-s9",
    ),
    "slides that overlap": (
        f"{thing('slide/deck-001-s99')} a cg:Slide ; cg:lineStart 3 ; cg:lineEnd 4 ; "
        f"cg:fragmentOf {thing('source/deck-001')} .",
        "cgi:slide/deck-001-s99 begins on line 3, before cgi:slide/deck-001-s1 ends",
    ),
    "a claimed relation that the graph has not": (
        f"{thing('claim/seed')} a cg:RelationClaim ; cg:statedIn {thing('fragment/deck-001-l94')} ; "
        f"cg:assertedSubject {COSME} ; cg:assertedProperty cg:funds ; cg:assertedObject {COSME} .",
        "claims a triple that is not in the graph",
    ),
    "a claimed relation without an object": (
        f"{thing('claim/seed')} a cg:RelationClaim ; cg:statedIn {thing('fragment/deck-001-l94')} ; "
        f"cg:assertedSubject {COSME} ; cg:assertedProperty cg:funds .",
        "does not assert one subject",
    ),
}


@pytest.mark.parametrize(("turtle", "message"), SEEDS.values(), ids=SEEDS)
def test_a_statement_without_its_place_fails_the_check(copied: Content, turtle: str, message: str) -> None:
    (copied.data / "seed.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    outcome = check_evidence(CheckedDataset(copied, Settings()))
    assert outcome.status is Status.FAILED
    assert any(message in fault.message for fault in outcome.faults)


def test_a_derived_figure_has_its_figures_in_place_of_lines(copied: Content) -> None:
    seed = f"{thing('obs/seed')} a cg:Observation ; <{iris.PROV}wasDerivedFrom> {thing('obs/x')} ."
    (copied.data / "seed.ttl").write_text(PREFIXES + seed, encoding="utf-8")
    assert check_evidence(CheckedDataset(copied, Settings())).status is Status.PASSED


def test_a_fault_names_the_row_of_its_table(copied: Content, spoil: Spoil) -> None:
    spoil("data/decks/slides.csv", "deck-000,1,", "deck-000,99,")
    spoil("data/decks/slides.csv", ",1,9,slide-001", ",1,2,slide-001")
    outcome = check_evidence(CheckedDataset(copied, Settings()))
    assert outcome.status is Status.FAILED
    assert all(fault.file and fault.row for fault in outcome.faults)


TEXT = "A slide\n\nwith 3043 strong\nclusters, and more\nthan jobs\n"


def figures(tmp_path: Path, quote: str, *, lines: str = "3-4", digest: str | None = None) -> list[Fault]:
    """The faults of one quote from a deck of five lines."""
    (tmp_path / "deck.txt").write_text(TEXT, encoding="utf-8")
    digest = digest or hashlib.sha256(TEXT.encode()).hexdigest()
    fragments = []
    for number, span in enumerate(lines.split(";")):
        first, _, last = span.partition("-")
        fragments.append(
            f"{thing('obs/x')} cg:statedIn {thing(f'fragment/{number}')} .\n"
            f"{thing(f'fragment/{number}')} a cg:SourceFragment ; cg:lineStart {first} ; "
            f"cg:lineEnd {last or first} ; cg:fragmentOf {thing('source/deck-009')} .\n"
        )
    turtle = (
        f"{PREFIXES}{thing('source/deck-009')} a cg:SourceDocument ; "
        f'cg:fileName "deck.txt" ; cg:sha256 "{digest}" .\n'
        f"{thing('slide/deck-009-s1')} a cg:Slide ; cg:lineStart 1 ; cg:lineEnd 5 ; "
        f"cg:fragmentOf {thing('source/deck-009')} .\n"
        f'{thing("obs/x")} cg:rawText "{quote}"@en .\n{"".join(fragments)}'
    )
    store = ox.Store()
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    compared, faults = against_decks(store, Places(store), tmp_path)
    assert compared == 1
    return faults


def test_a_quote_may_run_over_a_line_break(tmp_path: Path) -> None:
    assert figures(tmp_path, "3043 strong clusters") == []


def test_a_quote_may_run_through_several_fragments_in_order(tmp_path: Path) -> None:
    assert figures(tmp_path, "strong than jobs", lines="3;5") == []


@pytest.mark.parametrize(
    ("quote", "lines"), [("3044 strong clusters", "3-4"), ("3043 strong clusters", "4-5"), ("jobs A", "5;1")]
)
def test_words_that_do_not_stand_there_are_a_fault(tmp_path: Path, quote: str, lines: str) -> None:
    [fault] = figures(tmp_path, quote, lines=lines)
    assert fault.rule == "quoted words"
    assert fault.focus == f"{iris.CGI}obs/x"


def test_a_deck_that_has_changed_is_a_fault(tmp_path: Path) -> None:
    [fault] = figures(tmp_path, "3043 strong clusters", digest="0" * 64)
    assert fault.rule == "checksum"


def test_lines_beyond_the_end_of_a_deck_are_a_fault(tmp_path: Path) -> None:
    [fault] = figures(tmp_path, "3043 strong clusters", lines="3-4;5-9")
    assert "has 6 lines" in fault.message


def test_words_on_no_slide_are_a_fault(tmp_path: Path) -> None:
    global_text = TEXT + "an appendix\n"
    store = ox.Store()
    (tmp_path / "deck.txt").write_text(global_text, encoding="utf-8")
    digest = hashlib.sha256(global_text.encode()).hexdigest()
    turtle = (
        f'{PREFIXES}{thing("source/deck-009")} a cg:SourceDocument ; cg:fileName "deck.txt" ; '
        f'cg:sha256 "{digest}" .\n{thing("slide/deck-009-s1")} a cg:Slide ; cg:lineStart 1 ; cg:lineEnd 5 ; '
        f"cg:fragmentOf {thing('source/deck-009')} ."
    )
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    _, [fault] = against_decks(store, Places(store), tmp_path)
    assert fault.message == "Line 6 of deck-009 has words but lies on no slide."


def test_a_source_whose_text_is_missing_is_a_fault(real: CheckedDataset, tmp_path: Path) -> None:
    outcome = check_evidence(real, tmp_path)
    assert outcome.status is Status.FAILED
    assert sum(fault.rule == "source at hand" for fault in outcome.faults) == 5


def test_no_directory_of_decks_is_unusable(real: CheckedDataset, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no directory of decks"):
        against_decks(real.asserted, Places(real.asserted), tmp_path / "nowhere")
