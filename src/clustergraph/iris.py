"""The namespaces of the graph and the IRIs minted in it.

Source: `docs/decisions/0002-identifiers.md`. Stored data always use these canonical IRIs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

BASE: Final = "https://w3id.org/clustergraph/"
ONTOLOGY: Final = f"{BASE}ontology"
CG: Final = f"{ONTOLOGY}#"
CGS: Final = f"{BASE}def/"
CGI: Final = f"{BASE}id/"
SHAPES: Final = f"{BASE}shapes"
CGSH: Final = f"{SHAPES}#"
GRAPH: Final = f"{BASE}graph/"
RELEASE: Final = f"{BASE}release/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCT: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
ORG: Final = "http://www.w3.org/ns/org#"
PROV: Final = "http://www.w3.org/ns/prov#"
QB: Final = "http://purl.org/linked-data/cube#"
SH: Final = "http://www.w3.org/ns/shacl#"
SCHEMA: Final = "https://schema.org/"
UNIT: Final = "http://qudt.org/vocab/unit/"
CURRENCY: Final = "http://publications.europa.eu/resource/authority/currency/"
COUNTRY: Final = "http://publications.europa.eu/resource/authority/country/"
#: WGS84 positions (W3C Basic Geo vocabulary).
GEO: Final = "http://www.w3.org/2003/01/geo/wgs84_pos#"
VOID: Final = "http://rdfs.org/ns/void#"

#: Prefixes declared for every query, page and serialisation of the project.
PREFIXES: Final[dict[str, str]] = {
    "cg": CG,
    "cgs": CGS,
    "cgi": CGI,
    "cgsh": CGSH,
    "dcat": DCAT,
    "dct": DCT,
    "foaf": FOAF,
    "geo": GEO,
    "org": ORG,
    "owl": OWL,
    "prov": PROV,
    "qb": QB,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sh": SH,
    "skos": SKOS,
    "unit": UNIT,
    "void": VOID,
    "xsd": XSD,
}

#: A slug: lower-case ASCII letters, digits and hyphens (dots for version numbers), never empty.
SLUG: Final = re.compile(r"[a-z0-9]+(?:[-.]+[a-z0-9]+)*")
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IDENTIFIER: Final = re.compile(rf"{SLUG.pattern}(?:/{SLUG.pattern})+")


def thing(identifier: str) -> str:
    """The IRI of the thing with a register identifier, such as `instrument/escp-4i`.

    Raises ValueError when the identifier is not `class/slug` in lower-case ASCII.
    """
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is not an identifier of the form class/slug in [a-z0-9-]")
    return CGI + identifier


def concept(scheme: str, code: str) -> str:
    """The IRI of a SKOS concept, such as `…/def/thematic-area/photonics`."""
    return f"{CGS}{scheme}/{code}"


def graph(source: str) -> str:
    """The IRI of the named graph that holds one source's triples."""
    return GRAPH + source


#: Inferred triples never mix with asserted ones.
INFERRED_GRAPH: Final = graph("inferred")


def expand(name: str) -> str:
    """The full IRI of a prefixed name (`cg:Call`), a register identifier or an IRI in angle brackets.

    Raises ValueError when the prefix is unknown or the name has none of the three forms.
    """
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    prefix, colon, local = name.partition(":")
    if not colon:
        return thing(name)
    if prefix not in PREFIXES:
        raise ValueError(f"{name!r} uses the prefix {prefix!r}, which is not one of {', '.join(PREFIXES)}")
    return PREFIXES[prefix] + local


@lru_cache(maxsize=4096)
def slug_of(term: str) -> str:
    """The part of an IRI that tells it apart, in lower case with hyphens for slashes and inner capitals."""
    for namespace in (CGI, CGS, CG):
        if term.startswith(namespace):
            local = term.removeprefix(namespace)
            break
    else:
        local = re.split(r"[/#]", term)[-1]
    return _INNER_CAPITAL.sub("-", local).replace("/", "-").lower()


def compact(iri: str) -> str:
    """An IRI as a prefixed name where one of the project's prefixes fits, else in angle brackets."""
    for prefix, namespace in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"
