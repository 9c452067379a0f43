"""Contradictions: what the closed graph says and the ontology forbids.

Source: OWL 2 Profiles (second edition), section 4.3, the rules that conclude `false`: cax-dw, cax-adc,
cls-com, cls-nothing2, cls-maxc1, cls-maxqc1, cls-maxqc2, prp-irp, prp-asyp, prp-pdw, prp-adp,
prp-npa1 and prp-npa2.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from clustergraph.build.axioms import NOTHING, SUB_CLASS, THING, Ontology, owl
from clustergraph.build.expressions import (
    AtMost,
    ClassExpression,
    Complement,
    Intersection,
    Named,
    OutsideProfile,
    Property,
)
from clustergraph.build.graphs import Term
from clustergraph.build.rules import Body, conditions, step
from clustergraph.build.wording import Wording
from clustergraph.errors import Fault

_THING = "?thing"
_OTHER = "?other"


def inconsistencies(store: ox.Store, ontology: Iterable[ox.Quad]) -> tuple[Fault, ...]:
    """Every contradiction in the default graph of a closed store, each once, by individual and rule.

    A fault's `rule` is the rule of OWL 2 RL/RDF, its `focus` the individual; `value` is the other individual
    where the contradiction is about two. An axiom that cannot be checked is a fault as well, of the rule
    “OWL 2 RL profile”.
    """
    contradictions = _Contradictions(store, Ontology(ontology))
    found = {*contradictions.all(), *contradictions.unchecked}
    return tuple(sorted(found, key=lambda fault: (fault.focus or "", fault.rule, fault.message)))


class _Contradictions(Wording):
    def __init__(self, store: ox.Store, ontology: Ontology) -> None:
        super().__init__(store)
        self.ontology = ontology
        self.unchecked: list[Fault] = []
        self._fresh = itertools.count(1)

    def all(self) -> Iterator[Fault]:
        yield from self._disjoint_classes()
        yield from self._empty_class()
        yield from self._class_limits()
        yield from self._property_characteristics()
        yield from self._disjoint_properties()
        yield from self._denied()

    def _disjoint_classes(self) -> Iterator[Fault]:
        for one, other in self.ontology.pairs(owl("disjointWith")):
            yield from self._shared("cax-dw", (one, other), "owl:disjointWith")
        for group in self.ontology.instances("AllDisjointClasses"):
            for members in self.ontology.objects(group, owl("members")):
                yield from self._shared("cax-adc", self._items(members), "owl:AllDisjointClasses")

    def _shared(self, rule: str, nodes: Iterable[Term], axiom: str) -> Iterator[Fault]:
        classes_of: dict[Term, list[ClassExpression]] = defaultdict(list)
        for node in nodes:
            expression = self._expression(node)
            if expression is not None:
                for individual in self._members(expression):
                    classes_of[individual].append(expression)
        for individual, classes in classes_of.items():
            for pair in itertools.combinations(sorted(classes, key=str), 2):
                yield self._both(rule, individual, pair, axiom)

    def _both(
        self, rule: str, individual: Term, pair: tuple[ClassExpression, ClassExpression], axiom: str
    ) -> Fault:
        words = " and ".join(f"“{self.of_class(each)}” ({self.origin(individual, each)})" for each in pair)
        return Fault(
            rule=rule,
            message=f"{self.name(individual)} is in the classes {words}, which can have no member in common "
            f"({pair[0]} and {pair[1]}, {axiom}).",
            fix="Remove the type that is wrong; where it is inferred, the statement it follows from: a "
            "subclass, or a property with that domain or range. If two things share this identifier, give "
            "one of them its own.",
            focus=_focus(individual),
        )

    def _empty_class(self) -> Iterator[Fault]:
        for individual in self._members(Named(NOTHING)):
            yield Fault(
                rule="cls-nothing2",
                message=f"{self.name(individual)} is in the class owl:Nothing, which has no members.",
                fix="Remove the statement, or the axiom, that puts it there.",
                focus=_focus(individual),
            )

    def _class_limits(self) -> Iterator[Fault]:
        """Complements and maxima of zero, stated of a class."""
        for lower, upper in self._subsumptions():
            for part in _conjuncts(upper):
                if isinstance(part, Complement):
                    yield from self._complement(lower, part)
                elif isinstance(part, AtMost) and part.number == 0:
                    yield from self._maximum(lower, part)

    def _complement(self, lower: ClassExpression, upper: Complement) -> Iterator[Fault]:
        inside = set(self._members(upper.part))
        for individual in self._members(lower):
            if individual in inside:
                yield self._both("cls-com", individual, (lower, upper.part), "owl:complementOf")

    def _maximum(self, lower: ClassExpression, upper: AtMost) -> Iterator[Fault]:
        rule = (
            "cls-maxc1"
            if not upper.qualified
            else "cls-maxqc2"
            if upper.filler == Named(THING)
            else "cls-maxqc1"
        )
        link = Body((step(upper.property, _THING, _OTHER),))
        any_filler = upper.filler == Named(THING)
        fillers = [Body()] if any_filler else self._conditions(upper.filler, _OTHER)
        for condition, filler in itertools.product(self._conditions(lower, _THING), fillers):
            for individual, value in self._rows(condition.and_also(link).and_also(filler)):
                yield Fault(
                    rule=rule,
                    message=f"{self.name(individual)} is in the class “{self.of_class(lower)}”, whose "
                    f"members have no “{self.label(upper.property.iri)}”, but has {self.name(value)}.",
                    fix="Remove the value, or the type.",
                    focus=_focus(individual),
                    value=_focus(value),
                )

    def _property_characteristics(self) -> Iterator[Fault]:
        for (link,) in self._links((node,) for node in self.ontology.instances("IrreflexiveProperty")):
            for individual, _ in self._rows(Body((step(link, _THING, _THING),)), _THING, _THING):
                yield Fault(
                    rule="prp-irp",
                    message=f"{self.name(individual)} is related to itself by “{self.label(link.iri)}” "
                    f"({link}), which relates nothing to itself.",
                    fix="Point the statement at the thing that was meant, or remove it; where it is "
                    "inferred, look for a cycle.",
                    focus=_focus(individual),
                )
        for (link,) in self._links((node,) for node in self.ontology.instances("AsymmetricProperty")):
            both = Body((step(link, _THING, _OTHER), step(link, _OTHER, _THING)))
            for one, other in {_ordered(pair) for pair in self._rows(both)}:
                yield Fault(
                    rule="prp-asyp",
                    message=f"“{self.label(link.iri)}” ({link}) runs from {self.name(one)} to "
                    f"{self.name(other)} and back, but it can run one way only.",
                    fix="Remove the statement that has the wrong direction.",
                    focus=_focus(one),
                    value=_focus(other),
                )

    def _disjoint_properties(self) -> Iterator[Fault]:
        yield from self._excluding("prp-pdw", self.ontology.pairs(owl("propertyDisjointWith")))
        for node in self.ontology.instances("AllDisjointProperties"):
            for members in self.ontology.objects(node, owl("members")):
                yield from self._excluding("prp-adp", itertools.combinations(self._items(members), 2))

    def _excluding(self, rule: str, pairs: Iterable[tuple[Term, Term]]) -> Iterator[Fault]:
        for one, other in self._links(tuple(sorted(pair, key=str)) for pair in pairs):
            for individual, value in self._rows(
                Body((step(one, _THING, _OTHER), step(other, _THING, _OTHER)))
            ):
                yield Fault(
                    rule=rule,
                    message=f"{self.name(individual)} is related to {self.name(value)} both by "
                    f"“{self.label(one.iri)}” ({one}) and by “{self.label(other.iri)}” ({other}), which "
                    "exclude each other.",
                    fix="Remove the relation that does not hold.",
                    focus=_focus(individual),
                    value=_focus(value),
                )

    def _denied(self) -> Iterator[Fault]:
        """Negative property assertions."""
        for node, source in self.ontology.pairs(owl("sourceIndividual")):
            predicates = self.ontology.objects(node, owl("assertionProperty"))
            for (link,) in self._links((predicate,) for predicate in predicates):
                for rule, term in (("prp-npa1", "targetIndividual"), ("prp-npa2", "targetValue")):
                    for target in self.ontology.objects(node, owl(term)):
                        if self._stated(source, link, target):
                            yield Fault(
                                rule=rule,
                                message=f"{self.name(source)} has “{self.label(link.iri)}” ({link}) "
                                f"{self.name(target)}, which the ontology denies.",
                                fix="Remove the statement, or the negative assertion.",
                                focus=_focus(source),
                                value=_focus(target),
                            )

    def _stated(self, source: Term, link: Property, target: Term) -> bool:
        start, end = (target, source) if link.inverse else (source, target)
        if isinstance(start, ox.Literal | ox.Triple):
            return False
        return ox.Quad(start, link.iri, end) in self.store

    def _links(self, groups: Iterable[tuple[Term, ...]]) -> Iterator[tuple[Property, ...]]:
        """Groups of nodes as properties; those that are none are noted as unchecked."""
        for nodes in groups:
            try:
                yield tuple(self.ontology.property_expression(node) for node in nodes)
            except OutsideProfile as reason:
                self._note(reason)

    def _subsumptions(self) -> Iterator[tuple[ClassExpression, ClassExpression]]:
        pairs: list[tuple[Term, Term]] = list(self.ontology.pairs(SUB_CLASS))
        for one, other in self.ontology.pairs(owl("equivalentClass")):
            pairs += [(one, other), (other, one)]
        for lower, upper in pairs:
            try:
                yield self.ontology.class_expression(lower), self.ontology.class_expression(upper)
            except OutsideProfile:
                continue  # such an axiom is refused when the rules are compiled
        for constructor in ("complementOf", "onProperty"):
            for node, _ in self.ontology.pairs(owl(constructor)):
                if isinstance(node, ox.NamedNode):
                    try:
                        expressions = list(self.ontology.structures(node))
                    except OutsideProfile:
                        continue
                    yield from ((Named(node), expression) for expression in expressions)

    def _expression(self, node: Term) -> ClassExpression | None:
        try:
            return self.ontology.class_expression(node)
        except OutsideProfile as reason:
            self._note(reason)
            return None

    def _items(self, members: Term) -> tuple[Term, ...]:
        try:
            return self.ontology.items(members)
        except OutsideProfile as reason:
            self._note(reason)
            return ()

    def _note(self, reason: OutsideProfile) -> None:
        self.unchecked.append(
            Fault(
                rule="OWL 2 RL profile",
                message=f"An axiom that forbids something has {reason}: no rule of OWL 2 RL can check it.",
                fix="Write it with constructs of the profile, or move it to the ontology of DL axioms.",
            )
        )

    def _members(self, expression: ClassExpression) -> list[Term]:
        bodies = self._conditions(expression, _THING)
        return list(dict.fromkeys(row[0] for body in bodies for row in self._rows(body, _THING, _THING)))

    def _conditions(self, expression: ClassExpression, member: str) -> list[Body]:
        try:
            return conditions(expression, member, self._fresh)
        except OutsideProfile as reason:
            self._note(reason)
            return []

    def _rows(self, body: Body, first: str = _THING, second: str = _OTHER) -> list[tuple[Term, Term]]:
        columns = first if first == second else f"{first} {second}"
        rows = self.store.query(f"SELECT DISTINCT {columns} WHERE {{ {body} }}")
        return [(row[0], row[len(row) - 1]) for row in rows]  # type: ignore[union-attr]


def _conjuncts(expression: ClassExpression) -> Iterator[ClassExpression]:
    if isinstance(expression, Intersection):
        for part in expression.parts:
            yield from _conjuncts(part)
    else:
        yield expression


def _focus(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _ordered(pair: tuple[Term, Term]) -> tuple[Term, Term]:
    one, other = sorted(pair, key=str)
    return one, other
