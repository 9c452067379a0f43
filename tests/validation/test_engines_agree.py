"""The default engine says exactly what the reference engine says of seeded errors.

The data of the project are judged by both in `test_engines_agree_on_our_data.py`, the W3C suite in
`test_w3c_shacl.py`.
"""

from __future__ import annotations

import random
from collections import defaultdict

import pyoxigraph as ox

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.collect import collect
from clustergraph.build.validation import validate
from clustergraph.sources.content import Content

from .engines import ROOT, asserted, both, signatures
from .graphs import quads

XSD = "http://www.w3.org/2001/XMLSchema#"
CG = "https://w3id.org/clustergraph/ontology#"
TEXT = (f"{XSD}string", f"{XSD}anyURI", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")
SEEDED_ERRORS = 240
WRONG_DAY = ox.Literal("1066-10-14", datatype=ox.NamedNode(f"{XSD}date"))
LITERALS = {
    "ill-typed": ox.Literal("7,24", datatype=ox.NamedNode(f"{XSD}decimal")),
    "other language": ox.Literal("un mot", language="fr"),
}


def with_errors(data: list[ox.Triple], number: int) -> tuple[list[ox.Triple], set[str]]:
    """The data with errors in that many things of this graph, one each, and the kinds of error made."""
    chance = random.Random(20)
    by_subject: dict[ox.NamedNode | ox.BlankNode | ox.Triple, list[ox.Triple]] = defaultdict(list)
    for triple in data:
        if "clustergraph/id/" in str(triple.subject) and not isinstance(triple.object, ox.BlankNode):
            by_subject[triple.subject].append(triple)
    named = [triple for triple in data if "_:" not in f"{triple.subject} {triple.object}"]
    kept, made = set(data), set()
    for place, subject in enumerate(chance.sample(sorted(by_subject, key=str), number)):
        triple = chance.choice(sorted(by_subject[subject], key=str))
        other = chance.choice(named)
        kind = ("missing", "doubled", "ill-typed", "unknown thing", "other language")[place % 5]
        if kind in ("missing", "ill-typed"):
            kept.discard(triple)
        if kind == "doubled":
            kept.add(ox.Triple(subject, triple.predicate, _wrong(triple, other.object)))
        elif kind == "unknown thing":
            kept.add(ox.Triple(subject, triple.predicate, ox.NamedNode(f"{CG}noSuchTerm{place}")))
        elif kind in LITERALS:
            kept.add(ox.Triple(subject, triple.predicate, _wrong(triple, LITERALS[kind])))
        made.add(kind)
    return sorted(kept, key=str), made


Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _wrong(triple: ox.Triple, term: Term) -> Term:
    """The wrong term, or a wrong number in the place of a number, or a wrong day in that of a day.

    What cannot be compared is kept away from comparisons: there the engines differ, see the last two tests.
    """
    comparable = isinstance(triple.object, ox.Literal) and triple.object.datatype.value not in TEXT
    if not comparable:
        return term
    return WRONG_DAY if triple.object.datatype == WRONG_DAY.datatype else ox.Literal(-1)


def test_both_engines_agree_on_seeded_errors() -> None:
    collection = collect(Content(ROOT))
    wrong, made = with_errors(asserted(collection), SEEDED_ERRORS)
    assert len(made) == 5
    reference, default = both(wrong, collection)
    assert len(reference.violations) >= 200
    assert len({result.shape for result in reference.results}) >= 40
    assert signatures(default) == signatures(reference)


def test_an_ill_typed_number_is_in_no_order_for_the_default_engine() -> None:
    """SHACL section 4.5.4: a pair that SPARQL's <= cannot compare is a violation.

    rdflib puts any two literals into some order, so the reference accepts this pair. Should the last line
    fail, pySHACL has been mended: then seed such errors above, too.
    """
    shapes = quads("ex:S sh:targetNode ex:i ; sh:path ex:first ; sh:lessThanOrEquals ex:last .")
    data = quads("ex:i ex:first '7,24'^^xsd:decimal ; ex:last 316 .")
    assert len(validate(data, shapes, engine=turbo_engine.report_graph).results) == 1
    assert validate(data, shapes, engine=pyshacl_engine.report_graph).conforms


def test_comparing_a_number_with_a_text_is_an_error_for_the_default_engine() -> None:
    """SPARQL 1.1 section 17.3: such a comparison is a type error, and the filter does not hold.

    In rdflib it holds; should the last line fail, that has been mended.
    """
    query = "SELECT $this WHERE { $this <http://example.org/last> ?last . FILTER(130 <= ?last) }"
    shapes = quads(f"ex:S a sh:NodeShape ; sh:targetNode ex:i ; sh:sparql [ sh:select '{query}' ] .")
    data = quads("ex:i ex:last 'un mot'@fr .")
    assert validate(data, shapes, engine=turbo_engine.report_graph).conforms
    assert len(validate(data, shapes, engine=pyshacl_engine.report_graph).results) == 1
