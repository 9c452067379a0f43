"""The dataset of a test as quads, and as the one file that a server is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from clustergraph.negotiation import RDF_ENDINGS
from w3c.suite import Data


def quads(data: Data) -> Iterator[ox.Quad]:
    """What the files hold; relative IRIs resolve against the published IRI of each file."""
    for graph, files in ((False, data.default), (True, data.named)):
        for file in files:
            iri = data.iri(file)
            parsed = ox.parse(
                data.path(file).read_bytes(),
                format=_format(file),
                base_iri=iri,
                rename_blank_nodes=True,
            )
            name = ox.NamedNode(iri) if graph else ox.DefaultGraph()
            for quad in parsed:
                yield ox.Quad(quad.subject, quad.predicate, quad.object, name)


def _format(file: str) -> ox.RdfFormat:
    found = ox.RdfFormat.from_media_type(RDF_ENDINGS[Path(file).suffix].media_type)
    assert found is not None
    return found


def write(content: Iterable[ox.Quad], path: Path) -> Path:
    """Write quads as N-Quads, each literal as it is written in its source."""
    ox.serialize(content, str(path), format=ox.RdfFormat.N_QUADS)
    return path
