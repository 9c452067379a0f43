"""A kind of table made up for tests: synthetic organisations with a place and a budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, ClassVar

import pyoxigraph as ox
from pydantic import BeforeValidator

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Code, PlainDecimal, Texts, ThingId
from clustergraph.sources.kinds.kind import Cells, Organisation, TableKind
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import decimal


class SyntheticRow(SourcedRow):
    """A made-up organisation."""

    schemes: ClassVar[dict[str, str]] = {"level": "policy-level"}

    id: ThingId
    name: str
    country: Code | None = None
    level: Code | None = None
    budget: PlainDecimal | None = None
    tags: Annotated[Texts, BeforeValidator(lambda value: () if value is None else value)] = ()


def emit(statements: Statements, row: SyntheticRow) -> None:
    """Five triples and those of the evidence."""
    statements.named(row.id, row, [f"{CG}ClusterOrganisation"], row.name)
    if row.country is not None:
        statements.relation(row.id, f"{CG}basedIn", iris.thing(f"country/{row.country}"), row)
    if row.budget is not None:
        statements.graph.add(row.id, "https://synthetic.example/budget", decimal(row.budget))
    for tag in row.tags:
        statements.graph.add_english(row.id, "https://synthetic.example/tag", tag)


def extract(store: ox.Store, graph: str) -> Iterator[Cells]:
    """The rows of a graph again, by identifier."""
    place = ox.NamedNode(graph)
    label = ox.NamedNode(f"{iris.RDFS}label")
    based, of = (ox.NamedNode(f"{CG}{name}") for name in ("basedIn", "ClusterOrganisation"))
    kinds = store.quads_for_pattern(None, ox.NamedNode(f"{iris.RDF}type"), of, place)
    for subject in sorted({quad.subject.value for quad in kinds}):

        def values(predicate: ox.NamedNode, subject: str = subject) -> list[str]:
            found = store.quads_for_pattern(ox.NamedNode(subject), predicate, None, place)
            return sorted(quad.object.value for quad in found)

        budget = values(ox.NamedNode("https://synthetic.example/budget"))
        country = values(based)
        yield {
            "id": subject.removeprefix(iris.CGI),
            "name": values(label)[0],
            "country": country[0].rsplit("/", 1)[-1] if country else None,
            "budget": str(Decimal(budget[0])) if budget else None,
            "tags": "|".join(values(ox.NamedNode("https://synthetic.example/tag"))) or None,
        }


def organisations(row: SyntheticRow) -> Iterable[Organisation]:
    """The row itself."""
    yield Organisation(row.id, row.name, row.country)


SYNTHETIC = TableKind(
    name="synthetic",
    title="Synthetic organisations",
    model=SyntheticRow,
    subject=lambda row: row.id,
    emit=emit,
    label=lambda row: row.name,
    synonyms={"Organisation name": "name", "Land": "country"},
    extract=extract,
    organisations=organisations,
)
