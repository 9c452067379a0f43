"""Reads the ontology reference out of a store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCT, OWL, RDF, RDFS, SCHEMA, SKOS
from clustergraph.publish.reference.model import (
    ClassEntry,
    ConceptEntry,
    Formula,
    PropertyEntry,
    Ref,
    Reference,
    ReusedTerm,
    SchemeEntry,
)
from clustergraph.publish.reference.statements import TERM_KINDS, Statements, in_order

_CHARACTERISTICS: Final = (
    "Transitive",
    "Symmetric",
    "Asymmetric",
    "Reflexive",
    "Irreflexive",
    "Functional",
    "InverseFunctional",
)
_MATCHES: Final = tuple(f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related"))
_MOST_EXAMPLES: Final = 3

EntryT = TypeVar("EntryT", ClassEntry, PropertyEntry)


def read_reference(store: ox.Store) -> Reference:
    """Everything that the reference says, in a fixed order.

    Axioms, labels and definitions come from the graphs `ontology`, `schemes` and `alignments`; counts and
    examples from the whole dataset, closed or not.
    """
    statements = Statements(store)
    ontology = ox.NamedNode(iris.ONTOLOGY)
    classes = _by_label(_class(statements, node) for node in _own(statements, "Class"))
    object_properties = _by_label(_property(statements, node) for node in _own(statements, "ObjectProperty"))
    datatype_properties = _by_label(
        (_property(statements, node) for node in _own(statements, "DatatypeProperty", "AnnotationProperty")),
    )
    schemes = tuple(_scheme(statements, node) for node in statements.declared(f"{SKOS}ConceptScheme"))
    reused = _reused(statements)
    return Reference(
        iri=iris.ONTOLOGY,
        namespace=CG,
        title=statements.text(ontology, f"{RDFS}label"),
        description=statements.text(ontology, f"{DCT}description"),
        comment=statements.text(ontology, f"{RDFS}comment"),
        version=statements.text(ontology, f"{OWL}versionInfo"),
        version_iri=_first_iri(statements, ontology, f"{OWL}versionIRI"),
        licence=_first_iri(statements, ontology, f"{DCT}license"),
        created=statements.text(ontology, f"{DCT}created"),
        modified=statements.text(ontology, f"{DCT}modified"),
        classes=classes,
        object_properties=object_properties,
        datatype_properties=datatype_properties,
        schemes=schemes,
        disjoint_groups=_disjoint_groups(statements),
        reused=reused,
        namespaces=statements.prefixes.used,
    )


def _own(statements: Statements, *kinds: str) -> Iterable[ox.NamedNode]:
    """The project's own terms of some kinds."""
    return (
        node for node in statements.declared(*(f"{OWL}{kind}" for kind in kinds)) if node.value.startswith(CG)
    )


def _by_label(entries: Iterable[EntryT]) -> tuple[EntryT, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.ref.label.casefold(), entry.ref.iri)))


def _term(statements: Statements, node: ox.NamedNode) -> dict[str, Any]:
    """The fields that classes and properties share."""
    mapped = [*_MATCHES, f"{OWL}equivalentClass", f"{OWL}equivalentProperty", f"{RDFS}seeAlso"]
    return {
        "ref": statements.ref(node),
        "definition": statements.text(node, f"{SKOS}definition") or statements.text(node, f"{RDFS}comment"),
        "notes": statements.texts(node, f"{SKOS}scopeNote"),
        "examples_in_words": statements.texts(node, f"{SKOS}example"),
        "deprecated": "true" in statements.texts(node, f"{OWL}deprecated"),
        "replaced_by": statements.refs(node, f"{DCT}isReplacedBy"),
        "mappings": _related(statements, node, mapped),
    }


def _related(
    statements: Statements, node: ox.NamedNode, predicates: Iterable[str]
) -> tuple[tuple[Ref, Ref], ...]:
    return tuple(
        (statements.ref(ox.NamedNode(predicate)), target)
        for predicate in predicates
        for target in statements.refs(node, predicate)
    )


def _class(statements: Statements, node: ox.NamedNode) -> ClassEntry:
    members = statements.members(node.value)
    return ClassEntry(
        **_term(statements, node),
        superclasses=statements.refs(node, f"{RDFS}subClassOf"),
        subclasses=_refs_to(statements, f"{RDFS}subClassOf", node),
        equivalents=tuple(
            statements.formula(value)
            for value in statements.values(node, f"{OWL}equivalentClass")
            if isinstance(value, ox.BlankNode)
        ),
        disjoint=in_order(
            [
                *statements.refs(node, f"{OWL}disjointWith"),
                *_refs_to(statements, f"{OWL}disjointWith", node),
            ]
        ),
        in_disjoint_group=any(statements.ref(node) in group for group in _disjoint_groups(statements)),
        keys=tuple(
            tuple(statements.ref(item) for item in statements.items(key) if isinstance(item, ox.NamedNode))
            for key in statements.values(node, f"{OWL}hasKey")
        ),
        properties_from=_used_with(statements, node, "domain"),
        properties_to=_used_with(statements, node, "range"),
        inherited=tuple(
            (statements.ref(ancestor), properties)
            for ancestor in _ancestors(statements, node)
            if (properties := _used_with(statements, ancestor, "domain"))
        ),
        instances=len(members),
        examples=tuple(statements.ref(member) for member in members[:_MOST_EXAMPLES]),
    )


