"""Rules: one axiom of the ontology as patterns to match and a triple to conclude."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyoxigraph as ox

from clustergraph.build.axioms import THING
from clustergraph.build.expressions import (
    All,
    AtMost,
    ClassExpression,
    Complement,
    HasValue,
    Intersection,
    Literals,
    Named,
    OneOf,
    OutsideProfile,
    Property,
    Some,
    Union,
)
from clustergraph.build.graphs import RDF_TYPE, Term

#: What triples and patterns are told apart by: the predicate, and for rdf:type the class.
Key: TypeAlias = tuple[str, str | None]
#: The key of `?thing a ?class`.
OF_ANY_CLASS: Final[Key] = (RDF_TYPE.value, None)


def keys_of(key: Key) -> frozenset[Key]:
    """The keys of the patterns that a triple with a key can match."""
    return frozenset((key, OF_ANY_CLASS)) if key[0] == RDF_TYPE.value else frozenset((key,))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern whose subject and object are variables (`?thing`) or terms in SPARQL syntax."""

    subject: str
    predicate: ox.NamedNode
    object: str

    def __str__(self) -> str:
        return f"{self.subject} {self.predicate} {self.object} ."

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, subject first."""
        return tuple(dict.fromkeys(part for part in (self.subject, self.object) if part.startswith("?")))

    @property
    def key(self) -> Key:
        """What a triple must carry to match: the predicate, and for rdf:type the class or None for any."""
        of_class = self.object if self.predicate == RDF_TYPE and not self.object.startswith("?") else None
        return self.predicate.value, of_class

    def may_match(self, head: Pattern) -> bool:
        """Whether a triple that a rule concludes as `head` can match this pattern."""
        (predicate, of_class), (concluded, its_class) = self.key, head.key
        return predicate == concluded and (of_class == its_class or None in (of_class, its_class))


@dataclass(frozen=True, slots=True)
class Body:
    """The condition of a rule: patterns that must all match, and values of variables.

    `values` are SPARQL VALUES clauses; `kinds` are the rules of OWL 2 RL/RDF it stands for.
    """

    patterns: tuple[Pattern, ...] = ()
    values: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """Every variable of the patterns."""
        return frozenset(name for pattern in self.patterns for name in pattern.variables)

    def and_also(self, other: Body) -> Body:
        """Both conditions at once."""
        return Body(
            self.patterns + tuple(pattern for pattern in other.patterns if pattern not in self.patterns),
            self.values + other.values,
            self.kinds + other.kinds,
        )

    def __str__(self) -> str:
        return "\n  ".join((*self.values, *map(str, self.patterns)))


@dataclass(frozen=True, slots=True)
class Rule:
    """One axiom, compiled: where `body` matches, the triples of `head` follow.

    `name` says the axiom in the words of the specification, `kinds` are the rules of OWL 2 RL/RDF it applies
    (OWL 2 Profiles, section 4.3, tables 5 to 9), the axiom's own first.
    """

    name: str
    kinds: tuple[str, ...]
    head: tuple[Pattern, ...]
    body: Body

    @property
    def kind(self) -> str:
        """The rule of OWL 2 RL/RDF that the axiom itself stands for."""
        return self.kinds[0]

    @property
    def update(self) -> str:
        """The rule as a SPARQL 1.1 update on a default graph."""
        head = "\n  ".join(map(str, self.head))
        return f"INSERT {{\n  {head}\n}}\nWHERE {{\n  {self.body}{self.guard()}\n}}"

    @property
    def composes(self) -> bool:
        """Whether the rule joins a property with itself to conclude it: that of a transitive property."""
        link = self._chain()
        return link is not None and {step.predicate for step in link} == {self.head[0].predicate}

    def _chain(self) -> tuple[Pattern, Pattern] | None:
        """The two steps, first and second, of a rule that concludes from a start to an end over a middle."""
        if len(self.head) != 1 or len(self.body.patterns) != 2 or self.body.values:
            return None
        (head,), (one, other) = self.head, self.body.patterns
        first, second = (one, other) if one.object == other.subject else (other, one)
        places = head.subject, first.object, head.object
        runs = (first.subject, second.subject, second.object) == places
        return (first, second) if runs and len({*places}) == 3 and all(map(_is_variable, places)) else None

    def carries_along(self, transitive: Set[ox.NamedNode]) -> bool:
        """Whether the rule is a chain that leads a property on over one of these, as `p ∘ within ⊑ p` does.

        What it concludes leads it nowhere new: the second step is a step of the closed transitive property.
        """
        link = self._chain()
        if link is None:
            return False
        predicate, steps = self.head[0].predicate, {pattern.predicate for pattern in link}
        return predicate in steps and any(step in transitive for step in steps - {predicate})

    def undoes(self, other: Rule) -> bool:
        """Whether this rule draws from what another concludes only triples that this was drawn from.

        So do the two rules of a pair of inverses, and that of a symmetric property by itself.
        """
        if any(len(patterns) != 1 for rule in (self, other) for patterns in (rule.head, rule.body.patterns)):
            return False
        (head,), (body,) = self.head, self.body.patterns
        (its_head,), (its_body,) = other.head, other.body.patterns
        if self.body.values or not len(body.variables) == len(its_head.variables) == 2:
            return False
        renamed = dict(zip((body.subject, body.object), (its_head.subject, its_head.object), strict=True))
        back = (renamed.get(head.subject), head.predicate, renamed.get(head.object))
        return body.predicate == its_head.predicate and back == (
            its_body.subject,
            its_body.predicate,
            its_body.object,
        )

    def variables(self) -> tuple[str, ...]:
        """The variables of the head, which are the columns of a query for what it concludes."""
        return tuple(dict.fromkeys(name for pattern in self.head for name in pattern.variables))

    def guard(self) -> str:
        """The filter of the body: a literal never becomes a subject (RDF 1.1 Concepts, section 3.1)."""
        safe = {pattern.subject for pattern in self.body.patterns}
        open_to_literals = {
            pattern.subject
            for pattern in self.head
            if pattern.subject.startswith("?") and pattern.subject not in safe
        }
        return "".join(f" FILTER(!isLiteral({name}))" for name in sorted(open_to_literals))


def _is_variable(part: str) -> bool:
    return part.startswith("?")


def step(link: Property, start: str, end: str) -> Pattern:
    """The pattern of one property from start to end; an inverse runs the other way."""
    first, last = (end, start) if link.inverse else (start, end)
    return Pattern(first, link.iri, last)


def conditions(expression: ClassExpression, member: str, fresh: Iterator[int]) -> list[Body]:  # noqa: PLR0911
    """The alternative conditions under which a member belongs to a class expression.

    Raises OutsideProfile where OWL 2 RL has no rule that recognises members of such an expression.
    """
    match expression:
        case Named(iri=name) if name != THING:
            return [Body((Pattern(member, RDF_TYPE, str(name)),))]
        case Intersection(parts=parts):
            alternatives = itertools.product(*(conditions(part, member, fresh) for part in parts))
            return [_all_of(bodies, "cls-int1") for bodies in alternatives]
        case Union(parts=parts):
            return [
                Body(body.patterns, body.values, ("cls-uni", *body.kinds))
                for part in parts
                for body in conditions(part, member, fresh)
            ]
        case OneOf(individuals=individuals):
            values = " ".join(constant(individual) for individual in individuals)
            return [Body(values=(f"VALUES {member} {{ {values} }}",), kinds=("cls-oo",))]
        case HasValue(property=on, value=value):
            return [Body((step(on, member, constant(value)),), kinds=("cls-hv2",))]
        case Some(property=on, filler=filler):
            end = f"?value{next(fresh)}"
            link = step(on, member, end)
            if filler == Named(THING):
                return [Body((link,), kinds=("cls-svf2",))]
            return [
                Body((link,), kinds=("cls-svf1",)).and_also(body) for body in conditions(filler, end, fresh)
            ]
    raise OutsideProfile(f"{expression} as a condition")


def conclusions(expression: ClassExpression, member: str, fresh: Iterator[int]) -> list[tuple[Body, Pattern]]:
    """What follows for a member of a class expression: each triple, with the further condition it needs.

    Complements and maximum cardinalities conclude nothing here (they can be contradicted, or would merge
    individuals, which this closure never does). Raises OutsideProfile where OWL 2 RL has no rule.
    """
    match expression:
        case Named(iri=name):
            return [] if name == THING else [(Body(), Pattern(member, RDF_TYPE, str(name)))]
        case Intersection(parts=parts):
            return [
                (Body(body.patterns, body.values, ("cls-int2", *body.kinds)), head)
                for part in parts
                for body, head in conclusions(part, member, fresh)
            ]
        case HasValue(property=on, value=value):
            return [(Body(kinds=("cls-hv1",)), step(on, member, constant(value)))]
        case All(property=on, filler=filler):
            end = f"?value{next(fresh)}"
            link = Body((step(on, member, end),), kinds=("cls-avf",))
            return [(link.and_also(body), head) for body, head in conclusions(filler, end, fresh)]
        case Complement() | AtMost() | Literals():
            return []
    raise OutsideProfile(f"{expression} as a conclusion")


def constant(term: Term) -> str:
    """A term in SPARQL syntax; raises OutsideProfile for a blank node, which no query can name."""
    if isinstance(term, (ox.NamedNode, ox.Literal)):
        return str(term)
    raise OutsideProfile("an individual without an IRI")


def _all_of(bodies: tuple[Body, ...], kind: str) -> Body:
    merged = Body(kinds=(kind,))
    for body in bodies:
        merged = merged.and_also(body)
    return merged
