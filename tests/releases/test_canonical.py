"""Canonical N-Quads are those of the whole dataset, though only quads with blank nodes are canonicalised."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from clustergraph.build.canonical import canonical_nquads

EX = "http://example.org/"


def canonicalised_whole(store: ox.Store) -> bytes:
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    body = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b""
    return b"".join(sorted(body.splitlines(keepends=True)))


def generated(seed: int) -> list[ox.Quad]:
    """Synthetic quads in three graphs, blank nodes in every place that may hold one, and awkward literals."""
    chance = random.Random(seed)
    graphs = [ox.DefaultGraph(), ox.NamedNode(f"{EX}g"), ox.BlankNode("graph")]
    nodes = [ox.NamedNode(f"{EX}n{number}") for number in range(6)]
    blanks = [ox.BlankNode(f"b{number}") for number in range(5)]
    literals = [
        ox.Literal("_:b0"), ox.Literal(" _:b1 .\n_:b2"), ox.Literal("ü\u2028\u0085\x0b\x0c", language="de"),
        ox.Literal('"\\'), ox.Literal("\x1c\x1d\r"), ox.Literal("1", datatype=ox.NamedNode(f"{EX}_:type")),
    ]  # fmt: skip
    predicates = [ox.NamedNode(f"{EX}p"), ox.NamedNode(f"{EX}q_:b0")]
    return [
        ox.Quad(
            chance.choice([*nodes, *blanks]),
            chance.choice(predicates),
            chance.choice([*nodes, *blanks, *literals]),
            chance.choice(graphs),
        )
        for _ in range(60)
    ]


@pytest.mark.parametrize("seed", range(25))
def test_they_are_those_of_the_whole_dataset(seed: int) -> None:
    store = ox.Store()
    store.extend(generated(seed))
    assert canonical_nquads(store) == canonicalised_whole(store)


@pytest.mark.parametrize("seed", range(5))
def test_names_of_blank_nodes_and_order_of_quads_do_not_show(seed: int) -> None:
    quads = generated(seed)
    renamed = {f"b{number}": ox.BlankNode(f"z{9 - number}") for number in range(5)}

    def again(term):
        return renamed.get(term.value, term) if isinstance(term, ox.BlankNode) else term

    one, other = ox.Store(), ox.Store()
    one.extend(quads)
    other.extend(
        ox.Quad(again(quad.subject), quad.predicate, again(quad.object), again(quad.graph_name))
        for quad in reversed(quads)
    )
    assert canonical_nquads(one) == canonical_nquads(other)


def test_an_empty_store_is_an_empty_file() -> None:
    assert canonical_nquads(ox.Store()) == b""
