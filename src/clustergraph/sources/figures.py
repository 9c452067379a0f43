"""Figures that public pages state, as observations of the data set `dataset/web-figures`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Final

from clustergraph import iris
from clustergraph.iris import CG, QB
from clustergraph.sources.cells import Period, parse_period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, UNITS, decimal, in_words

#: The one QB data set of figures that public pages state.
WEB_FIGURES: Final = iris.thing("dataset/web-figures")
UNSTATED: Final = parse_period("unstated")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number about one thing, or a range from `lowest` to `highest`, in the unit's own size (EUR).

    `indicator`, `qualifier` and `nature` are codes of the schemes of these names, `unit` is one of `UNITS`.
    """

    about: str
    indicator: str
    value: Decimal | None
    unit: str = "NUM"
    qualifier: str = "exact"
    nature: str = "stock"
    period: Period = UNSTATED
    lowest: Decimal | None = None
    highest: Decimal | None = None

    @property
    def words(self) -> str:
        """The number as people write it, or both ends of the range."""
        ends = (self.value,) if self.value is not None else (self.lowest, self.highest)
        return " to ".join("…" if end is None else in_words(end) for end in ends)


def state_figure(statements: Statements, figure: Figure, row: SourcedRow, *, name: str | None = None) -> str:
    """Write a figure that the pages of a row state; the IRI of the observation.

    The IRI is made of what is counted, the indicator, the period, the first page and the value, so that two
    values that one page gives are two observations; a `name` takes the place of all that.
    """
    graph = statements.graph
    subject = f"{iris.CGI}obs/{name or _made_name(figure, statements.states(row)[0].key)}"
    indicator = iris.concept("indicator", figure.indicator)
    graph.types(subject, [f"{CG}Observation"])
    graph.add_english(
        subject,
        LABEL,
        f"{statements.label(figure.about)}, {statements.label(indicator)}: {figure.words} {figure.unit}",
    )
    graph.link(subject, f"{QB}dataSet", WEB_FIGURES)
    graph.link(subject, f"{CG}aboutEntity", figure.about)
    graph.link(subject, f"{CG}indicator", indicator)
    for predicate, number in (
        ("numericValue", figure.value),
        ("rangeMin", figure.lowest),
        ("rangeMax", figure.highest),
    ):
        if number is not None:
            graph.add(subject, f"{CG}{predicate}", decimal(number))
    graph.link(subject, f"{CG}unit", UNITS[figure.unit])
    graph.link(subject, f"{CG}qualifier", iris.concept("qualifier", figure.qualifier))
    graph.link(subject, f"{CG}valueNature", iris.concept("nature", figure.nature))
    graph.link(subject, f"{CG}refPeriod", statements.period(figure.period))
    return statements.stated(subject, row)


def _made_name(figure: Figure, state: str) -> str:
    ends = [("", figure.value)] if figure.value is not None else _ends(figure)
    numbers = (lead + format(end.normalize(), "f").replace(".", "-") for lead, end in ends if end is not None)
    stem = f"{iris.slug_of(figure.about)}--{figure.indicator}--{figure.period.slug}"
    return f"{stem}--{state}--{'-'.join(numbers)}"


def _ends(figure: Figure) -> list[tuple[str, Decimal | None]]:
    return [("from-", figure.lowest), ("to-", figure.highest)]


def state_conflicts(statements: Statements, involved: Iterable[str]) -> None:
    """Say of each two observations among the statements involved that they conflict."""
    figures = [each for each in dict.fromkeys(involved) if each.startswith(f"{iris.CGI}obs/")]
    for one, other in combinations(figures, 2):
        statements.graph.link(one, f"{CG}conflictsWith", other)
