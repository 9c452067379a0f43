"""Result formats and content negotiation, as pure functions (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clustergraph.errors import ClustergraphError


class ResultKind(StrEnum):
    """What a query returns: SELECT gives solutions, ASK a boolean, CONSTRUCT and DESCRIBE a graph."""

    SOLUTIONS = "solutions"
    BOOLEAN = "boolean"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """A serialisation: its `?format=` name, media type, the kinds of result it can carry and synonyms."""

    name: str
    media_type: str
    kinds: frozenset[ResultKind]
    synonyms: tuple[str, ...] = ()


_ROWS: Final = frozenset({ResultKind.SOLUTIONS, ResultKind.BOOLEAN})
_GRAPH: Final = frozenset({ResultKind.GRAPH})

JSON: Final = ResultFormat("json", "application/sparql-results+json", _ROWS, ("application/json",))
XML: Final = ResultFormat("xml", "application/sparql-results+xml", _ROWS, ("application/xml", "text/xml"))
CSV: Final = ResultFormat("csv", "text/csv", _ROWS)
TSV: Final = ResultFormat("tsv", "text/tab-separated-values", _ROWS)
TURTLE: Final = ResultFormat("turtle", "text/turtle", _GRAPH, ("application/x-turtle", "application/turtle"))
NTRIPLES: Final = ResultFormat("ntriples", "application/n-triples", _GRAPH, ("text/plain",))
RDFXML: Final = ResultFormat("rdfxml", "application/rdf+xml", _GRAPH, ("application/xml", "text/xml"))
JSONLD: Final = ResultFormat("jsonld", "application/ld+json", _GRAPH, ("application/json",))
TRIG: Final = ResultFormat("trig", "application/trig", _GRAPH)
NQUADS: Final = ResultFormat("nquads", "application/n-quads", _GRAPH)

#: The syntax of RDF files by their ending.
RDF_ENDINGS: Final[dict[str, ResultFormat]] = {
    ".ttl": TURTLE,
    ".trig": TRIG,
    ".nt": NTRIPLES,
    ".nq": NQUADS,
    ".rdf": RDFXML,
    ".xml": RDFXML,
    ".owl": RDFXML,
    ".jsonld": JSONLD,
    ".json": JSONLD,
}

#: In the order of preference where a client does not mind.
FORMATS: Final[tuple[ResultFormat, ...]] = (
    JSON,
    XML,
    CSV,
    TSV,
    TURTLE,
    NTRIPLES,
    RDFXML,
    JSONLD,
    TRIG,
    NQUADS,
)

#: A page for people, made from JSON or N-Triples by the service; no engine serialises it.
HTML: Final = ResultFormat("html", "text/html", frozenset(ResultKind), ("application/xhtml+xml",))

#: Other names by which clients ask for a format; a name that fits two kinds of result is in both rows.
_ALIASES: Final[dict[str, tuple[ResultFormat, ...]]] = {
    "json": (JSON, JSONLD),
    "xml": (XML, RDFXML),
    "srj": (JSON,),
    "srx": (XML,),
    "ttl": (TURTLE,),
    "n3": (TURTLE,),
    "nt": (NTRIPLES,),
    "rdf": (RDFXML,),
    "rdf+xml": (RDFXML,),
    "json-ld": (JSONLD,),
    "nq": (NQUADS,),
}
_TCHARS: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE: Final = re.compile(rf"({_TCHARS})/({_TCHARS})")
_QVALUE: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_MEMBER: Final = re.compile(rf'(?:{_QUOTED}|[^,"])+')
_PARAMETER: Final = re.compile(rf';((?:{_QUOTED}|[^;"])*)')


class NotAcceptable(ClustergraphError):
    """A result for which the client accepts none of the formats there are; `available` lists those."""

    def __init__(self, what: str, available: Sequence[ResultFormat]) -> None:
        listed = ", ".join(f"{offer.media_type} (format={offer.name})" for offer in available)
        super().__init__(what, fix=f"Ask for one of: {listed}.")
        self.available = tuple(available)


class UnknownFormat(ClustergraphError):
    """A `format` that names no format at all."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One member of an Accept header: a media range and its quality, 0 (refused) to 1."""

    type: str
    subtype: str
    quality: float
    parameters: int = 0

    def matches(self, media_type: str) -> bool:
        """Whether a media type falls within the range."""
        kind, _, subtype = media_type.partition("/")
        return self.type in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def specificity(self) -> tuple[bool, bool, int]:
        """Grows with precision: `*/*`, `text/*`, `text/csv`, `text/csv;header=present`."""
        return (self.type != "*", self.subtype != "*", self.parameters)


