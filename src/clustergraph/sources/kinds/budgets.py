"""Rows that give the budget of what they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import model_validator

from clustergraph.sources.cells import Code, Period, PlainDecimal
from clustergraph.sources.figures import UNSTATED, Figure, state_figure
from clustergraph.sources.statements import SourcedRow, Statements


class BudgetedRow(SourcedRow):
    """A row with a budget in euro, empty where no page gives one; a budget has a qualifier and a nature."""

    schemes: ClassVar[Mapping[str, str]] = {"budget_qualifier": "qualifier", "budget_nature": "nature"}

    budget_eur: PlainDecimal | None = None
    budget_qualifier: Code | None = None
    budget_nature: Code | None = None

    @model_validator(mode="after")
    def _budget_is_whole(self) -> Self:
        if self.budget_eur is not None and None in (self.budget_qualifier, self.budget_nature):
            raise ValueError("a budget in euro comes with its qualifier and its nature")
        return self


def state_budget(
    statements: Statements, about: str, row: BudgetedRow, period: Period | None = None
) -> str | None:
    """Write the budget of a thing as an observation; its IRI, or None where the row gives no budget."""
    if row.budget_eur is None or row.budget_qualifier is None or row.budget_nature is None:
        return None
    figure = Figure(
        about,
        "budget",
        row.budget_eur,
        unit="EUR",
        qualifier=row.budget_qualifier,
        nature=row.budget_nature,
        period=period or UNSTATED,
    )
    return state_figure(statements, figure, row)
