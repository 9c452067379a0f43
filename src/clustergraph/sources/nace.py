"""NACE Rev. 2.1 as a SKOS scheme in the named graph `nace`, by the package naceconverter.

The package has no correspondence with NACE Rev. 2, and none is made up: codes of Rev. 2 are not known here.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from naceconverter import NACEConverter

from clustergraph import iris
from clustergraph.iris import DCT, RDFS, SKOS
from clustergraph.sources.content import Content
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.reference import Classification
from clustergraph.sources.triples import GraphBuilder

SCHEME: Final = "nace-2-1"
_GRAPH: Final = "nace"
_DOCUMENT: Final = "source/nace-2-1"
_EUROPEAN: Final = "http://data.europa.eu/ux2/nace2.1/"
_LEVELS: Final = {1: "Section", 2: "Division", 3: "Group", 4: "Class"}


@cache
def nace_codes() -> dict[str, tuple[int, str | None, str]]:
    """Level, the code above and the name of each code of NACE Rev. 2.1, sections first."""
    found = {
        code: (int(info["level"]), info["parentCode"] or None, " ".join(info["name"].split()))
        for code, info in NACEConverter().codes_dict.items()
        if int(info["level"]) in _LEVELS  # the level below is not of NACE but of a national classification
    }
    return dict(sorted(found.items(), key=lambda each: (each[1][0], each[0])))


def nace_concept(code: str) -> str | None:
    """The IRI of the concept of a code of NACE Rev. 2.1 as people write it (`A`, `01`, `01.11`), or None."""
    key = code.strip().upper()
    return iris.concept(SCHEME, _slug(key)) if key in nace_codes() else None


def read_nace(_content: Content) -> Reading:
    """The scheme with its concepts of levels 1 to 4."""
    reading = Reading()
    graph = GraphBuilder(_GRAPH, reading.quads)
    scheme = f"{iris.CGS}{SCHEME}"
    title = "NACE Rev. 2.1"
    graph.types(scheme, [f"{SKOS}ConceptScheme"])
    graph.add_english(scheme, f"{SKOS}prefLabel", title)
    graph.add_english(scheme, f"{DCT}title", title)
    graph.add_english(
        scheme,
        f"{DCT}description",
        "The statistical classification of economic activities in the European Union, sections to classes.",
    )
    graph.link(scheme, f"{RDFS}isDefinedBy", iris.ONTOLOGY)
    graph.link(scheme, f"{DCT}license", "https://creativecommons.org/licenses/by/4.0/")
    graph.link(scheme, f"{DCT}source", iris.thing(_DOCUMENT))
    for code, (level, above, name) in nace_codes().items():
        concept = iris.concept(SCHEME, _slug(code))
        reading.origins[concept] = Origin("data/reference.ttl")
        graph.types(concept, [f"{SKOS}Concept"])
        graph.add_english(concept, f"{SKOS}prefLabel", f"{code} {name}")
        graph.add_english(concept, f"{SKOS}altLabel", name)
        graph.add_english(concept, f"{SKOS}definition", f"{_LEVELS[level]} {code} of NACE Rev. 2.1: {name}.")
        graph.add(concept, f"{SKOS}notation", code)
        graph.link(concept, f"{SKOS}inScheme", scheme)
        graph.link(concept, f"{RDFS}isDefinedBy", iris.ONTOLOGY)
        graph.link(concept, f"{SKOS}exactMatch", _EUROPEAN + code.replace(".", ""))
        if above is None:
            graph.link(concept, f"{SKOS}topConceptOf", scheme)
        else:
            graph.link(concept, f"{SKOS}broader", iris.concept(SCHEME, _slug(above)))
    return reading


def _slug(code: str) -> str:
    return code.lower().replace(".", "-")


def _checksum() -> str | None:
    source = files("naceconverter") / "nacecodes.csv"
    return hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else None


NACE: Final = Classification(documents={_DOCUMENT: _checksum}, read=read_nace)
