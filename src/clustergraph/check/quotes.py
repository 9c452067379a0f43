"""Quotes against the decks themselves: checksums, lines, slides and the exact words."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.check.places import SOURCE_PREFIX, Places, instances, objects
from clustergraph.errors import Fault, UnusableInput
from clustergraph.evidence import Locator
from clustergraph.iris import CG

_RAW_TEXT: Final = ox.NamedNode(f"{CG}rawText")


@dataclass(frozen=True, slots=True)
class Deck:
    """The text of a source by lines; line n is `lines[n - 1]`, and only a line feed ends a line."""

    iri: str
    lines: tuple[str, ...]

    def words(self, place: Locator) -> str:
        """The words of some lines, with single spaces."""
        return _spaced(" ".join(self.lines[place.first - 1 : place.last]))


def against_decks(store: ox.Store, places: Places, directory: Path) -> tuple[int, list[Fault]]:
    """Compare the dataset with the texts of its sources; the number of quotes compared, and all faults.

    A quote must stand in one of the statement's fragments, or run through its fragments of one source in
    their order. Raises UnusableInput when there is no such directory.
    """
    if not directory.is_dir():
        raise UnusableInput(
            "There is no directory of decks.", where=str(directory), fix="Name the directory of the texts."
        )
    faults: list[Fault] = []
    decks: dict[str, Deck] = {}
    cited = {fragment.document for fragment in places.fragments.values()}
    for document in instances(store, f"{CG}SourceDocument"):
        if document not in cited:  # a classification, whose file is not among the decks
            continue
        deck = _read(store, document, directory, faults)
        if deck is not None:
            decks[document.removeprefix(SOURCE_PREFIX)] = deck
    faults += _beyond_the_end(places, decks)
    faults += _lines_on_no_slide(places, decks)
    compared = 0
    for quad in store.quads_for_pattern(None, _RAW_TEXT, None, ox.DefaultGraph()):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
            compared += 1
            if not _stands(quad.object.value, places.of(quad.subject.value), decks):
                faults.append(
                    Fault(
                        rule="quoted words",
                        message=f"“{quad.object.value}” does not stand in the lines that "
                        f"{iris.compact(quad.subject.value)} cites.",
                        fix="Quote the exact words, or correct the deck and lines.",
                        focus=quad.subject.value,
                        value=quad.object.value,
                    )
                )
    return compared, faults


def _read(store: ox.Store, document: str, directory: Path, faults: list[Fault]) -> Deck | None:
    names = objects(store, document, f"{CG}fileName")
    sums = objects(store, document, f"{CG}sha256")
    path = directory / names[0].value if len(names) == 1 else None
    if path is None or not path.is_file():
        faults.append(
            Fault(
                rule="source at hand",
                message=f"The text of {iris.compact(document)} is not in the directory of decks.",
                fix="Correct cg:fileName, or put the file there.",
                focus=document,
            )
        )
        return None
    body = path.read_bytes()
    actual = hashlib.sha256(body).hexdigest()
    if [value.value for value in sums] != [actual]:
        faults.append(
            Fault(
                rule="checksum",
                message=f"{path.name} has the SHA-256 {actual}, and {iris.compact(document)} states another.",
                fix="Find out which text the evidence was taken from; then correct the file or cg:sha256.",
                focus=document,
            )
        )
    return Deck(document, tuple(body.decode("utf-8", errors="replace").split("\n")))


def _stands(quote: str, cited: tuple[Locator, ...], decks: dict[str, Deck]) -> bool:
    by_source: dict[str, list[str]] = defaultdict(list)
    for place in cited:
        if place.source in decks:
            by_source[place.source].append(decks[place.source].words(place))
    wanted = _spaced(quote)
    return any(wanted in " ".join(found) for found in by_source.values())


def _beyond_the_end(places: Places, decks: dict[str, Deck]) -> Iterator[Fault]:
    for fragment in places.fragments.values():
        place = fragment.place
        deck = decks.get(place.source) if place is not None else None
        if place is not None and deck is not None and place.last > len(deck.lines):
            yield Fault(
                rule="located fragment",
                message=f"{iris.compact(fragment.iri)} ends on line {place.last}, but the text has "
                f"{len(deck.lines)} lines.",
                fix="Correct the lines in the table.",
                focus=fragment.iri,
            )


def _lines_on_no_slide(places: Places, decks: dict[str, Deck]) -> Iterator[Fault]:
    covered: dict[str, set[int]] = defaultdict(set)
    for fragment in places.fragments.values():
        if fragment.is_slide and (place := fragment.place) is not None:
            covered[place.source].update(range(place.first, place.last + 1))
    for name, deck in decks.items():
        for number, line in enumerate(deck.lines, start=1):
            if line.strip() and number not in covered[name]:
                yield Fault(
                    rule="lines on slides",
                    message=f"Line {number} of {name} has words but lies on no slide.",
                    fix="Extend a slide in data/decks/slides.csv.",
                    focus=deck.iri,
                    value=str(number),
                )


def _spaced(text: str) -> str:
    return " ".join(text.split())
