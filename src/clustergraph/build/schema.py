"""What the axioms of an ontology say of each other: the schema rules of OWL 2 RL/RDF.

Source: OWL 2 Profiles (second edition), section 4.3, table 9. Left out are scm-cls, scm-op and scm-dp, which
only add that everything is part of itself and of owl:Thing, and every reflexive triple of the other rules.
"""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.axioms import Ontology

_PREFIXES: Final = f"PREFIX owl: <{iris.OWL}> PREFIX rdf: <{iris.RDF}> PREFIX rdfs: <{iris.RDFS}> "

#: (rule, head, body) as in table 9; ?a and ?b are the ends that must differ.
_RULES: Final = (
    ("scm-sco", "?a rdfs:subClassOf ?b", "?a rdfs:subClassOf ?c . ?c rdfs:subClassOf ?b"),
    (
        "scm-eqc1",
        "?a rdfs:subClassOf ?b",
        "{ ?a owl:equivalentClass ?b } UNION { ?b owl:equivalentClass ?a }",
    ),
    ("scm-eqc2", "?a owl:equivalentClass ?b", "?a rdfs:subClassOf ?b . ?b rdfs:subClassOf ?a"),
    ("scm-spo", "?a rdfs:subPropertyOf ?b", "?a rdfs:subPropertyOf ?c . ?c rdfs:subPropertyOf ?b"),
    (
        "scm-eqp1",
        "?a rdfs:subPropertyOf ?b",
        "{ ?a owl:equivalentProperty ?b } UNION { ?b owl:equivalentProperty ?a }",
    ),
    ("scm-eqp2", "?a owl:equivalentProperty ?b", "?a rdfs:subPropertyOf ?b . ?b rdfs:subPropertyOf ?a"),
    ("scm-dom1", "?a rdfs:domain ?b", "?a rdfs:domain ?c . ?c rdfs:subClassOf ?b"),
    ("scm-dom2", "?a rdfs:domain ?b", "?c rdfs:domain ?b . ?a rdfs:subPropertyOf ?c"),
    ("scm-rng1", "?a rdfs:range ?b", "?a rdfs:range ?c . ?c rdfs:subClassOf ?b"),
    ("scm-rng2", "?a rdfs:range ?b", "?c rdfs:range ?b . ?a rdfs:subPropertyOf ?c"),
    (
        "scm-hv",
        "?a rdfs:subClassOf ?b",
        "?a owl:hasValue ?i ; owl:onProperty ?p . ?b owl:hasValue ?i ; owl:onProperty ?q . "
        "?p rdfs:subPropertyOf ?q",
    ),
    (
        "scm-svf1",
        "?a rdfs:subClassOf ?b",
        "?a owl:someValuesFrom ?c ; owl:onProperty ?p . ?b owl:someValuesFrom ?d ; owl:onProperty ?p . "
        "?c rdfs:subClassOf ?d",
    ),
    (
        "scm-svf2",
        "?a rdfs:subClassOf ?b",
        "?a owl:someValuesFrom ?c ; owl:onProperty ?p . ?b owl:someValuesFrom ?c ; owl:onProperty ?q . "
        "?p rdfs:subPropertyOf ?q",
    ),
    (
        "scm-avf1",
        "?a rdfs:subClassOf ?b",
        "?a owl:allValuesFrom ?c ; owl:onProperty ?p . ?b owl:allValuesFrom ?d ; owl:onProperty ?p . "
        "?c rdfs:subClassOf ?d",
    ),
    (
        "scm-avf2",
        "?b rdfs:subClassOf ?a",
        "?a owl:allValuesFrom ?c ; owl:onProperty ?p . ?b owl:allValuesFrom ?c ; owl:onProperty ?q . "
        "?p rdfs:subPropertyOf ?q",
    ),
    ("scm-int", "?a rdfs:subClassOf ?b", "?a owl:intersectionOf/rdf:rest*/rdf:first ?b"),
    ("scm-uni", "?a rdfs:subClassOf ?b", "?b owl:unionOf/rdf:rest*/rdf:first ?a"),
)


def schema_closure(ontology: Ontology) -> tuple[Ontology, dict[str, list[ox.Triple]]]:
    """The ontology with all that its axioms entail of each other, and the new triples by rule.

    The new triples include those between anonymous classes, which the rules on individuals need.
    """
    store = ox.Store()
    store.extend(ontology.quads)
    derived: dict[str, list[ox.Triple]] = {}
    grown = True
    while grown:
        grown = False
        for name, head, body in _RULES:
            query = f"{_PREFIXES} CONSTRUCT {{ {head} }} WHERE {{ {body} . FILTER(!sameTerm(?a, ?b)) }}"
            for triple in list(store.query(query)):  # type: ignore[arg-type]
                quad = ox.Quad(triple.subject, triple.predicate, triple.object)
                if quad not in store:
                    store.add(quad)
                    derived.setdefault(name, []).append(triple)
                    grown = True
    return Ontology(store), derived
