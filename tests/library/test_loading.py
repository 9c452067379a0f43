"""The query library is read whole, and every fault of every file is named with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.errors import Fault, UnusableInput
from clustergraph.library.model import Answerable, Form
from clustergraph.library.query import DECORATORS, load_queries
from clustergraph.library.terms import ParameterType

Write = Callable[..., Path]


def faults_of(library: Path) -> list[Fault]:
    with pytest.raises(UnusableInput) as refusal:
        load_queries(library)
    return list(refusal.value.faults)


def test_a_query_file_gives_its_question_parameters_and_columns(sound: str, write: Write) -> None:
    query = load_queries(write(cq15_calls_by_deadline=sound))["cq15-calls-by-deadline"]

    assert query.question == "Which calls close between two days?"
    assert query.description == "Deadlines as the decks state them."
    assert (query.number, query.answerable, query.first_page) == (15, Answerable.DECKS, True)
    assert query.form is Form.SELECT
    assert query.file == "queries/cq15-calls-by-deadline.rq"
    assert [(column.name, column.derived) for column in query.columns] == [
        ("call", None),
        ("closes", "the later of two days"),
    ]
    assert query.sparql.startswith("PREFIX cg:")


def test_a_parameter_knows_its_type_default_and_choices(sound: str, write: Write) -> None:
    parameters = load_queries(write(cq15_calls=sound))["cq15-calls"].parameters

    assert [(each.name, each.type, each.written, each.required) for each in parameters.values()] == [
        ("from", ParameterType.DATE, "2019-01-01", False),
        ("role", ParameterType.IRI, "circular-economy", False),
        ("word", ParameterType.STRING, 'budget } VALUES ?word { "x" }', True),
        ("least", ParameterType.INTEGER, "1", False),
    ]
    choices = parameters["role"].choices
    assert choices is not None
    assert choices.scheme == "cluster-role"
    solutions = ox.Store().query(choices.text)
    assert isinstance(solutions, ox.QuerySolutions)
    assert [variable.value for variable in solutions.variables] == ["choice", "label"]


def test_lint_queries_are_no_questions_and_other_directories_are(sound: str, write: Write) -> None:
    write(lint__labels="this is no question", library__words=sound.replace("#+ number: 15\n", ""))
    assert list(load_queries(write(cq15_calls=sound))) == ["cq15-calls", "words"]


def test_every_fault_of_every_file_is_reported_at_once(sound: str, write: Write) -> None:
    library = write(
        no_summary=sound.replace("#+ summary: Which calls close between two days?\n", ""),
        unknown_key=sound.replace("#+ answerable:", "#+ answer:"),
        bad_yaml=sound.replace("#+ number: 15", "#+ number: [15"),
        bad_sparql=sound.replace("ORDER BY ?closes", "ORDER ?closes"),
    )
    (library / "Not_Kebab.rq").write_text(sound.replace("15", "16"), encoding="utf-8")
    found = {(fault.file, fault.rule, fault.line) for fault in faults_of(library)}

    assert ("queries/no-summary.rq", "query decorators", 1) in found
    assert ("queries/unknown-key.rq", "query decorators", 5) in found
    assert ("queries/bad-yaml.rq", "query decorators", 5) in found
    assert ("queries/bad-sparql.rq", "SPARQL syntax", sound[: sound.index("ORDER")].count("\n") + 1) in found
    assert ("queries/Not_Kebab.rq", "query name", None) in found


@pytest.mark.parametrize(
    ("before", "after", "rule", "words"),
    [
        ("type: date", "type: day", "query parameter from", "There is no type 'day'."),
        ("type: date, ", "", "query parameter from", "There is no type."),
        ("summary: the first day, ", "", "query parameter from", "There is no summary."),
        ("default: 2019-01-01", "default: 2019-02-30", "query parameter from", "The default cannot be"),
        ("default: 2019-01-01", "default: 2019-01-02", "query parameter from", "the VALUES block holds"),
        ("VALUES ?from {", "VALUES ?until {", "query parameter from", "no block VALUES ?from"),
        ("VALUES ?least { 1 }", "VALUES ?least { 1 2 }", "query parameter least", "holds 1, 2"),
        ("VALUES ?least { 1 }", 'VALUES ?least { "1" }', "query parameter least", "not one term of type"),
        ("VALUES ?least { 1 }", "VALUES ?least { }", "query parameter least", "holds nothing"),
        (
            "?call cg:count ?n",
            "VALUES ?least { 2 } ?call cg:count ?n",
            "query parameter least",
            "different terms",
        ),
        ("{scheme: cluster-role}", "{list: cluster-role}", "query parameter role", "choices names neither"),
        ("{scheme: cluster-role}", "{query: 'ASK {}'}", "query parameter role", "gives no columns"),
        ("{scheme: cluster-role}", "{query: SELECT}", "query parameter role", "is not usable"),
        ("#+   call: the call\n", "", "query columns", "The column call is not explained."),
        ("#+   call: the call\n", "#+   call: ''\n", "query column call", "There is no meaning."),
        ("#+   call: the call\n", "#+   call: a call\n#+   key: a\n", "query columns", "no column key"),
        ("derived: the later", "formula: the later", "query column closes", "'formula' is unknown"),
        (
            "derived: the later",
            "names: day, derived: the later",
            "query column closes",
            "It names the column day",
        ),
        ("first_page: true", "first_page: perhaps", "query decorators", "neither true nor false"),
        ("answerable: decks", "answerable: maybe", "query decorators", "cannot be 'maybe'"),
        ("number: 15", "number: 16", "competency question", "its number is 16"),
        ("number: 15", "number: fifteen", "query decorators", "not a whole number"),
        ("#+ number: 15", "#+ summary: again", "query decorators", "stands twice"),
        ("#+ number: 15", "#+ number: &a 15\n#+ also: *a", "query decorators", "aliases"),
        ("?call cg:count ?n", "SERVICE <http://x.eu/> { ?a ?b ?c }", "SPARQL syntax", "SERVICE"),
    ],
)
def test_a_fault_names_its_rule_and_what_is_wrong(
    sound: str, write: Write, before: str, after: str, rule: str, words: str
) -> None:
    assert before in sound
    found = faults_of(write(cq15_calls=sound.replace(before, after, 1)))
    assert [fault for fault in found if fault.rule == rule and words in fault.message], found
    assert all(fault.fix and fault.file == "queries/cq15-calls.rq" for fault in found)


def test_a_word_service_in_a_string_or_comment_is_no_federation(sound: str, write: Write) -> None:
    text = sound.replace("# VALUES", "# SERVICE <http://x.eu/> VALUES").replace("'budget", "'SERVICE")
    assert "cq15-calls" in load_queries(write(cq15_calls=text))


def test_two_files_may_not_share_a_name_or_a_competency_question(sound: str, write: Write) -> None:
    library = write(cq15_calls=sound, cq__cq15_calls=sound, cq15_others=sound)
    assert {fault.rule for fault in faults_of(library)} == {
        "unique query name",
        "unique competency question",
    }


def test_a_file_that_is_not_utf_8_is_named(library: Path) -> None:
    (library / "latin.rq").write_bytes(b"#+ summary: Pr\xe4sidium\nASK {}")
    (fault,) = faults_of(library)
    assert (fault.rule, fault.message) == ("UTF-8", "Byte 15 is not UTF-8.")


def test_the_guide_lists_every_question_and_every_key() -> None:
    root = Path(__file__).resolve().parents[2]
    guide = (root / "docs" / "guides" / "queries.md").read_text(encoding="utf-8")
    for query in load_queries(root / "queries").values():
        parameters = ", ".join(f"`{name}`" for name in query.parameters) or "–"
        assert f"[`{query.name}`](../../{query.file}) | {query.question} | {parameters} |" in guide
    for key in DECORATORS:
        assert f"| `{key}` |" in guide
