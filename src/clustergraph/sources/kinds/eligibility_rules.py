"""Rules of programmes, instruments and calls: who may apply, with whom, for how much and how long."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Final, Literal, Self

from pydantic import TypeAdapter, ValidationError, model_validator

from clustergraph.sources.cells import Code, Names, PlainDecimal, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.rules import Comparison, Rule, state_rule
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.things import Words

_NUMBER: Final = TypeAdapter[Decimal](PlainDecimal)


class EligibilityRuleRow(SourcedRow):
    """A rule; with a `unit` its values are numbers, without one they are texts, separated by `|`.

    `unit_text` says in words what is counted or listed; `strand` names the strand that alone has the rule.
    """

    schemes: ClassVar[Mapping[str, str]] = {"rule_type": "rule-type"}

    id: ThingId
    about: Names
    rule_type: Code
    operator: Comparison
    value: Words
    unit: Literal["EUR", "NUM", "PERCENT", "DAY", "MO", "KM"] | None = None
    unit_text: str | None = None
    strand: str | None = None
    description: str

    @model_validator(mode="after")
    def _values_fit_the_comparison(self) -> Self:
        if not self.about or not self.value:
            raise ValueError("a rule is about something and has a value")
        if self.operator != "in" and len(self.value) > 1:
            raise ValueError(f"several values need the comparison in, not {self.operator}")
        if self.unit is None and self.operator in (">=", "<="):
            raise ValueError(f"the comparison {self.operator} needs a number with a unit")
        if self.unit is not None:
            self.numbers()
        return self

    def numbers(self) -> tuple[Decimal, ...]:
        """The values as numbers; raises ValueError where one is none."""
        try:
            return tuple(_NUMBER.validate_python(value) for value in self.value)
        except ValidationError as error:
            raise ValueError("with a unit every value is a plain decimal such as 75 or 2500000") from error


def _emit(statements: Statements, row: EligibilityRuleRow) -> str:
    rule = Rule(
        about=row.about,
        type=row.rule_type,
        operator=row.operator,
        numbers=() if row.unit is None else row.numbers(),
        unit=row.unit,
        texts=row.value if row.unit is None else (),
        counted=row.unit_text,
        strand=row.strand,
        description=row.description,
    )
    return state_rule(statements, row.id, rule, row)


ELIGIBILITY_RULES: Final = TableKind(
    name="eligibility_rules",
    title="Rules of programmes, instruments and calls",
    model=EligibilityRuleRow,
    subject=lambda row: row.id,
    emit=_emit,
)
