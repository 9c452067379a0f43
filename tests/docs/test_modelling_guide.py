"""The modelling guide is tried: its rows, query and faults are read from the Markdown as it stands."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.build.collect import collect
from clustergraph.build.pipeline import Dataset, build_dataset
from clustergraph.errors import BuildRefused, Fault
from clustergraph.library.bind import bind
from clustergraph.library.query import load_queries
from clustergraph.settings import Settings
from clustergraph.sources.content import ROOMS, Content

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/modelling.md").read_text(encoding="utf-8")
FACILITY = iris.thing("instrument/example-cluster-facility")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of the guide that belongs into a file."""

    language: str
    file: str
    text: str


def blocks() -> list[Block]:
    fences = re.finditer(r"^( *)```(\w+) (\S+)\n(.*?)^\1```$", GUIDE, re.M | re.S)
    return [Block(match[2], match[3], textwrap.dedent(match[4])) for match in fences]


def add(block: Block, content: Path) -> None:
    """Does what the guide says: append the rows or statements, or make the file."""
    path = content / block.file
    if block.language == "csv":
        header, _, rows = block.text.partition("\n")
        assert path.read_text(encoding="utf-8").partition("\n")[0].strip() == header, block.file
        with path.open("a", encoding="utf-8", newline="") as table:
            table.write(rows)
    elif block.language == "turtle":
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{block.text}")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")


def extended(root: Path) -> Content:
    """A copy of the content with everything that the guide adds."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room)
    for block in blocks():
        if block.language != "text":
            add(block, root)
    return Content(root)


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return extended(tmp_path / "content")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """What the build makes of the extended content."""
    return built(extended(tmp_path_factory.mktemp("guide") / "content"))


def built(content: Content) -> Dataset:
    return build_dataset(content, Settings(), lambda words: None)


def faults_of(content: Content) -> tuple[Fault, ...]:
    """The faults of reading; where there is none, those of the whole build."""
    if found := collect(content).faults:
        return found
    with pytest.raises(BuildRefused) as refusal:
        built(content)
    return tuple(refusal.value.faults)


def stated(dataset: Dataset, subject: str, predicate: str) -> set[str]:
    quads = dataset.store.quads_for_pattern(
        ox.NamedNode(subject), ox.NamedNode(predicate), None, ox.DefaultGraph()
    )
    return {str(getattr(quad.object, "value", quad.object)) for quad in quads}


def test_the_rows_of_the_guide_build(dataset: Dataset) -> None:
    assert stated(dataset, FACILITY, f"{iris.RDFS}label") == {"Example Cluster Facility"}
    assert iris.thing("programme/cosme") in stated(dataset, FACILITY, f"{iris.CG}fundedUnder")
    assert f"{iris.CG}CosmeInstrument" in stated(dataset, FACILITY, f"{iris.RDF}type")
    values = {
        value
        for figure in stated(dataset, FACILITY, f"{iris.CG}hasObservation")
        for value in stated(dataset, figure, f"{iris.CG}numericValue")
    }
    assert values == {"12", "1500000"}
    source = iris.thing("source/deck-900")
    assert source in stated(dataset, FACILITY, f"{iris.CG}sourcedFrom")


def test_the_rows_of_the_guide_give_no_warning(dataset: Dataset) -> None:
    about = [
        result.message
        for result in dataset.report.results
        if "deck-900" in result.focus or "example" in result.focus
    ]
    assert not about


def test_the_query_of_the_guide_answers(dataset: Dataset) -> None:
    queries = load_queries(dataset.collection.content.queries)
    (name,) = (Path(block.file).stem for block in blocks() if block.language == "sparql")
    rows = dataset.store.query(bind(queries[name], {}))
    assert isinstance(rows, ox.QuerySolutions)
    assert [(row["value"].value, row["line"].value) for row in rows] == [("12", "5"), ("1500000", "6")]


def test_the_example_text_holds_what_the_rows_quote() -> None:
    (text,) = (block.text for block in blocks() if block.language == "text")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert f'cg:sha256 "{digest}"' in GUIDE
    lines = text.split("\n")
    quoted = [
        row
        for block in blocks()
        if block.language == "csv"
        for row in csv.DictReader(io.StringIO(block.text))
        if row.get("raw_text")
    ]
    assert quoted
    for row in quoted:
        first, _, last = row["lines"].partition("-")
        assert row["raw_text"] in " ".join(lines[int(first) - 1 : int(last or first)])


def test_nothing_of_the_example_is_in_the_content() -> None:
    for path in Content(ROOT).files():
        assert "deck-900" not in path.read_text(encoding="utf-8"), path


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the guide's table of faults; `column` is None where a whole row is left out."""

    table: str
    column: str | None
    value: str
    quoted: bool
    message: str


def changes() -> list[Change]:
    found = []
    for match in re.finditer(r"^\| `(\w+\.csv)`: (.*?) \| `(.*?)` \| .* \|$", GUIDE, re.M):
        table, change, message = match.groups()
        if left_out := re.fullmatch(r"row `(\S+)` left out", change):
            found.append(Change(table, None, left_out[1], True, message))
            continue
        cell = re.fullmatch(r"`(\w+)` = (?:`(.*?)`|nothing)( without quotes)?", change)
        assert cell is not None, change
        found.append(Change(table, cell[1], cell[2] or "", cell[3] is None, message))
    return found


def spoil(change: Change, content: Content) -> None:
    """Makes the change in the last row of the table, which the guide has added."""
    (path,) = content.data.rglob(change.table)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if change.column is None:
        kept = [line for line in lines if not line.startswith(f"{change.value},")]
        assert len(kept) == len(lines) - 1
        path.write_text("".join(kept), encoding="utf-8")
        return
    header, last = next(csv.reader([lines[0]])), next(csv.reader([lines[-1]]))
    last[header.index(change.column)] = change.value
    buffer = io.StringIO()
    if change.quoted:
        csv.writer(buffer, lineterminator="\n").writerow(last)
    else:
        buffer.write(",".join(last) + "\n")
    path.write_text("".join([*lines[:-1], buffer.getvalue()]), encoding="utf-8")


def test_the_guide_names_faults() -> None:
    assert len(changes()) >= 10


@pytest.mark.parametrize(
    "change", changes(), ids=lambda change: f"{change.table}-{change.column}-{change.message[:30]}"
)
def test_a_fault_of_the_guide_is_told_in_its_words(change: Change, content: Content) -> None:
    spoil(change, content)
    faults = faults_of(content)
    told = [fault for fault in faults if change.message in fault.message]
    assert told, [fault.message for fault in faults]
    assert told[0].fix
    assert told[0].file is not None
    assert told[0].row is not None


def test_the_guide_is_about_two_pages() -> None:
    """A page holds some 600 words of running text and tables; the rows to copy do not count."""
    prose = re.sub(r"```.*?```", "", GUIDE, flags=re.S)
    assert len(prose.split()) < 1400
