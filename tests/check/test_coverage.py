"""The coverage table cannot drift from the tables, the dataset or the inventory."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from clustergraph.check.coverage import check_coverage, read_coverage, write_coverage
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.inventory import read_inventory
from clustergraph.check.outcome import CheckOutcome, Status
from clustergraph.errors import UnusableInput
from clustergraph.evidence import Locator
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

from .conftest import INVENTORY, Spoil

HEADER = "id,kind,name,statement,value,unit,period,deck,slide"
needs_inventory = pytest.mark.skipif(
    not INVENTORY.is_file(), reason="the inventory is not at hand (../shared/sources/inventory.csv)"
)


def checked(content: Content, inventory: Path | None = None) -> CheckOutcome:
    return check_coverage(CheckedDataset(content, Settings()), inventory)


def messages(outcome: CheckOutcome) -> str:
    return "\n".join(fault.message for fault in outcome.faults)


def test_the_coverage_table_is_in_step(real: CheckedDataset) -> None:
    outcome = check_coverage(real)
    assert outcome.faults == ()
    assert outcome.status is Status.PASSED


@needs_inventory
def test_every_statement_of_the_inventory_is_carried_where_it_stands_or_left_out_with_a_reason(
    real: CheckedDataset,
) -> None:
    outcome = check_coverage(real, INVENTORY)
    assert outcome.faults == ()


@needs_inventory
def test_only_noise_is_left_out(real: CheckedDataset) -> None:
    left_out = {row.statement for _, row in read_coverage(real.content).rows if row.reason}
    noise = {name for name, entry in read_inventory(INVENTORY).items() if entry.kind == "ocr_noise"}
    assert left_out == noise


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("action-001,cgi:instrument/clusters-go-international,\n", "", "action-001 is out of step"),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/escp-4i,\n",
            "action-001 is out of step with the column statements of the tables",
        ),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/clusters-go-international|cgi:instrument/no-such-thing,\n",
            "cgi:instrument/no-such-thing, which should carry action-001, is not in the dataset",
        ),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/clusters-go-international,Because.\n",
            "action-001 has both IRIs and a reason",
        ),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/clusters-go-international,\nghost-001,,\n",
            "ghost-001 has neither IRIs nor a reason",
        ),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/clusters-go-international,\n" * 2,
            "action-001 is listed already in row 2",
        ),
        (
            "action-001,cgi:instrument/clusters-go-international,\n",
            "action-001,cgi:instrument/clusters-go-international,\nghost-001,cgi:programme/cosme,\n",
            "no row of the tables carries it",
        ),
        ("statement,iris,reason", "statement,iri,reason", "unknown"),
        ("cgi:instrument/clusters-go-international", "nope:x", "prefix 'nope'"),
    ],
)
def test_a_spoiled_coverage_table_fails_the_check(
    copied: Content, spoil: Spoil, old: str, new: str, message: str
) -> None:
    spoil("data/coverage.csv", old, new)
    outcome = checked(copied)
    assert outcome.status is Status.FAILED
    assert message in messages(outcome)
    assert {fault.file for fault in outcome.faults} == {"data/coverage.csv"}


def test_a_statement_dropped_from_a_table_fails_the_check(copied: Content, spoil: Spoil) -> None:
    spoil("data/decks/observations.csv", "3043 strong clusters,figure-001,", "3043 strong clusters,,")
    outcome = checked(copied)
    assert outcome.status is Status.FAILED
    assert "figure-001 has IRIs here, but no row of the tables carries it." in messages(outcome)


def test_writing_brings_the_table_in_step_and_keeps_the_reasons(copied: Content, spoil: Spoil) -> None:
    before = (copied.data / "coverage.csv").read_text(encoding="utf-8")
    spoil("data/coverage.csv", "action-001,cgi:instrument/clusters-go-international,\n", "")
    spoil("data/coverage.csv", "action-002,cgi:instrument/clusterxchange,", "action-002,,A wrong reason.")
    write_coverage(CheckedDataset(copied, Settings()))
    assert (copied.data / "coverage.csv").read_text(encoding="utf-8") == before
    assert checked(copied).status is Status.PASSED


def test_writing_makes_the_table_where_there_is_none(copied: Content) -> None:
    (copied.data / "coverage.csv").unlink()
    path = write_coverage(CheckedDataset(copied, Settings()))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["reason"] for row in rows} == {""}
    assert checked(copied).status is Status.PASSED


@pytest.fixture
def inventory(tmp_path: Path, real: CheckedDataset) -> Path:
    """An inventory that names every statement of the coverage table, two of them with their real place."""
    places = {
        "figure-001": ("001_cf071f6d4a82b671.txt", "A slide [L94]"),
        "contradiction-001": ("001_cf071f6d4a82b671.txt;003_656639bf206a9a86.txt", "[L316] vs [L73]"),
    }
    path = tmp_path / "inventory.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER.split(","))
        for _, row in read_coverage(real.content).rows:
            if row.statement in places or row.reason:
                deck, slide = places.get(row.statement, ("000_804be841c63b12cd.txt", "[L1]"))
                writer.writerow([row.statement, "kind", "", "", "", "", "", deck, slide])
    return path


def test_evidence_that_points_elsewhere_than_the_inventory_fails_the_check(
    real: CheckedDataset, inventory: Path
) -> None:
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(text.replace("[L94]", "[L95-99]").replace("[L73]", "[L80]"), encoding="utf-8")
    wrong = [fault for fault in check_coverage(real, inventory).faults if "point there" in fault.message]
    assert [fault.value for fault in wrong] == ["contradiction-001", "figure-001"]
    assert "deck-003 (line 316; line 80)" in wrong[0].message
    assert "deck-001 (lines 95–99)" in wrong[1].message


def test_evidence_that_overlaps_the_inventory_passes(real: CheckedDataset, inventory: Path) -> None:
    assert "point there" not in messages(check_coverage(real, inventory))


def test_a_statement_that_nobody_carries_fails_the_check(real: CheckedDataset, inventory: Path) -> None:
    with inventory.open("a", encoding="utf-8") as file:
        file.write("figure-999,figure,,,,,,000_804be841c63b12cd.txt,[L1]\n")
    assert "figure-999 (figure, row " in messages(check_coverage(real, inventory))


def test_an_id_that_the_inventory_has_not_fails_the_check(real: CheckedDataset, inventory: Path) -> None:
    assert "The inventory has no action-001." in messages(check_coverage(real, inventory))


def test_an_inventory_row_with_several_decks_may_stand_in_any_of_its_lines(inventory: Path) -> None:
    entry = read_inventory(inventory)["contradiction-001"]
    assert entry.decks == ("deck-001", "deck-003")
    assert Locator("deck-003", 73, 73) in entry.places


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,kind,deck\n", "lacks the columns slide"),
        (f"{HEADER}\nx-1,x,,,,,,deck,[L1]\n", "rows without a place"),
        (f"{HEADER}\nx-1,x,,,,,,000_80.txt,no lines\n", "rows without a place"),
    ],
)
def test_a_table_that_is_no_inventory_is_unusable(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "inventory.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableInput, match=message):
        read_inventory(path)
