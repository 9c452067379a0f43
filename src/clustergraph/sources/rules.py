"""Rules of programmes, instruments and calls that public pages state, so that a query can test a case."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from clustergraph import iris
from clustergraph.iris import CG, DCT
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, UNITS, decimal, in_words

Comparison: TypeAlias = Literal[">=", "<=", "=", "in"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition: a case of the type passes if it compares with the numbers, or with the texts.

    `type` is a code of the scheme rule-type; `unit` one of `UNITS` for numbers, which stand in the unit's
    own size; `counted` says in words what the numbers or texts are of.
    """

    about: tuple[str, ...]
    type: str
    operator: Comparison
    numbers: tuple[Decimal, ...] = ()
    unit: str | None = None
    texts: tuple[str, ...] = ()
    counted: str | None = None
    strand: str | None = None
    description: str | None = None


def state_rule(statements: Statements, subject: str, rule: Rule, row: SourcedRow) -> str:
    """Write a rule that the pages of a row state, under the IRI given."""
    graph = statements.graph
    kind = iris.concept("rule-type", rule.type)
    values = [in_words(number) for number in sorted(rule.numbers)] or sorted(rule.texts)
    words = (
        f"{statements.label(rule.about[0])}: {statements.label(kind)} {rule.operator} {' or '.join(values)}"
    )
    if rule.unit in ("EUR", "PERCENT"):
        words += " EUR" if rule.unit == "EUR" else " %"
    graph.types(subject, [f"{CG}SupportRule"])
    graph.add_english(subject, LABEL, words)
    graph.add_english(subject, f"{DCT}description", rule.description)
    graph.link(subject, f"{CG}ruleType", kind)
    graph.add(subject, f"{CG}operator", rule.operator)
    for number in rule.numbers:
        graph.add(subject, f"{CG}numericValue", decimal(number))
    for text in rule.texts:
        graph.add(subject, f"{CG}textValue", text)
    if rule.unit is not None:
        graph.link(subject, f"{CG}unit", UNITS[rule.unit])
    graph.add(subject, f"{CG}unitText", rule.counted)
    graph.add(subject, f"{CG}strandText", rule.strand)
    for about in rule.about:
        graph.link(about, f"{CG}hasRule", subject)
    return statements.stated(subject, row)
