"""Fragments of sources: the cited ranges of lines and the slides that hold them."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.evidence import Locator
from clustergraph.iris import CG
from clustergraph.sources.decks.tables import SlideRow
from clustergraph.sources.triples import LABEL, GraphBuilder, integer


def source_iri(deck: str) -> str:
    """The IRI of a source document."""
    return iris.thing(f"source/{deck}")


def slide_iri(row: SlideRow) -> str:
    """The IRI of a slide, by its number in the reading order."""
    return iris.thing(f"slide/{row.deck}-s{row.number}")


def slide_at(slides: Iterable[SlideRow], place: Locator) -> SlideRow | None:
    """The slide that covers a locator from its first to its last line."""
    return next(
        (
            slide
            for slide in slides
            if slide.deck == place.source and slide.line_start <= place.first and place.last <= slide.line_end
        ),
        None,
    )


class FragmentMint:
    """Describes each slide and each cited range of lines once, in the graph of its deck."""

    def __init__(self, slides: Iterable[SlideRow], sink: list[ox.Quad]) -> None:
        self._sink = sink
        self._slides = tuple(slides)
        self._minted: set[Locator] = set()
        for slide in self._slides:
            self._describe_slide(slide)

    def iri(self, place: Locator) -> str:
        """The IRI of the fragment at a place, described on its first use."""
        if place not in self._minted:
            self._minted.add(place)
            self._describe_fragment(place)
        return place.iri

    def _describe_slide(self, row: SlideRow) -> None:
        graph = GraphBuilder(row.deck, self._sink)
        subject = slide_iri(row)
        graph.types(subject, [f"{CG}Slide"])
        graph.add_english(subject, LABEL, f"{row.deck}, slide {row.number}: {row.heading}")
        graph.add_english(subject, f"{CG}slideHeading", row.heading)
        graph.add(subject, f"{CG}slideNumber", integer(row.number))
        graph.add(subject, f"{CG}lineStart", integer(row.line_start))
        graph.add(subject, f"{CG}lineEnd", integer(row.line_end))
        graph.link(subject, f"{CG}fragmentOf", source_iri(row.deck))

    def _describe_fragment(self, place: Locator) -> None:
        graph = GraphBuilder(place.source, self._sink)
        graph.types(place.iri, [f"{CG}SourceFragment"])
        graph.add(place.iri, f"{CG}lineStart", integer(place.first))
        graph.add(place.iri, f"{CG}lineEnd", integer(place.last))
        graph.link(place.iri, f"{CG}fragmentOf", source_iri(place.source))
        slide = slide_at(self._slides, place)
        where = place.source
        if slide is not None:
            graph.link(place.iri, f"{CG}onSlide", slide_iri(slide))
            where = f"{place.source}, slide {slide.number} ({slide.heading})"
        graph.add_english(place.iri, LABEL, f"{where}, {place.words}")
