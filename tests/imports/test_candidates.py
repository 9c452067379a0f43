"""Organisations with alike names are proposed, with a score, and never merged."""

from __future__ import annotations

import io
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.imports import candidates
from clustergraph.imports.candidates import find_candidates, proposals, words_of
from clustergraph.imports.workspace import Workspace
from clustergraph.sources.importing import ImportContext, unpacked
from clustergraph.sources.kinds.kind import Organisation


def organisation(slug: str, name: str, country: str | None = None) -> Organisation:
    return Organisation(iris.thing(f"cluster-organisation/{slug}"), name, country)


def found(tmp_path: Path, own: list[Organisation], known: list[Organisation]) -> set[tuple[str, str]]:
    workspace = Workspace(tmp_path / "rows.sqlite")
    workspace.organisations(own)
    pairs = find_candidates(workspace, known)
    workspace.close()
    return {(pair.organisation.name, pair.other.name) for pair in pairs}


def test_legal_forms_accents_and_order_do_not_tell_names_apart(tmp_path: Path) -> None:
    own = [organisation("a", "Clúster Inventado de Fotónica S.L.", "es")]
    known = [
        organisation("b", "Inventado Cluster Fotonica"),
        organisation("c", "Cluster of Something Else", "es"),
    ]
    assert found(tmp_path, own, known) == {
        ("Clúster Inventado de Fotónica S.L.", "Inventado Cluster Fotonica")
    }
    assert words_of("Müller & Söhne GmbH") == "muller sohne"


def test_two_countries_are_two_organisations(tmp_path: Path) -> None:
    own = [organisation("a", "Invented Photonics Cluster", "es")]
    assert found(tmp_path, own, [organisation("b", "Invented Photonics Cluster", "pt")]) == set()
    workspace_of_unknown = tmp_path / "unknown"
    workspace_of_unknown.mkdir()
    assert found(workspace_of_unknown, own, [organisation("b", "Invented Photonics Cluster")])


def test_the_same_identifier_is_no_candidate_and_two_of_one_import_are(tmp_path: Path) -> None:
    own = [organisation("a", "Invented Photonics"), organisation("b", "Invented Photonics ev")]
    assert found(tmp_path, own, [organisation("a", "Invented Photonics")]) == {
        ("Invented Photonics", "Invented Photonics ev")
    }


def test_what_is_compared_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(
        candidates.fuzz, "token_sort_ratio", lambda one, other, score_cutoff: compared.append(one) or 0
    )
    own = [organisation(f"n{number}", f"Common word{number % 700} name") for number in range(7_000)]
    found(tmp_path, own, [])
    assert 0 < len(compared) < 7_000 * candidates._MOST_SHARING


def test_a_proposal_is_an_uncertain_claim_and_states_no_match(tmp_path: Path) -> None:
    one, other = organisation("a", "Invented Photonics"), organisation("b", "Invented Photonic")
    context = ImportContext(graph="mine")
    body = proposals(context, [candidates.Candidate(one, other, 97.0)])
    store = ox.Store()
    store.extend(ox.parse(unpacked(io.BytesIO(body)), format=ox.RdfFormat.N_QUADS))
    assert {quad.graph_name.value for quad in store} == {iris.graph("mine-candidates")}
    match = ox.NamedNode(f"{iris.SKOS}closeMatch")
    assert list(store.quads_for_pattern(None, match, None)) == []
    (claim,) = store.quads_for_pattern(None, ox.NamedNode(f"{iris.CG}assertedProperty"), match)
    (certainty,) = store.quads_for_pattern(claim.subject, ox.NamedNode(f"{iris.CG}certainty"), None)
    assert certainty.object.value.endswith("certainty/uncertain")
    (note,) = store.quads_for_pattern(claim.subject, ox.NamedNode(f"{iris.CG}extractionNote"), None)
    assert "score 97 of 100" in note.object.value
