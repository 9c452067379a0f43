"""Every competency question that the decks answer is answered, with exactly the rows the decks give.

The expected rows stand beside each query (`docs/guides/queries.md` describes the format) and were written
from the sources. `must_not_follow` are rows that a reader might wrongly infer; none may be answered. A case
with a `fixture` asks synthetic data below `tests/fixtures/questions/`, where the sources have no example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from clustergraph.build.closure import close, compile_rules
from clustergraph.iris import XSD, expand
from clustergraph.library.bind import bind
from clustergraph.library.model import Answerable, NamedQuery
from clustergraph.library.query import load_queries

ROOT = Path(__file__).resolve().parents[2]
QUERIES = ROOT / "queries"
FIXTURES = ROOT / "tests" / "fixtures" / "questions"
SUFFIX = ".expected.json"
EXPECTED = {path.name.removesuffix(SUFFIX): path for path in QUERIES.rglob(f"*{SUFFIX}")}

#: Competency questions that the decks do not answer: regions, memberships, projects of public pages.
EXTERNAL = {25, 26, 27, 28, 29, 30, 31, 32, 40}

#: In an expected row: any term. Only for words that the curators choose, never for what a deck says.
ANY = "*"

_TEXT = re.compile(r"(?P<text>.*)@(?P<language>[a-z]{2})", re.DOTALL)
_PLAIN = re.compile(r"'(?P<text>.*)'", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Value = str | int | Decimal | bool | None


def _expected(stem: str) -> dict[str, Any]:
    text = EXPECTED[stem].read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


STEMS = sorted(EXPECTED)
CASES = [
    pytest.param(stem, case, id=stem + ("?" + "&".join(case["parameters"].values()) if number else ""))
    for stem in STEMS
    for number, case in enumerate(_expected(stem)["cases"])
]


@pytest.fixture(scope="module")
def questions() -> dict[str, NamedQuery]:
    return load_queries(QUERIES)


Asked = Callable[[Mapping[str, Any]], ox.Store]


@pytest.fixture(scope="module")
def asked(released_store: ox.Store) -> Asked:
    """The dataset that a case asks: the released one, or its synthetic fixture with what follows from it."""

    @cache
    def synthetic(name: str) -> ox.Store:
        store = ox.Store()
        files = [ROOT / "ontology" / "clustergraph.ttl", *(ROOT / "ontology" / "schemes").glob("*.ttl")]
        for path in (*files, FIXTURES / f"{name}.ttl"):
            store.load(path=str(path), format=ox.RdfFormat.TURTLE)
        axioms = list(ox.parse(path=str(files[0]), format=ox.RdfFormat.TURTLE))
        close(
            store,
            compile_rules(axioms),
            triple_budget=1_000_000,
            deadline_seconds=60,
        )
        return store

    return lambda case: synthetic(case["fixture"]) if "fixture" in case else released_store


def test_fixtures_say_that_they_are_synthetic() -> None:
    for path in FIXTURES.glob("*.ttl"):
        assert path.read_text(encoding="utf-8").startswith("# Synthetic"), path.name


def term(value: Value) -> ox.NamedNode | ox.Literal | None:
    """A term from its compact form in an expected row."""
    if value is None:
        return None
    if isinstance(value, bool):
        return ox.Literal(value)
    if isinstance(value, int):
        return ox.Literal(str(value), datatype=ox.NamedNode(f"{XSD}integer"))
    if isinstance(value, Decimal):
        return ox.Literal(_canonical(value), datatype=ox.NamedNode(f"{XSD}decimal"))
    if _DAY.fullmatch(value):
        return ox.Literal(value, datatype=ox.NamedNode(f"{XSD}date"))
    if match := _TEXT.fullmatch(value):
        return ox.Literal(match["text"], language=match["language"])
    if match := _PLAIN.fullmatch(value):
        return ox.Literal(match["text"])
    return ox.NamedNode(expand(value))


def _canonical(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _compared(found: object) -> object:
    """A term as it is compared: decimals by value, not by how they are written."""
    if isinstance(found, ox.Literal) and found.datatype.value == f"{XSD}decimal":
        return ox.Literal(_canonical(Decimal(found.value)), datatype=found.datatype)
    return found


def answer(store: ox.Store, text: str) -> tuple[list[str], list[list[object]]]:
    solutions = store.query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    variables = solutions.variables
    columns = [variable.value for variable in variables]
    return columns, [[_compared(row[variable]) for variable in variables] for row in solutions]


def _masked(row: Sequence[object], expected: Sequence[Value]) -> list[object]:
    return [ANY if want == ANY and got is not None else got for got, want in zip(row, expected, strict=True)]


@pytest.mark.parametrize(("stem", "case"), CASES)
def test_a_question_is_answered_with_exactly_the_rows_of_the_sources(
    asked: Asked, questions: Mapping[str, NamedQuery], stem: str, case: Mapping[str, Any]
) -> None:
    columns, rows = answer(asked(case), bind(questions[stem], case["parameters"]))

    assert columns == _expected(stem)["columns"]
    wanted = [[ANY if value == ANY else term(value) for value in row] for row in case["rows"]]
    padded = [*case["rows"], *[[None] * len(columns)] * (len(rows) - len(wanted))]
    assert [_masked(row, expected) for row, expected in zip(rows, padded, strict=False)] == wanted


@pytest.mark.parametrize(("stem", "case"), CASES)
def test_what_must_not_follow_does_not(
    asked: Asked, questions: Mapping[str, NamedQuery], stem: str, case: Mapping[str, Any]
) -> None:
    columns, rows = answer(asked(case), bind(questions[stem], case["parameters"]))

    assert case["must_not_follow"], "each case names at least one wrong inference"
    for wrong in case["must_not_follow"]:
        places = {columns.index(name): term(value) for name, value in wrong["row"].items()}
        followed = [row for row in rows if all(row[place] == value for place, value in places.items())]
        assert not followed, wrong["reason"]


def test_every_competency_question_has_a_query(questions: Mapping[str, NamedQuery]) -> None:
    numbers = {query.number for query in questions.values() if query.number is not None}
    assert numbers == set(range(1, 41))


def test_a_question_beyond_the_decks_says_so(questions: Mapping[str, NamedQuery]) -> None:
    external = {query.number for query in questions.values() if query.answerable is Answerable.EXTERNAL}
    assert external - {None} == EXTERNAL


def test_the_queries_for_elsewhere_find_what_they_promise(
    released_store: ox.Store, questions: Mapping[str, NamedQuery]
) -> None:
    """Question 40 gives SPARQL for other services; synthetic data of their shape stand in for those."""
    (query,) = [query for query in questions.values() if query.number == 40]
    elsewhere = ox.Store()
    elsewhere.load(path=str(FIXTURES / "elsewhere.ttl"), format=ox.RdfFormat.TURTLE)
    found: dict[str, set[str]] = {"kohesio": set(), "cordis": set()}
    for instrument in ("escp-s3", "innosup-1"):
        columns, rows = answer(released_store, bind(query, {"instrument": f"instrument/{instrument}"}))
        for row in rows:
            for column, names in found.items():
                text = row[columns.index(column)]
                if text is None:
                    continue
                assert isinstance(text, ox.Literal)
                _, solutions = answer(elsewhere, text.value)
                cells = [cell for solution in solutions for cell in solution]
                names.update(cell.value for cell in cells if isinstance(cell, ox.Literal))

    assert found == {"kohesio": {"MESAP (invented branch)"}, "cordis": {"Invented member of GALACTICA"}}


def test_every_question_has_its_expected_rows(questions: Mapping[str, NamedQuery]) -> None:
    assert list(questions) == STEMS


def test_each_question_has_three_wrong_inferences_that_must_be_absent() -> None:
    few = {
        stem for stem in STEMS if sum(len(case["must_not_follow"]) for case in _expected(stem)["cases"]) < 3
    }
    assert not few


def test_an_answer_with_a_caveat_says_so(questions: Mapping[str, NamedQuery]) -> None:
    with_caveat = {query.number for query in questions.values() if query.answerable is Answerable.WITH_CAVEAT}
    assert with_caveat == {6, 8, 20}


def test_derived_columns_carry_their_formula_and_their_observations(
    questions: Mapping[str, NamedQuery],
) -> None:
    for number in (7, 8, 10, 13, 36, 37, 38):
        (query,) = [query for query in questions.values() if query.number == number]
        assert [column for column in query.columns if column.derived], query.name
        assert [column for column in query.columns if column.name.endswith("Figure")], query.name


def test_the_first_page_asks_ten_questions(questions: Mapping[str, NamedQuery]) -> None:
    assert len([query for query in questions.values() if query.first_page]) == 10


def test_every_question_has_an_answer_with_its_defaults(
    released_store: ox.Store, questions: Mapping[str, NamedQuery]
) -> None:
    for query in questions.values():
        assert not any(parameter.required for parameter in query.parameters.values()), query.name
        assert answer(released_store, bind(query, {}))[1], query.name


def test_the_choices_of_a_parameter_are_usable_values(
    released_store: ox.Store, questions: Mapping[str, NamedQuery]
) -> None:
    for query in questions.values():
        for name, parameter in query.parameters.items():
            if parameter.choices is None:
                continue
            _, choices = answer(released_store, parameter.choices.text)
            assert choices, (query.name, name)
            for choice, label in choices:
                assert isinstance(choice, ox.NamedNode)
                assert isinstance(label, ox.Literal)
                assert label.language == "en"
                assert str(choice) in bind(query, {name: choice.value})
            assert parameter.default in [choice for choice, _ in choices]


def test_no_page_of_a_question_has_a_blank_node(
    released_store: ox.Store, questions: Mapping[str, NamedQuery]
) -> None:
    for query in questions.values():
        _, rows = answer(released_store, bind(query, {}))
        assert not [cell for row in rows for cell in row if isinstance(cell, ox.BlankNode)], query.name
