"""What each page shows, as values: templates read these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.iris import CG
from clustergraph.pages.results import Graph, Table
from clustergraph.snapshot import Manifest

_LICENCES: Final = {
    "https://creativecommons.org/licenses/by/4.0/": "Creative Commons Attribution 4.0 (CC BY 4.0)",
    "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0": (
        "Creative Commons Attribution 4.0 (CC BY 4.0)"
    ),
}


#: Classes of what the graph is made with, rather than of what it is about: they are shown after the rest.
_APPARATUS: Final = frozenset(
    f"{CG}{name}"
    for name in (
        *("Claim", "Discrepancy", "LevelSupport", "Milestone", "Observation", "RelationClaim"),
        *("Locator", "Period", "Point", "Slide", "Source", "SourceDocument", "SourceFragment", "SourceState"),
        *("SuppliedTable", "TerritorialChange", "Territory", "WebPage", "WebResource"),
    )
)


@dataclass(frozen=True, slots=True)
class Link:
    """A text and the address it leads to."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """An answer for people: a boolean, a table or a graph, or word that it is too long for a page."""

    downloads: Sequence[Link]
    boolean: bool | None = None
    table: Table | None = None
    graph: Graph | None = None
    too_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """What went wrong, in words; `line` and `column` where a query is at fault."""

    status: int
    title: str
    detail: str
    fix: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A named query as a plain question with the addresses of its answer and its SPARQL."""

    question: str
    description: str
    href: str
    text_href: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One parameter of a named query as a form field; `kind` is its input type, `choices` (value, text)."""

    name: str
    label: str
    value: str
    kind: str
    help: str
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class TableView:
    """A table to download: its title with its address, and what it covers."""

    link: Link
    coverage: str


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """The release in words."""

    number: int
    triples: int
    inferred: int
    content_hash: str
    built: str
    built_iso: str
    version: str
    seconds: float
    validation: str
    conforms: bool
    licence: Link
    kinds: Sequence[tuple[int, Link]]
    sources: Sequence[tuple[Link, str]]
    pages: int
    sites: int


def release_view(manifest: Manifest, kinds: Sequence[Link], sources: Sequence[Link]) -> ReleaseView:
    """The release as the first page tells it; `kinds` and `sources` are links in the manifest's order."""
    outcome = manifest.validation
    return ReleaseView(
        number=manifest.release,
        triples=manifest.triples,
        inferred=manifest.inferred,
        content_hash=manifest.content_hash,
        built=f"{manifest.built_at:%-d %B %Y, %H:%M} UTC",
        built_iso=manifest.built_at.isoformat(),
        version=manifest.version,
        seconds=sum(manifest.seconds.values()),
        validation=", ".join(
            (
                _counted(outcome.violations, "violation"),
                _counted(outcome.warnings, "warning"),
                _counted(outcome.infos, "note"),
            )
        ),
        conforms=outcome.violations == 0,
        licence=Link(_LICENCES.get(manifest.licence, manifest.licence), manifest.licence),
        kinds=tuple(
            (kind.count, link)
            for kind, link in sorted(
                zip(manifest.kinds, kinds, strict=True), key=lambda each: each[0].iri in _APPARATUS
            )
        ),
        sources=tuple(
            (link, note.date.strip() or "no date stated")
            for note, link in zip(manifest.sources, sources, strict=True)
        ),
        pages=manifest.pages,
        sites=manifest.sites,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
