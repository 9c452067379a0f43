"""Organisations that may be one and the same: found by alike names, proposed, never merged.

Two names are compared where they share a word that few others have and their countries do not differ; how
alike they are is rapidfuzz's ratio of the sorted words, without legal forms and accents.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rapidfuzz import fuzz

from clustergraph import iris
from clustergraph.imports.workspace import Workspace
from clustergraph.iris import CG, SKOS
from clustergraph.sources.importing import ImportContext, packed
from clustergraph.sources.kinds.kind import Organisation
from clustergraph.sources.lines import LineSink
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL

#: Organisations that are described elsewhere.
KnownOrganisations: TypeAlias = Iterable[Organisation]

#: From 0 to 100; names that differ in more are rarely one organisation.
_LEAST_SCORE: Final = 88.0
#: A word that more organisations of the import and of the graph have than this tells none of them apart.
_MOST_SHARING: Final = 60
_MOST_COMPARISONS: Final = 5_000_000
_MOST_CANDIDATES: Final = 10_000
_WORD: Final = re.compile(r"[^\W_]+")
#: Legal forms and words that names of organisations have or have not by chance.
_LEGAL: Final = """
ab ag aisbl and as asbl asociacion association associazione bv cv de der des di do ead eeig ev ggmbh gie gmbh
inc kft ltd nv of ong ood oy oyj plc sa sarl sas scarl scrl sl sp spa srl sro the und verein vzw zoo
"""
_LEFT_OUT: Final = frozenset(_LEGAL.split())


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two organisations that may be one: that of the import, the other, and a score from 0 to 100."""

    organisation: Organisation
    other: Organisation
    score: float

    def as_json(self) -> dict[str, str | float | None]:
        """The candidate as a flat JSON object."""
        return {
            "organisation": self.organisation.iri,
            "name": self.organisation.name,
            "other": self.other.iri,
            "other_name": self.other.name,
            "country": self.organisation.country or self.other.country,
            "score": round(self.score, 1),
        }


def find_candidates(workspace: Workspace, known: KnownOrganisations) -> Sequence[Candidate]:
    """The most alike pairs of imported organisations with each other and with known ones, best first.

    Rare words first; bounded in comparisons and in candidates, so that no import waits for it for long.
    """
    database = workspace.database
    if database.execute("SELECT 1 FROM organisation LIMIT 1").fetchone() is None:
        return ()
    _index(database, known)
    found: dict[tuple[str, str], Candidate] = {}
    compared = 0
    for block in _blocks(database):
        for one, other in _pairs(block):
            compared += 1
            score = fuzz.token_sort_ratio(one.words, other.words, score_cutoff=_LEAST_SCORE)
            if score:
                pair = (one.organisation.iri, other.organisation.iri)
                found[pair] = Candidate(one.organisation, other.organisation, score)
        if compared > _MOST_COMPARISONS:
            break
    best = sorted(found.values(), key=lambda each: (-each.score, each.organisation.iri, each.other.iri))
    return best[:_MOST_CANDIDATES]


def proposals(context: ImportContext, candidates: Sequence[Candidate]) -> bytes:
    """The candidates as claims of `skos:closeMatch`, each uncertain, in a graph of their own.

    The match itself is not stated: until somebody decides, nothing follows from it.
    """
    lines = LineSink()
    statements = Statements(f"{context.graph}-candidates", lines, context.labels)
    row = SourcedRow.model_validate({"certainty": "uncertain"})
    for candidate in candidates:
        one, other = candidate.organisation, candidate.other
        claim = f"{iris.CGI}claim/{iris.slug_of(one.iri)}--close-match--{iris.slug_of(other.iri)}"
        graph = statements.graph
        graph.types(claim, [f"{CG}RelationClaim"])
        text = f"{one.name} – may be the same as – {other.name}"
        graph.add_english(claim, LABEL, text)
        graph.add_english(claim, f"{CG}claimText", text)
        graph.link(claim, f"{CG}claimType", iris.concept("claim-type", "relation"))
        graph.link(claim, f"{CG}claimAbout", one.iri)
        graph.link(claim, f"{CG}assertedSubject", one.iri)
        graph.link(claim, f"{CG}assertedProperty", f"{SKOS}closeMatch")
        graph.link(claim, f"{CG}assertedObject", other.iri)
        note = f"Proposed by alike names, score {candidate.score:.0f} of 100; nobody has decided it."
        statements.stated(claim, row)
        graph.add_english(claim, f"{CG}extractionNote", note)
    return packed(lines)


@dataclass(frozen=True, slots=True)
class _Named:
    """An organisation with the words of its name."""

    organisation: Organisation
    words: str
    imported: bool


def words_of(name: str) -> str:
    """The words of a name in lower case, without accents, legal forms and punctuation."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = [word for word in _WORD.findall(plain.replace(".", "")) if word not in _LEFT_OUT]
    return " ".join(words)


def _index(database: sqlite3.Connection, known: KnownOrganisations) -> None:
    database.executescript(
        "CREATE TABLE named (number INTEGER PRIMARY KEY, iri TEXT, name TEXT, country TEXT, words TEXT, "
        "imported INTEGER); CREATE TABLE word (word TEXT, number INTEGER);"
    )
    own = database.execute("SELECT iri, name, country FROM organisation")
    number = 0
    seen: set[str] = set()
    for imported, organisations in ((1, own), (0, known)):
        for iri, name, country in organisations:
            if not imported and (iri in seen or _is_imported(database, iri)):
                continue
            if not imported:
                seen.add(iri)
            number += 1
            words = words_of(name)
            database.execute(
                "INSERT INTO named VALUES (?, ?, ?, ?, ?, ?)", (number, iri, name, country, words, imported)
            )
            database.executemany(
                "INSERT INTO word VALUES (?, ?)",
                ((word, number) for word in set(words.split()) if len(word) > 2),
            )
    database.execute("CREATE INDEX by_word ON word (word)")


def _is_imported(database: sqlite3.Connection, iri: str) -> bool:
    return database.execute("SELECT 1 FROM organisation WHERE iri = ?", (iri,)).fetchone() is not None


def _blocks(database: sqlite3.Connection) -> Iterator[list[_Named]]:
    """The organisations that share a word, of the rarest words first."""
    shared = database.execute(
        "SELECT word FROM word GROUP BY word HAVING COUNT(*) BETWEEN 2 AND ? ORDER BY COUNT(*), word",
        (_MOST_SHARING,),
    )
    for (word,) in shared:
        rows = database.execute(
            "SELECT iri, name, country, words, imported FROM named JOIN word USING (number) "
            "WHERE word.word = ? ORDER BY imported DESC, iri",
            (word,),
        )
        yield [
            _Named(Organisation(iri, name, country), words, bool(imported))
            for iri, name, country, words, imported in rows
        ]


def _pairs(block: list[_Named]) -> Iterator[tuple[_Named, _Named]]:
    """Pairs with an imported one first, whose countries do not differ."""
    for place, one in enumerate(block):
        if not one.imported:
            return
        for other in block[place + 1 :]:
            countries = {one.organisation.country, other.organisation.country} - {None}
            if len(countries) < 2:
                yield one, other