def parse_accept(accept: str) -> tuple[MediaRange, ...]:
    """The media ranges of an Accept header; members that break its grammar are left out.

    A parameter such as `charset=utf-8` or `profile="…"` does not narrow the range, for no format here has
    variants; one with `q=0` therefore excludes nothing.
    """
    ranges = []
    for member in _MEMBER.findall(accept):
        name, _, rest = member.partition(";")
        range_ = _RANGE.fullmatch(name.strip(" \t").lower())
        parameters = [text.strip(" \t") for text in _PARAMETER.findall(f";{rest}") if text.strip(" \t")]
        weights = [text[2:] for text in parameters if text[:2].lower() == "q="]
        if range_ is None or (range_[1] == "*" and range_[2] != "*"):
            continue
        if len(weights) > 1 or not all(_QVALUE.fullmatch(weight) for weight in weights):
            continue
        quality = float(weights[0]) if weights else 1.0
        others = len(parameters) - len(weights)
        if not (others and quality == 0):
            ranges.append(MediaRange(range_[1], range_[2], quality, others))
    return tuple(ranges)


_Rank = tuple[float, tuple[bool, bool, int]]


def _rank(offer: ResultFormat, ranges: Sequence[MediaRange]) -> _Rank:
    """How well an offer is liked; a synonym counts only where the client spells it out."""

    def closest(media_type: str, *, spelt_out: bool = False) -> MediaRange | None:
        matching = [
            each for each in ranges if each.matches(media_type) and not (spelt_out and each.subtype == "*")
        ]
        return max(matching, key=lambda each: each.specificity, default=None)

    own = closest(offer.media_type)
    if own is not None and own.subtype != "*" and own.quality == 0:
        return 0.0, own.specificity
    found = (own, *(closest(synonym, spelt_out=True) for synonym in offer.synonyms))
    return max(
        ((each.quality, each.specificity) for each in found if each is not None),
        default=(0.0, (False, False, 0)),
    )


def best(accept: str | None, offers: Sequence[ResultFormat]) -> ResultFormat | None:
    """The offer (of at least one) that an Accept header likes best, or None where it accepts none.

    The most specific range that matches a media type gives its quality; among offers of equal quality the
    more specifically named wins, then the earlier. No header, or one without a valid member, accepts all.
    """
    ranges = parse_accept(accept) if accept is not None else ()
    if not ranges:
        return offers[0]
    ranked = [(_rank(offer, ranges), offer) for offer in offers]
    (quality, _), favourite = max(ranked, key=lambda pair: pair[0])
    return favourite if quality > 0 else None


def named(requested: str, known: Sequence[ResultFormat] = (*FORMATS, HTML)) -> tuple[ResultFormat, ...]:
    """The formats that a `format` parameter means: a name, an alias or a media type.

    Raises UnknownFormat. A space is read as the `+` it was before form decoding.
    """
    wanted = requested.strip().lower().replace(" ", "+")
    exact = tuple(each for each in known if wanted in (each.name, each.media_type) or wanted in each.synonyms)
    found = tuple(dict.fromkeys((*exact, *_ALIASES.get(wanted, ()))))
    if not found:
        names = ", ".join(each.name for each in known)
        raise UnknownFormat(
            f"There is no format {requested!r}.", fix=f"Formats are {names}, or a media type."
        )
    return found


def negotiate(
    accept: str | None,
    kind: ResultKind,
    requested_format: str | None = None,
    *,
    offers: Sequence[ResultFormat] = FORMATS,
) -> ResultFormat:
    """The format in which to answer: `requested_format` where given, else what `accept` prefers.

    `offers` are the formats there are, the preferred first; those that cannot carry `kind` are left out.
    Raises UnknownFormat where `requested_format` names none, NotAcceptable where no offer fits.
    """
    fitting = tuple(offer for offer in offers if kind in offer.kinds)
    if requested_format:
        wanted = named(requested_format)
        for offer in fitting:
            if offer in wanted:
                return offer
        raise NotAcceptable(f"A {_NOUN[kind]} cannot be written as {requested_format!r}.", fitting)
    chosen = best(accept, fitting)
    if chosen is None:
        raise NotAcceptable(f"A {_NOUN[kind]} is not available in any format you accept.", fitting)
    return chosen


_NOUN: Final = {
    ResultKind.SOLUTIONS: "table of solutions (SELECT)",
    ResultKind.BOOLEAN: "boolean (ASK)",
    ResultKind.GRAPH: "graph (CONSTRUCT, DESCRIBE)",
}
