"""How faults call individuals, classes and properties: by their labels, with the identifier."""

from __future__ import annotations

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.expressions import ClassExpression, Named
from clustergraph.build.graphs import RDF_TYPE, Term


class Wording:
    """Looks labels and origins up in a store."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store

    def origin(self, individual: Term, expression: ClassExpression) -> str:
        """The graphs that say so, or that it follows."""
        if not isinstance(expression, Named) or isinstance(individual, ox.Literal | ox.Triple):
            return "by its definition"
        graphs = sorted(
            quad.graph_name.value.removeprefix(iris.GRAPH)
            for quad in self.store.quads_for_pattern(individual, RDF_TYPE, expression.iri)
            if isinstance(quad.graph_name, ox.NamedNode)
        )
        return f"stated in {', '.join(graphs)}" if graphs else "inferred"

    def of_class(self, expression: ClassExpression) -> str:
        """A class by its label, an expression as it is written."""
        return self.label(expression.iri) if isinstance(expression, Named) else str(expression)

    def label(self, iri: ox.NamedNode) -> str:
        """The English label of a term, or its prefixed name."""
        for predicate in (f"{iris.RDFS}label", f"{iris.SKOS}prefLabel"):
            labels = [
                quad.object
                for quad in self.store.quads_for_pattern(
                    iri, ox.NamedNode(predicate), None, ox.DefaultGraph()
                )
                if isinstance(quad.object, ox.Literal)
            ]
            for label in sorted(labels, key=lambda label: (label.language != "en", label.value)):
                return label.value
        return iris.compact(iri.value)

    def name(self, individual: Term) -> str:
        """An individual by its label and its prefixed name."""
        if isinstance(individual, ox.NamedNode):
            label, name = self.label(individual), iris.compact(individual.value)
            return name if label == name else f"{label} ({name})"
        return str(individual)
