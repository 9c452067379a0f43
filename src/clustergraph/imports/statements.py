"""The statements of an import, and what is known beside them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.errors import UnusableInput
from clustergraph.imports.store import StoredImport
from clustergraph.sources.importing import unpacked
from clustergraph.sources.kinds.kind import Organisation

_ORGANISATIONS: Final = f"""
PREFIX rdfs: <{iris.RDFS}>
SELECT ?organisation (MIN(STR(?label)) AS ?name) (MIN(STR(?place)) AS ?somewhere) {{
    ?class rdfs:subClassOf* <{iris.ORG}Organization> .
    ?organisation a ?class ; rdfs:label ?label .
    FILTER (LANG(?label) IN ("", "en"))
    OPTIONAL {{ ?organisation <{iris.CG}basedIn> ?place }}
}} GROUP BY ?organisation ORDER BY ?organisation
"""
_PLACE: Final = re.compile(rf"{re.escape(iris.CGI)}(?:country|region)/([a-z]{{2}})")
#: Eurostat's codes of countries that ISO calls otherwise.
_ISO: Final = {"el": "gr", "uk": "gb"}


def quads(stored: StoredImport) -> Iterator[ox.Quad]:
    """The statements of an import, one by one; raises UnusableInput where its file is damaged or gone.

    A file that can be read and is not the one that was written is damaged too.
    """
    path = stored.directory / stored.manifest.data
    try:
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != stored.manifest.data_sha256:
                raise ValueError("its checksum is not that of the manifest")
            stream.seek(0)
            yield from ox.parse(unpacked(stream), format=ox.RdfFormat.N_QUADS)
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        raise UnusableInput(
            f"The import {stored.name} is damaged: {error}.",
            where=str(path),
            fix=f"Import the file again, or remove it with `clustergraph imports --remove {stored.name}`.",
        ) from error


def known_organisations(store: ox.Store) -> Iterator[Organisation]:
    """The organisations of a dataset with their English names, and their countries where they have a seat."""
    solutions = store.query(_ORGANISATIONS)
    assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101 - it is a SELECT
    for row in solutions:
        organisation, name, somewhere = row["organisation"], row["name"], row["somewhere"]
        if isinstance(organisation, ox.NamedNode) and isinstance(name, ox.Literal):
            place = _PLACE.match(somewhere.value) if isinstance(somewhere, ox.Literal) else None
            country = None if place is None else _ISO.get(place[1], place[1])
            yield Organisation(organisation.value, name.value, country)


def graph_names(store: ox.Store) -> frozenset[str]:
    """The names of the graphs of sources in a dataset."""
    return frozenset(
        graph.value.removeprefix(iris.GRAPH)
        for graph in store.named_graphs()
        if isinstance(graph, ox.NamedNode) and graph.value.startswith(iris.GRAPH)
    )
