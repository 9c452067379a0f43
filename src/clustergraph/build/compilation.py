"""Compilation: every axiom of the ontology that concludes something about individuals becomes rules.

Source: OWL 2 Profiles (second edition), section 4.3, tables 5, 6, 7 and 9.

* Class expressions are written into the rules instead of being concluded: `x a _:restriction` is never drawn,
  only what follows from it for named classes and properties.
* Axioms between axioms (scm-*) are drawn once, when compiling, and enter as rules without a condition; of
  them, too, only triples between named terms.
* Left out on purpose: eq-* with prp-fp, prp-ifp, prp-key, cls-maxc2 and cls-maxqc3/4 (they only conclude
  owl:sameAs; merging would hide duplicates, which shapes report instead), the axiomatic triples of prp-ap,
  cls-thing, cls-nothing1, scm-cls, scm-op and scm-dp, membership of owl:Thing, and dt-* (a literal is never
  a subject).
* Only axioms of the ontology given are compiled; an axiom stated in data has no effect.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.axioms import DOMAIN, RANGE, SUB_CLASS, SUB_PROPERTY, THING, Ontology, owl
from clustergraph.build.expressions import ClassExpression, Named, OutsideProfile, Property
from clustergraph.build.graphs import RDF_TYPE, Term, written
from clustergraph.build.rules import Body, Pattern, Rule, conclusions, conditions, step
from clustergraph.build.schema import schema_closure
from clustergraph.errors import BuildRefused, Fault

_MEMBER: Final = "?thing"


def compile_rules(quads: Iterable[ox.Quad]) -> tuple[Rule, ...]:
    """The rules of an ontology, in a fixed order.

    Raises BuildRefused with a fault for every axiom that OWL 2 RL has no rule for, since ignoring it would
    silently change answers.
    """
    stated = Ontology(quads)
    compiler = _Compiler(stated)
    rules = compiler.rules()
    if compiler.faults:
        raise BuildRefused(
            f"The ontology has {len(compiler.faults)} axiom(s) that no rule of OWL 2 RL can use.",
            compiler.faults,
        )
    return rules


class _Compiler:
    def __init__(self, stated: Ontology) -> None:
        self.stated = stated
        self.closed, self.derived = schema_closure(stated)
        self.faults: list[Fault] = []
        self._fresh = itertools.count(1)

    def rules(self) -> tuple[Rule, ...]:
        """Every rule once; where a stated and an entailed axiom say the same, the stated one names it."""
        drawn: dict[tuple[object, ...], Rule] = {}
        for rule in (*_in_order(self._stated()), *_in_order(self._entailed())):
            if not set(rule.head) <= set(rule.body.patterns):
                drawn.setdefault((rule.head, frozenset(rule.body.patterns), rule.body.values), rule)
        return tuple(_in_order(drawn.values()))

    def _stated(self) -> Iterator[Rule]:
        yield from self._definitions()
        yield from self._subsumptions(self.stated)
        yield from self._memberships()
        yield from self._properties()
        yield from self._chains()
        yield from self._ends(DOMAIN, "prp-dom")
        yield from self._ends(RANGE, "prp-rng")

    def _entailed(self) -> Iterator[Rule]:
        yield from self._schema()
        yield from self._subsumptions(self.closed)

    def _schema(self) -> Iterator[Rule]:
        """Triples between named terms that follow from the axioms alone."""
        for kind, triples in self.derived.items():
            head = tuple(
                Pattern(str(triple.subject), triple.predicate, str(triple.object))
                for triple in sorted(triples, key=str)
                if isinstance(triple.subject, ox.NamedNode)
                and isinstance(triple.object, ox.NamedNode)
                and triple.object != THING
            )
            if head:
                yield Rule(f"{kind} (axioms on axioms)", (kind,), head, Body())

    def _subsumptions(self, ontology: Ontology) -> Iterator[Rule]:
        """cax-sco, cax-eqc1 and cax-eqc2; an axiom is refused only where it is stated."""
        strict = ontology is self.stated
        for lower, upper in ontology.pairs(SUB_CLASS):
            if upper not in (lower, THING):
                rules = self._implications(lower, upper, "cax-sco", "⊑")
                if not isinstance(rules, OutsideProfile):
                    yield from rules
                elif strict:
                    self._refuse(rules, lower, upper, "rdfs:subClassOf")
        for one, other in ontology.pairs(owl("equivalentClass")):
            forth = self._implications(one, other, "cax-eqc1", "≡")
            back = self._implications(other, one, "cax-eqc2", "≡")
            if not isinstance(forth, OutsideProfile):
                yield from forth
            if not isinstance(back, OutsideProfile):
                yield from back
            elif isinstance(forth, OutsideProfile) and strict:
                self._refuse(forth, one, other, "owl:equivalentClass")

    def _implications(self, lower: Term, upper: Term, kind: str, sign: str) -> list[Rule] | OutsideProfile:
        try:
            left, right = self.stated.class_expression(lower), self.stated.class_expression(upper)
            return self._implied(left, right, (kind,), f"{kind} {left} {sign} {right}")
        except OutsideProfile as reason:
            return reason

    def _implied(
        self, left: ClassExpression, right: ClassExpression, kinds: tuple[str, ...], name: str
    ) -> list[Rule]:
        numbers = itertools.count(1)
        return [
            Rule(name, tuple(dict.fromkeys((*kinds, *body.kinds, *more.kinds))), (head,), body.and_also(more))
            for body in conditions(left, _MEMBER, numbers)
            for more, head in conclusions(right, _MEMBER, numbers)
        ]

    def _definitions(self) -> Iterator[Rule]:
        """Constructors written on a named class itself (`cg:X owl:unionOf …`)."""
        constructors = ("intersectionOf", "unionOf", "oneOf", "complementOf", "onProperty", "disjointUnionOf")
        named = {
            node
            for constructor in constructors
            for node, _ in self.stated.pairs(owl(constructor))
            if isinstance(node, ox.NamedNode)
        }
        for node in sorted(named, key=str):
            try:
                expressions = list(self.stated.structures(node))
            except OutsideProfile as reason:
                self._refuse(reason, node, node, "a definition")
                continue
            for expression in expressions:
                yield from self._defined(node, expression)

    def _defined(self, node: ox.NamedNode, expression: ClassExpression) -> Iterator[Rule]:
        name = Named(node)
        refusals = []
        for left, right in ((expression, name), (name, expression)):
            try:
                rules = self._implied(left, right, (), f"{name} ≡ {expression}")
            except OutsideProfile as reason:
                refusals.append(reason)
                continue
            for rule in rules:
                kinds = rule.kinds or ("cls",)
                yield Rule(f"{kinds[0]} {rule.name}", kinds, rule.head, rule.body)
        if len(refusals) == 2:
            self._refuse(refusals[0], node, node, "a definition")

    def _memberships(self) -> Iterator[Rule]:
        """Individuals of the ontology typed with an anonymous class."""
        for individual, kind in self.stated.pairs(RDF_TYPE):
            if not isinstance(kind, ox.BlankNode):
                continue
            uppers = [kind, *(upper for lower, upper in self.closed.pairs(SUB_CLASS) if lower == kind)]
            for upper in uppers:
                try:
                    if isinstance(individual, ox.BlankNode):
                        raise OutsideProfile("an individual without an IRI as a member of an anonymous class")
                    expression = self.stated.class_expression(upper)
                    found = conclusions(expression, str(individual), itertools.count(1))
                except OutsideProfile as reason:
                    if upper == kind:
                        self._refuse(reason, individual, kind, "rdf:type")
                    continue
                for body, head in found:
                    kinds = body.kinds or ("cax-sco",)
                    yield Rule(f"{kinds[0]} {written(individual)} ∈ {expression}", kinds, (head,), body)

    def _properties(self) -> Iterator[Rule]:
        """Subproperties, equivalences, inverses, symmetry and transitivity."""
        equivalences = set(self.stated.pairs(owl("equivalentProperty")))
        for lower, upper in self.closed.pairs(SUB_PROPERTY):
            if lower == upper:
                continue
            if (lower, upper) in equivalences:
                kind, sign = "prp-eqp1", "≡"
            elif (upper, lower) in equivalences:
                kind, sign = "prp-eqp2", "≡"
            else:
                kind, sign = "prp-spo1", "⊑"
            if (links := self._links(lower, upper, axiom="rdfs:subPropertyOf")) is not None:
                left, right = links
                yield self._link_rule(kind, f"{left} {sign} {right}", left, right)
        for one, other in self.stated.pairs(owl("inverseOf")):
            if isinstance(one, ox.NamedNode) and (links := self._links(one, other, axiom="owl:inverseOf")):
                left, right = links
                yield self._link_rule("prp-inv1", f"{left} ≡ {right.turned}", left, right.turned)
                yield self._link_rule("prp-inv2", f"{left.turned} ≡ {right}", right, left.turned)
        for node in self.stated.instances("SymmetricProperty"):
            if (links := self._links(node, axiom="owl:SymmetricProperty")) is not None:
                (link,) = links
                yield self._link_rule("prp-symp", f"{link} ≡ {link.turned}", link, link.turned)
        for node in self.stated.instances("TransitiveProperty"):
            if (links := self._links(node, axiom="owl:TransitiveProperty")) is not None:
                (link,) = links
                yield self._chain_rule("prp-trp", (link, link), link)

    def _chains(self) -> Iterator[Rule]:
        for node, head in self.stated.pairs(owl("propertyChainAxiom")):
            try:
                members = self.stated.items(head)
            except OutsideProfile as reason:
                self._refuse(reason, node, head, "owl:propertyChainAxiom")
                continue
            if (links := self._links(node, *members, axiom="owl:propertyChainAxiom")) is not None:
                yield self._chain_rule("prp-spo2", links[1:], links[0])

    def _ends(self, axiom: ox.NamedNode, kind: str) -> Iterator[Rule]:
        """Domains and ranges; a range of literals concludes nothing."""
        for node, class_node in self.stated.pairs(axiom):
            if self.stated.is_datatype(class_node):
                continue
            try:
                link = self.stated.property_expression(node)
                expression = self.stated.class_expression(class_node)
                forward = (axiom == DOMAIN) is not link.inverse
                start, end = (_MEMBER, "?other") if forward else ("?other", _MEMBER)
                body = Body((Pattern(start, link.iri, end),))
                found = conclusions(expression, _MEMBER, itertools.count(1))
            except OutsideProfile as reason:
                self._refuse(reason, node, class_node, written(axiom))
                continue
            for more, head in found:
                kinds = tuple(dict.fromkeys((kind, *more.kinds)))
                yield Rule(f"{kind} {link} → {expression}", kinds, (head,), body.and_also(more))

    def _link_rule(self, kind: str, words: str, body: Property, head: Property) -> Rule:
        return Rule(f"{kind} {words}", (kind,), (step(head, "?a", "?b"),), Body((step(body, "?a", "?b"),)))

    def _chain_rule(self, kind: str, links: tuple[Property, ...], head: Property) -> Rule:
        nodes = [f"?node{number}" for number in range(len(links) + 1)]
        body = tuple(
            step(link, start, end)
            for link, (start, end) in zip(links, itertools.pairwise(nodes), strict=True)
        )
        words = " ∘ ".join(map(str, links))
        return Rule(f"{kind} {words} ⊑ {head}", (kind,), (step(head, nodes[0], nodes[-1]),), Body(body))

    def _links(self, *nodes: Term, axiom: str) -> tuple[Property, ...] | None:
        try:
            return tuple(self.stated.property_expression(node) for node in nodes)
        except OutsideProfile as reason:
            self._refuse(reason, nodes[0], nodes[-1], axiom)
            return None

    def _refuse(self, reason: OutsideProfile, subject: Term, value: Term, axiom: str) -> None:
        focus = subject if isinstance(subject, ox.NamedNode) else value
        of = f" of {written(focus)}" if isinstance(focus, ox.NamedNode) else ""
        self.faults.append(
            Fault(
                rule="OWL 2 RL profile",
                message=f"The axiom {axiom}{of} has {reason}: no rule of OWL 2 RL concludes from it.",
                fix="Write it with constructs of the profile, or move it to the ontology of DL axioms, which "
                f"is checked but not used to draw conclusions ({iris.ONTOLOGY}/dl).",
                focus=focus.value if isinstance(focus, ox.NamedNode) else None,
            )
        )


def _in_order(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (rule.kinds, rule.name, rule.update))
