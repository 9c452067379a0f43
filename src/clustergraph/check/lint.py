"""The lint check: one SPARQL query a rule, whose rows are what breaks it.

A rule is a file below `queries/lint/`: its `#+` lines are YAML with `summary` (the rule, as a sentence),
`severity` (Violation, Warning or Info) and `remedy`; the query selects `?focus` and `?value`. Its default
graph holds every asserted triple; named graphs hold the sources and, only there, what is not published: the
shapes and the DL axioms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.faults import located
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.check.profile import DL
from clustergraph.errors import Fault, QueryMalformed, QueryRefused, Severity, UnusableInput
from clustergraph.library.decorators import DecoratorError, read_decorators
from clustergraph.library.reading import Complaints, evaluated
from clustergraph.sources.content import Content
from clustergraph.sources.curated import read_rdf

_KEYS: Final = ("summary", "severity", "remedy")
_COLUMNS: Final = ("focus", "value")
_RULE: Final = "lint query"


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule and the query that finds what breaks it; `name` is the stem of its file."""

    name: str
    summary: str
    severity: Severity
    remedy: str
    query: str


@measured("lint")
def check_lint(dataset: CheckedDataset) -> Findings:
    """Ask every lint query; violations fail the check, warnings are listed."""
    content = dataset.content
    rules = load_rules(content)
    unpublished = [*dataset.collection.shapes]
    if (content.ontology / DL).is_file():
        unpublished += read_rdf(content, content.ontology / DL, "ontology-dl").quads
    store = lint_store(dataset.asserted, unpublished)
    faults = [located(dataset.collection, fault) for rule in rules for fault in broken(rule, store)]
    grades = Counter(fault.severity for fault in faults)
    figures = f"{plural(len(rules), 'rule')}, {plural(grades[Severity.VIOLATION], 'violation')}, "
    return Findings(figures + plural(grades[Severity.WARNING], "warning"), tuple(faults))


def load_rules(content: Content) -> tuple[LintRule, ...]:
    """Every rule below `queries/lint/`, by name; raises UnusableInput with all faults of all files."""
    rules: list[LintRule] = []
    faults: list[Fault] = []
    for path in sorted((content.queries / "lint").glob("*.rq")):
        complaints = Complaints(content.relative(path))
        rule = _read_rule(path, complaints)
        faults.extend(complaints.faults)
        if rule is not None and not complaints.faults:
            rules.append(rule)
    if not rules and not faults:
        faults.append(
            Fault(
                rule=_RULE,
                message="There is no lint query, so nothing would be checked.",
                fix="Restore the files below queries/lint/.",
                file="queries/lint",
            )
        )
    if faults:
        raise UnusableInput("The lint queries cannot be used.", faults, where=str(content.queries / "lint"))
    return tuple(rules)


def lint_store(published: Iterable[ox.Quad], unpublished: Iterable[ox.Quad] = ()) -> ox.Store:
    """What lint queries see; published quads of named graphs are expected in the default graph as well."""
    store = ox.Store()
    store.extend(published)
    store.extend(unpublished)
    return store


def broken(rule: LintRule, store: ox.Store) -> Sequence[Fault]:
    """A fault for each row of a rule's query, each once, sorted by focus.

    Where the focus is a blank node, which nobody can look up, the value stands for it.
    """
    rows = cast(ox.QuerySolutions, store.query(rule.query))
    found: dict[tuple[str, str | None], None] = {}
    for row in rows:
        focus, value = row["focus"], row["value"]
        found[_text(value if isinstance(focus, ox.BlankNode) else focus) or "", _text(value)] = None
    return [
        Fault(
            rule=f"lint {rule.name}",
            message=f"{_named(focus, value)} breaks the rule: {rule.summary}",
            fix=rule.remedy,
            focus=focus,
            value=value,
            severity=rule.severity,
        )
        for focus, value in sorted(found, key=lambda row: (row[0], row[1] or ""))
    ]


def _read_rule(path: Path, complaints: Complaints) -> LintRule | None:
    try:
        text = path.read_text(encoding="utf-8")
        decorators = read_decorators(text)
        answer = evaluated(text)
    except (OSError, UnicodeDecodeError) as error:
        complaints.add("readable file", f"The file cannot be read: {error}.", "Make it readable, in UTF-8.")
        return None
    except DecoratorError as error:
        complaints.add(_RULE, f"{error.message}.", "Correct the `#+` lines.", error.line)
        return None
    except (QueryMalformed, QueryRefused) as error:
        complaints.add("SPARQL syntax", error.what, "Correct the query at this place.", error.line)
        return None
    if not isinstance(answer, ox.QuerySolutions) or not set(_COLUMNS) <= {
        variable.value for variable in answer.variables
    }:
        complaints.add(_RULE, "It does not select ?focus and ?value.", "Write `SELECT ?focus ?value`.")
    complaints.unknown_keys(decorators, _KEYS, _RULE)
    summary = complaints.required_text(decorators, "summary", _RULE, meaning="the rule as a sentence", line=1)
    remedy = complaints.required_text(decorators, "remedy", _RULE, meaning="how to mend a breach", line=1)
    grade = complaints.required_text(
        decorators, "severity", _RULE, meaning=f"one of {', '.join(Severity)}", line=1
    )
    if grade not in list(Severity):
        complaints.add(_RULE, f"There is no severity {grade!r}.", f"Write one of {', '.join(Severity)}.")
        return None
    return LintRule(path.stem, summary, Severity(grade), remedy, text)


def _text(term: object) -> str | None:
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return None if term is None else str(term)


def _named(focus: str, value: str | None) -> str:
    return _short(focus) if value is None else f"{_short(focus)} ({_short(value)})"


def _short(text: str) -> str:
    return iris.compact(text) if text.startswith(("http:", "https:")) and " " not in text else text
