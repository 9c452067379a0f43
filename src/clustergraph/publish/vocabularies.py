"""The vocabularies that the graph uses or is mapped to, by prefix, namespace and name.

A vocabulary whose namespace is not known for certain is not listed; CMISA's files are not public, so it is
not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from clustergraph import iris


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A namespace with the prefix used for it here and what it is called."""

    prefix: str
    namespace: str
    title: str


_AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"

VOCABULARIES: Final = (
    Vocabulary("cg", iris.CG, "clustergraph ontology"),
    Vocabulary("cgs", iris.CGS, "clustergraph concept schemes"),
    Vocabulary("cgi", iris.CGI, "clustergraph things"),
    Vocabulary("cgsh", iris.CGSH, "clustergraph shapes"),
    Vocabulary("bibo", "http://purl.org/ontology/bibo/", "Bibliographic Ontology"),
    Vocabulary("corporate-body", f"{_AUTHORITY}corporate-body/", "EU authority table of corporate bodies"),
    Vocabulary("country", iris.COUNTRY, "EU authority table of countries"),
    Vocabulary("cpsv", "http://purl.org/vocab/cpsv#", "Core Public Service Vocabulary"),
    Vocabulary("currency", iris.CURRENCY, "EU authority table of currencies"),
    Vocabulary("dcat", iris.DCAT, "Data Catalog Vocabulary (DCAT)"),
    Vocabulary("dct", iris.DCT, "DCMI Metadata Terms"),
    Vocabulary("dingo", "https://w3id.org/dingo#", "DINGO, an ontology of projects and grants"),
    Vocabulary("eli", "http://data.europa.eu/eli/ontology#", "European Legislation Identifier (ELI)"),
    Vocabulary("eurio", "http://data.europa.eu/s66#", "EURIO, the ontology of CORDIS"),
    Vocabulary("foaf", iris.FOAF, "FOAF"),
    Vocabulary("geo", "http://www.opengis.net/ont/geosparql#", "GeoSPARQL"),
    Vocabulary("m8g", "http://data.europa.eu/m8g/", "EU Core Vocabularies (CPOV, CPSV-AP)"),
    Vocabulary("nuts", "http://data.europa.eu/nuts/code/", "NUTS codes"),
    Vocabulary("org", iris.ORG, "Organization Ontology (ORG)"),
    Vocabulary("owl", iris.OWL, "OWL 2"),
    Vocabulary("p-plan", "http://purl.org/net/p-plan#", "P-Plan, an ontology of plans"),
    Vocabulary("prov", iris.PROV, "PROV-O, the provenance ontology"),
    Vocabulary("qb", iris.QB, "RDF Data Cube"),
    Vocabulary("rdf", iris.RDF, "RDF"),
    Vocabulary("rdfs", iris.RDFS, "RDF Schema"),
    Vocabulary("schema", iris.SCHEMA, "schema.org"),
    Vocabulary("semapv", "https://w3id.org/semapv/vocab/", "Semantic Mapping Vocabulary"),
    Vocabulary("sh", iris.SH, "SHACL"),
    Vocabulary("skos", iris.SKOS, "SKOS"),
    Vocabulary("sssom", "https://w3id.org/sssom/", "SSSOM, mappings between terms"),
    Vocabulary("time", "http://www.w3.org/2006/time#", "OWL-Time"),
    Vocabulary("unit", iris.UNIT, "QUDT units"),
    Vocabulary("vann", "http://purl.org/vocab/vann/", "VANN, notes on vocabularies"),
    Vocabulary("void", iris.VOID, "VoID"),
    Vocabulary("xkos", "http://rdf-vocabulary.ddialliance.org/xkos#", "XKOS"),
    Vocabulary("xsd", iris.XSD, "XML Schema datatypes"),
)


class Prefixes:
    """Compacts IRIs to prefixed names and remembers which vocabularies it met.

    A namespace without a prefix of its own gets `ns1`, `ns2`, … in the order of first use, so that an
    export is complete whatever it mentions; ask in a fixed order for a fixed result.
    """

    def __init__(self, vocabularies: Iterable[Vocabulary] = VOCABULARIES) -> None:
        self._known = sorted(vocabularies, key=lambda each: -len(each.namespace))
        self._used: dict[str, Vocabulary] = {}

    def compact(self, iri: str) -> str:
        """An IRI as a prefixed name, such as `org:Organization`; an IRI that has no parts in <…>."""
        for vocabulary in self._known:
            if iri.startswith(vocabulary.namespace) and len(iri) > len(vocabulary.namespace):
                self._used[vocabulary.prefix] = vocabulary
                return f"{vocabulary.prefix}:{iri[len(vocabulary.namespace) :]}"
        end = max(iri.rfind("#"), iri.rfind("/")) + 1
        if end == len(iri) or iri[:end].endswith("://") or not end:
            return f"<{iri}>"
        minted = sum(each.prefix.startswith("ns") and each.prefix[2:].isdigit() for each in self._known)
        self._known.insert(0, Vocabulary(f"ns{minted + 1}", iri[:end], iri[:end]))
        self._known.sort(key=lambda each: -len(each.namespace))
        return self.compact(iri)

    @property
    def used(self) -> tuple[Vocabulary, ...]:
        """The vocabularies met so far, by prefix."""
        return tuple(self._used[prefix] for prefix in sorted(self._used))
