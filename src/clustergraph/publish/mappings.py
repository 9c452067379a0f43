"""The mappings between the project's terms and others, as an SSSOM table.

Source: SSSOM, the Simple Standard for Sharing Ontological Mappings: the TSV format with embedded metadata,
slots in the order of the model.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict

from clustergraph import iris
from clustergraph.iris import DCT, OWL, RDFS, SKOS
from clustergraph.publish.catalogue import LICENCE
from clustergraph.publish.vocabularies import Prefixes

MAPPING_SET: Final = f"{iris.BASE}mappings"
AUTHOR: Final = "clustergraph contributors"
_SSSOM: Final = "https://w3id.org/sssom/"
_CURATED: Final = "https://w3id.org/semapv/vocab/ManualMappingCuration"
_INFERRED: Final = ox.NamedNode(iris.INFERRED_GRAPH)

#: SKOS relations that are mappings wherever they stand.
_MATCHES: Final = tuple(
    f"{SKOS}{relation}Match" for relation in ("exact", "close", "broad", "narrow", "related")
)
#: Axioms that are mappings where they reach into another vocabulary.
_AXIOMS: Final = (
    f"{OWL}equivalentClass",
    f"{OWL}equivalentProperty",
    f"{OWL}sameAs",
    f"{RDFS}subClassOf",
    f"{RDFS}subPropertyOf",
)


class TermMapping(BaseModel):
    """One mapping; ids are IRIs, texts empty and numbers None where nothing is stated.

    `confidence` is from 0 to 1, `mapping_date` an ISO 8601 date.
    """

    model_config = ConfigDict(frozen=True)

    subject_id: str
    subject_label: str
    predicate_id: str
    object_id: str
    object_label: str
    mapping_justification: str = _CURATED
    author_label: str = AUTHOR
    mapping_date: str = ""
    confidence: float | None = None
    comment: str = ""


COLUMNS: Final = tuple(TermMapping.model_fields)
_IDENTIFIERS: Final = frozenset({"subject_id", "predicate_id", "object_id", "mapping_justification"})


def mappings(store: ox.Store) -> tuple[TermMapping, ...]:
    """Every mapping that a curated graph states, each once, sorted by subject, relation and object.

    A mapping has at least one side in the project's namespaces. Inferred statements are none. What is said of
    a mapping stands on an owl:Axiom that annotates it (OWL 2 RDF mapping section 2.2): sssom:confidence,
    sssom:mapping_date, sssom:mapping_justification, rdfs:comment.
    """
    remarks = dict(_annotations(store))
    found = {}
    for subject, predicate, target in _stated(store):
        key = (subject.value, predicate, target.value)
        found[key] = TermMapping(
            subject_id=subject.value,
            subject_label=_label(store, subject),
            predicate_id=predicate,
            object_id=target.value,
            object_label=_label(store, target),
            **remarks.get(key, {}),
        )
    return tuple(found[key] for key in sorted(found))


def sssom_tsv(store: ox.Store) -> bytes:
    """The mappings as SSSOM TSV in UTF-8: a YAML header in comment lines, a header row, a row a mapping.

    Ids are CURIEs whose prefixes the header's `curie_map` all lists. The version of the set is that of the
    ontology.
    """
    prefixes = Prefixes()
    rows = [_cells(mapping, prefixes) for mapping in mappings(store)]
    prefixes.compact(_CURATED)
    header = {
        "mapping_set_id": MAPPING_SET,
        "mapping_set_version": _version(store),
        "mapping_set_title": "Mappings of the clustergraph ontology",
        "mapping_set_description": "How the terms and concepts of clustergraph relate to those of other "
        "vocabularies and to each other. Every mapping was made by hand; none is a guess by label.",
        "license": LICENCE,
        "curie_map": {vocabulary.prefix: vocabulary.namespace for vocabulary in prefixes.used},
    }
    metadata = yaml.safe_dump(
        {name: value for name, value in header.items() if value},
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    )
    table = io.StringIO()
    table.writelines(f"# {line}\n" for line in metadata.splitlines())
    csv.writer(table, delimiter="\t", lineterminator="\n").writerows((COLUMNS, *rows))
    return table.getvalue().encode()


def _stated(store: ox.Store) -> Iterator[tuple[ox.NamedNode, str, ox.NamedNode]]:
    """The mapping statements of the sources."""
    for predicate in (*_MATCHES, *_AXIOMS):
        for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None, None):
            if quad.graph_name == _INFERRED or isinstance(quad.graph_name, ox.DefaultGraph):
                continue
            subject, target = quad.subject, quad.object
            if not isinstance(subject, ox.NamedNode) or not isinstance(target, ox.NamedNode):
                continue
            own = [node.value.startswith(iris.BASE) for node in (subject, target)]
            if any(own) and (predicate in _MATCHES or not all(own)):
                yield subject, predicate, target


def _annotations(store: ox.Store) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """What annotated axioms say of the statements they are about."""
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{OWL}annotatedSource"), None, ox.DefaultGraph()):
        values = {
            statement.predicate.value: statement.object
            for statement in store.quads_for_pattern(quad.subject, None, None, ox.DefaultGraph())
        }
        parts = [values.get(f"{OWL}annotated{part}") for part in ("Source", "Property", "Target")]
        if not all(isinstance(part, ox.NamedNode) for part in parts):
            continue
        remarks = {
            "confidence": values.get(f"{_SSSOM}confidence"),
            "mapping_date": values.get(f"{_SSSOM}mapping_date") or values.get(f"{DCT}created"),
            "mapping_justification": values.get(f"{_SSSOM}mapping_justification"),
            "comment": values.get(f"{RDFS}comment") or values.get(f"{SKOS}note"),
        }
        source, relation, target = (str(getattr(part, "value", "")) for part in parts)
        yield (
            (source, relation, target),
            {
                name: value.value
                for name, value in remarks.items()
                if isinstance(value, (ox.NamedNode, ox.Literal))
            },
        )


def _cells(mapping: TermMapping, prefixes: Prefixes) -> tuple[str, ...]:
    """A row's cells; tabs and line breaks become spaces, which every reader of TSV understands."""
    values: Mapping[str, object] = mapping.model_dump()
    return tuple(
        prefixes.compact(str(values[column]))
        if column in _IDENTIFIERS
        else " ".join(str("" if values[column] is None else values[column]).split())
        for column in COLUMNS
    )


def _label(store: ox.Store, node: ox.NamedNode) -> str:
    """The English label, or nothing: a label is never made from an IRI."""
    labels = (
        quad.object.value
        for name in (f"{SKOS}prefLabel", f"{RDFS}label")
        for quad in store.quads_for_pattern(node, ox.NamedNode(name), None, ox.DefaultGraph())
        if isinstance(quad.object, ox.Literal) and quad.object.language in (None, "en")
    )
    return min(labels, default="")


def _version(store: ox.Store) -> str:
    versions = store.quads_for_pattern(
        ox.NamedNode(iris.ONTOLOGY), ox.NamedNode(f"{OWL}versionInfo"), None, ox.DefaultGraph()
    )
    return min((quad.object.value for quad in versions if isinstance(quad.object, ox.Literal)), default="")