def _refs_to(statements: Statements, predicate: str, node: ox.NamedNode) -> tuple[Ref, ...]:
    """Mentions of what points at a term."""
    return in_order(
        [
            statements.ref(subject)
            for subject in statements.subjects(predicate, node)
            if isinstance(subject, ox.NamedNode)
        ]
    )


def _used_with(statements: Statements, node: ox.NamedNode, side: str) -> tuple[Ref, ...]:
    """The properties whose domain or range, inferred or documented, is a class."""
    return in_order(
        [
            *_refs_to(statements, f"{RDFS}{side}", node),
            *_refs_to(statements, f"{SCHEMA}{side}Includes", node),
        ]
    )


def _ancestors(statements: Statements, node: ox.NamedNode) -> list[ox.NamedNode]:
    """The superclasses of a class, nearest first; a circle is walked once."""
    found: dict[ox.NamedNode, None] = {node: None}
    queue = [node]
    while queue:
        for parent in statements.named(queue.pop(0), f"{RDFS}subClassOf"):
            if parent not in found:
                found[parent] = None
                queue.append(parent)
    return list(found)[1:]


def _disjoint_groups(statements: Statements) -> tuple[tuple[Ref, ...], ...]:
    groups = (
        in_order([statements.ref(item) for item in statements.items(head) if isinstance(item, ox.NamedNode)])
        for group in statements.subjects(f"{RDF}type", ox.NamedNode(f"{OWL}AllDisjointClasses"))
        for head in statements.values(group, f"{OWL}members")
    )
    return tuple(sorted(groups, key=lambda group: [ref.iri for ref in group]))


def _property(statements: Statements, node: ox.NamedNode) -> PropertyEntry:
    return PropertyEntry(
        **_term(statements, node),
        domain=statements.refs(node, f"{RDFS}domain"),
        range=statements.refs(node, f"{RDFS}range"),
        domain_includes=statements.refs(node, f"{SCHEMA}domainIncludes"),
        range_includes=statements.refs(node, f"{SCHEMA}rangeIncludes"),
        inverse=in_order(
            [*statements.refs(node, f"{OWL}inverseOf"), *_refs_to(statements, f"{OWL}inverseOf", node)]
        ),
        superproperties=statements.refs(node, f"{RDFS}subPropertyOf"),
        subproperties=_refs_to(statements, f"{RDFS}subPropertyOf", node),
        characteristics=tuple(
            _in_words(kind)
            for kind in _CHARACTERISTICS
            if ox.NamedNode(f"{OWL}{kind}Property") in statements.named(node, f"{RDF}type")
        ),
        chains=_chains(statements, node),
        uses=statements.uses(node.value),
        example=statements.example(node.value),
    )


def _in_words(characteristic: str) -> str:
    return "inverse functional" if characteristic == "InverseFunctional" else characteristic.lower()


def _chains(statements: Statements, node: ox.NamedNode) -> tuple[Formula, ...]:
    """The property chains, as `a ∘ b ⊑ c` (OWL 2 Structural Specification section 9.2.1)."""
    formulas: list[Formula] = []
    for head in statements.values(node, f"{OWL}propertyChainAxiom"):
        links = [statements.ref(item) for item in statements.items(head) if isinstance(item, ox.NamedNode)]
        parts: list[Ref | str] = []
        for link in links:
            parts += [link, " ∘ "]
        formulas.append((*parts[:-1], " ⊑ ", statements.ref(node)))
    return tuple(
        sorted(formulas, key=lambda formula: [part.iri for part in formula if isinstance(part, Ref)])
    )


def _scheme(statements: Statements, node: ox.NamedNode) -> SchemeEntry:
    concepts = (
        _concept(statements, concept)
        for concept in statements.subjects(f"{SKOS}inScheme", node)
        if isinstance(concept, ox.NamedNode)
    )
    return SchemeEntry(
        statements.ref(node),
        statements.text(node, f"{DCT}description") or statements.text(node, f"{SKOS}definition"),
        tuple(sorted(concepts, key=lambda concept: (concept.notation, concept.ref.iri))),
    )


def _concept(statements: Statements, node: ox.NamedNode) -> ConceptEntry:
    return ConceptEntry(
        statements.ref(node),
        statements.text(node, f"{SKOS}notation"),
        statements.text(node, f"{SKOS}definition"),
        statements.texts(node, f"{SKOS}scopeNote"),
        statements.texts(node, f"{SKOS}altLabel"),
        _related(statements, node, _MATCHES),
    )


def _reused(statements: Statements) -> tuple[ReusedTerm, ...]:
    """Terms of other vocabularies that the ontology declares, by prefixed name."""
    found = []
    for node in statements.declared(*TERM_KINDS):
        if node.value.startswith(CG):
            continue
        is_class = ox.NamedNode(f"{OWL}Class") in statements.named(node, f"{RDF}type")
        uses = len(statements.members(node.value)) if is_class else statements.uses(node.value)
        found.append(ReusedTerm(statements.ref(node), "class" if is_class else "property", uses))
    return tuple(sorted(found, key=lambda term: term.ref.name))


def _first_iri(statements: Statements, node: ox.NamedNode, predicate: str) -> str:
    return next((value.value for value in statements.named(node, predicate)), "")
