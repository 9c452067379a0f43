"""Class expressions and property expressions as values.

Source: OWL 2 Structural Specification, sections 6 and 8, as far as the RL profile uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.graphs import IllFormed, Term, written


class OutsideProfile(IllFormed):
    """An expression that stands where OWL 2 RL/RDF has no rule for it; the text says which.

    A signal inside this room: callers are told by a fault.
    """


@dataclass(frozen=True, slots=True)
class Property:
    """A property, or the inverse of one (`[ owl:inverseOf p ]`)."""

    iri: ox.NamedNode
    inverse: bool = False

    @property
    def turned(self) -> Property:
        """The inverse of this property."""
        return Property(self.iri, not self.inverse)

    def __str__(self) -> str:
        return iris.compact(self.iri.value) + ("⁻" if self.inverse else "")


@dataclass(frozen=True, slots=True)
class Named:
    """A class with a name."""

    iri: ox.NamedNode

    def __str__(self) -> str:
        return iris.compact(self.iri.value)


@dataclass(frozen=True, slots=True)
class Intersection:
    """owl:intersectionOf."""

    parts: tuple[ClassExpression, ...]

    def __str__(self) -> str:
        return "(" + " ⊓ ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class Union:
    """owl:unionOf."""

    parts: tuple[ClassExpression, ...]

    def __str__(self) -> str:
        return "(" + " ⊔ ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class OneOf:
    """owl:oneOf."""

    individuals: tuple[Term, ...]

    def __str__(self) -> str:
        return "{" + ", ".join(map(written, self.individuals)) + "}"


@dataclass(frozen=True, slots=True)
class Complement:
    """owl:complementOf."""

    part: ClassExpression

    def __str__(self) -> str:
        return f"¬{self.part}"


@dataclass(frozen=True, slots=True)
class HasValue:
    """owl:hasValue on a property."""

    property: Property
    value: Term

    def __str__(self) -> str:
        return f"({self.property} value {written(self.value)})"


@dataclass(frozen=True, slots=True)
class Some:
    """owl:someValuesFrom on a property; owl:Thing as filler asks for any value."""

    property: Property
    filler: ClassExpression

    def __str__(self) -> str:
        return f"({self.property} some {self.filler})"


@dataclass(frozen=True, slots=True)
class All:
    """owl:allValuesFrom on a property."""

    property: Property
    filler: ClassExpression

    def __str__(self) -> str:
        return f"({self.property} only {self.filler})"


@dataclass(frozen=True, slots=True)
class AtMost:
    """owl:maxCardinality or owl:maxQualifiedCardinality (`filler` is owl:Thing when unqualified)."""

    property: Property
    number: int
    filler: ClassExpression
    qualified: bool

    def __str__(self) -> str:
        return f"({self.property} at most {self.number} {self.filler})"


@dataclass(frozen=True, slots=True)
class Literals:
    """A datatype as the filler of owl:allValuesFrom: it speaks of literals, which are never subjects."""

    def __str__(self) -> str:
        return "literals"


ClassExpression: TypeAlias = (
    Named | Intersection | Union | OneOf | Complement | HasValue | Some | All | AtMost | Literals
)
