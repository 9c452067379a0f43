"""A synthetic ecosystem that conforms to the shapes: organisations, partnerships, priorities and evidence.

    python -m benchmarks.ecosystem ORGANISATIONS [FILE] [--nquads] [--seed N]

Made up, the same for the same size and seed, written block by block in constant memory. Every thing has an
IRI with `synthetic-` in it and a label that begins with “Synthetic”, as the shapes ask for IRIs of the graph;
countries have the codes XA to XX, which ISO 3166-1 leaves to its users. It is for benchmarks and tests and
never part of a release. `benchmarks/generator.py` makes the data of the query benchmarks, which need not
conform.

Structure: countries with regions in three levels, a strategy with priorities for each region of the second
level, calls under a few instruments of a few programmes, partnerships of three to eight organisations, a
figure for each partnership and each second organisation, and the place on a slide of a document that states
each.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.generator import COUNTRIES, FORMS, SPECIALITIES, in_graph, region_codes, write_blocks
from clustergraph import iris

#: Triples of one organisation and its share of everything else, on average.
TRIPLES_EACH: Final = 33
_THEMES: Final = (
    "3d-printing", "advanced-manufacturing-energy", "cyber-security", "industry-4-0", "medical-technology",
    "non-food-biomass", "photonics", "sports-innovation", "textile-innovation",
)  # fmt: skip
_PROGRAMMES: Final = 6
_INSTRUMENTS: Final = 12
_PARTNERSHIPS_A_CALL: Final = 25
_PLACES_A_SLIDE: Final = 40
_PLACES_A_DOCUMENT: Final = 25 * _PLACES_A_SLIDE
#: Indicators with their units.
_MEMBERS: Final = ("smes-represented", f"{iris.UNIT}NUM")
_BUDGET: Final = ("budget", f"{iris.CURRENCY}EUR")
_YEARS: Final = range(2014, 2027)


@dataclass(frozen=True, slots=True)
class Size:
    """How many things of each kind an ecosystem has."""

    organisations: int

    @staticmethod
    def of_triples(triples: int) -> Size:
        """About as many as make a number of triples."""
        return Size(max(20, triples // TRIPLES_EACH))

    @property
    def partnerships(self) -> int:
        return max(2, self.organisations // 4)

    @property
    def calls(self) -> int:
        return -(-self.partnerships // _PARTNERSHIPS_A_CALL)

    @property
    def countries(self) -> tuple[str, ...]:
        return COUNTRIES[: max(2, min(len(COUNTRIES), self.organisations // 400))]


def lines(size: Size, *, seed: int = 5) -> Iterator[str]:
    """Blocks of N-Triples lines, one thing with its evidence a block."""
    chance = random.Random(seed)
    codes = [code for code in region_codes(size.countries) if len(code) <= 5]
    lowest = [code for code in codes if len(code) == 5]
    evidence = _Evidence()
    yield _framework(evidence)
    for code in codes:
        yield _territory(code, evidence)
    for code in codes:
        if len(code) == 4:
            yield _strategy(code, evidence, chance)
    for number in range(size.calls):
        yield _call(number, evidence)
    for number in range(size.organisations):
        yield _organisation(number, lowest, evidence, chance)
    for number in range(size.partnerships):
        yield _partnership(number, size, evidence, chance)


def write(path: Path, size: Size, *, seed: int = 5, nquads: bool = False) -> None:
    """Write an ecosystem as N-Triples, or as N-Quads in one synthetic graph; nothing is left half-written."""
    write_blocks(path, lines(size, seed=seed), nquads=nquads)


class _Evidence:
    """Places in the synthetic documents, one after the other."""

    def __init__(self) -> None:
        self._given = 0

    def place(self) -> tuple[str, str]:
        """The IRI of a new fragment and its triples; the first of a slide or a document brings that along."""
        number = self._given
        self._given += 1
        document, line = divmod(number, _PLACES_A_DOCUMENT)
        slide = number // _PLACES_A_SLIDE
        fragment = _id("fragment", number)
        block = _thing(
            fragment,
            "SourceFragment",
            f"place {number}",
            (_cg("fragmentOf"), _id("source", document)),
            (_cg("lineStart"), _number(line + 1)),
            (_cg("lineEnd"), _number(line + 1)),
            (_cg("onSlide"), _id("slide", slide)),
        )
        if line % _PLACES_A_SLIDE == 0:
            block = _slide(slide, document, line + 1) + block
        return fragment, (_document(document) if line == 0 else "") + block


def _stated(
    evidence: _Evidence, it: str, kind: str, label: str, *more: tuple[str, str], also: Iterable[str] = ()
) -> str:
    """A thing, the place that states it, and further blocks that the same place states."""
    fragment, block = evidence.place()
    stated = f"{it} {_cg('statedIn')} {fragment} .\n"
    others = "".join(other.replace("{fragment}", fragment) for other in also)
    return block + _thing(it, kind, label, *more) + stated + others


def _document(number: int) -> str:
    return _thing(
        _id("source", number),
        "SourceDocument",
        f"document {number}",
        (f"<{iris.DCT}title>", _text(f"Synthetic document {number}")),
        (_cg("fileName"), f'"synthetic-{number}.txt"'),
        (_cg("sha256"), f'"{number:064x}"'),
        (_cg("asOfBasis"), _concept("as-of-basis", "unknown")),
    )


def _slide(number: int, document: int, first_line: int) -> str:
    return _thing(
        _id("slide", number),
        "Slide",
        f"slide {number}",
        (_cg("fragmentOf"), _id("source", document)),
        (_cg("slideNumber"), _number(first_line // _PLACES_A_SLIDE + 1)),
        (_cg("slideHeading"), _text(f"Synthetic heading {number}")),
        (_cg("lineStart"), _number(first_line)),
        (_cg("lineEnd"), _number(first_line + _PLACES_A_SLIDE - 1)),
    )


def _framework(evidence: _Evidence) -> str:
    """Programmes and their parts, instruments under them, periods, and the data set of all figures."""
    described = f"<{iris.DCT}description>"
    block = ""
    for number in range(_PROGRAMMES):
        part = [(_cg("partOfProgramme"), _id("programme", number // 2))] if number >= _PROGRAMMES // 2 else []
        text = (described, _text(f"Synthetic programme number {number}."))
        programme = _id("programme", number)
        block += _stated(evidence, programme, "Programme", f"programme {number}", text, *part)
    for number in range(_INSTRUMENTS):
        under = (_cg("fundedUnder"), _id("programme", number % _PROGRAMMES))
        text = (described, _text(f"Synthetic instrument number {number}."))
        instrument = _id("instrument", number)
        block += _stated(evidence, instrument, "FundingInstrument", f"instrument {number}", text, under)
    for year in _YEARS:
        first, last = (f'"{year}-{day}"^^<{iris.XSD}date>' for day in ("01-01", "12-31"))
        days = ((f"<{iris.DCAT}startDate>", first), (f"<{iris.DCAT}endDate>", last))
        block += _thing(_id("period", year), "Period", f"period {year}", *days)
    data_set = _id("dataset", "figures")
    return (
        block
        + f"{data_set} {_TYPE} <{iris.QB}DataSet> .\n{data_set} {_LABEL} {_text('Synthetic figures')} .\n"
    )


def _territory(code: str, evidence: _Evidence) -> str:
    if len(code) == 2:
        return _stated(evidence, _place(code), "Country", f"country {code}")
    return _stated(
        evidence,
        _place(code),
        "Region",
        f"region {code}",
        (_cg("nutsCode"), f'"{code}"'),
        (_cg("nutsVersion"), '"2021"'),
        (_cg("within"), _place(code[:-1])),
    )


def _strategy(code: str, evidence: _Evidence, chance: random.Random) -> str:
    it = _id("strategy", code.lower())
    description = (f"<{iris.DCT}description>", _text(f"Synthetic strategy of region {code}."))
    block = f"{_place(code)} {_cg('hasStrategy')} {it} .\n"
    block += _stated(evidence, it, "SmartSpecialisationStrategy", f"strategy of {code}", description)
    for number in range(1 + int(chance.random() * 6)):
        priority = _id("priority", f"{code.lower()}-{number}")
        theme = _THEMES[int(chance.random() * len(_THEMES))]
        block += f"{it} {_cg('hasPriority')} {priority} .\n" + _stated(
            evidence,
            priority,
            "SpecialisationPriority",
            f"priority {number} of {code}",
            (_cg("priorityText"), _text(f"Synthetic priority {number}: {theme}")),
            (_cg("addressesTheme"), _concept("thematic-area", theme)),
        )
    return block


def _call(number: int, evidence: _Evidence) -> str:
    it, milestone = _id("call", number), _id("milestone", number)
    year = _YEARS[number % len(_YEARS)]
    day = f'"{year}-06-15"^^<{iris.XSD}date>'
    deadline = _thing(
        milestone,
        "Milestone",
        f"deadline of call {number}",
        (_cg("milestoneOf"), it),
        (_cg("milestoneType"), _concept("milestone-type", "deadline")),
        (f"<{iris.DCAT}startDate>", day),
        (f"<{iris.DCAT}endDate>", day),
        (_cg("datePrecision"), '"day"'),
        (_cg("dateText"), _text(f"15 June {year}")),
        (_cg("rawText"), _text(f"synthetic deadline 15 June {year}")),
        (_cg("statedIn"), "{fragment}"),
    )
    under = (_cg("underInstrument"), _id("instrument", number % _INSTRUMENTS))
    return _stated(evidence, it, "Call", f"call {number}", under, also=[deadline])


def _organisation(number: int, regions: list[str], evidence: _Evidence, chance: random.Random) -> str:
    draw = chance.random
    it = _id("cluster-organisation", number)
    speciality = SPECIALITIES[int(draw() * len(SPECIALITIES))]
    form = FORMS[int(draw() * len(FORMS))]
    more = [(_cg("basedIn"), _place(regions[int(draw() * len(regions))]))]
    if draw() < 0.3:
        more.append((_cg("acronym"), f'"SC{number}"'))
    if draw() < 0.3:
        more.append((f"<{iris.SKOS}altLabel>", _text(f"S{speciality[:3].upper()} {number}")))
    members = int(15 + draw() ** 3 * 400)
    figure = [_figure(f"o{number}", it, _MEMBERS, members, chance)]
    label = f"{speciality} {form} {number}"
    return _stated(evidence, it, "ClusterOrganisation", label, *more, also=figure if draw() < 0.5 else ())


def _partnership(number: int, size: Size, evidence: _Evidence, chance: random.Random) -> str:
    draw = chance.random
    it = _id("partnership", number)
    theme = _concept("thematic-area", _THEMES[int(draw() * len(_THEMES))])
    call = number % size.calls
    # A few organisations take part in very many partnerships, as in life.
    partners = dict.fromkeys(int(size.organisations * draw() ** 1.5) for _ in range(3 + int(draw() * 6)))
    amount = 50_000 + int(draw() ** 2 * 4_950_000)
    also = [_figure(f"p{number}", it, _BUDGET, amount, chance)]
    for place, partner in enumerate(partners):
        participation = _id("participation", f"{number}-{place}")
        role = _concept("participant-role", "partner" if place else "coordinator")
        also.append(
            f"{it} {_cg('hasParticipation')} {participation} .\n"
            + _thing(
                participation,
                "Participation",
                f"participation {place} in partnership {number}",
                (_cg("participant"), _id("cluster-organisation", partner)),
                (_cg("participantRole"), role),
                (_cg("statedIn"), "{fragment}"),
            )
        )
    return _stated(
        evidence,
        it,
        "ClusterPartnership",
        f"partnership {number}",
        (_cg("underCall"), _id("call", call)),
        (_cg("underInstrument"), _id("instrument", call % _INSTRUMENTS)),
        (_cg("addressesTheme"), theme),
        also=also,
    )


def _figure(key: str, about: str, indicator: tuple[str, str], value: int, chance: random.Random) -> str:
    name, unit = indicator
    year = _YEARS[int(chance.random() * len(_YEARS))]
    return _thing(
        _id("obs", key),
        "Observation",
        f"figure {key}",
        (_cg("aboutEntity"), about),
        (_cg("indicator"), _concept("indicator", name)),
        (_cg("numericValue"), f'"{value}"^^<{iris.XSD}decimal>'),
        (_cg("unit"), f"<{unit}>"),
        (_cg("qualifier"), _concept("qualifier", "exact")),
        (_cg("valueNature"), _concept("nature", "achieved")),
        (_cg("refPeriod"), _id("period", year)),
        (_cg("rawText"), _text(f"synthetic {value}")),
        (f"<{iris.QB}dataSet>", _id("dataset", "figures")),
        (_cg("statedIn"), "{fragment}"),
    )


_TYPE: Final = f"<{iris.RDF}type>"
_LABEL: Final = f"<{iris.RDFS}label>"


def _thing(it: str, kind: str, label: str, *more: tuple[str, str]) -> str:
    """The lines of a thing of a class of the ontology."""
    head = f"{it} {_TYPE} {_cg(kind)} .\n{it} {_LABEL} {_text(f'Synthetic {label}')} .\n"
    return head + "".join(f"{it} {predicate} {value} .\n" for predicate, value in more)


def _cg(local: str) -> str:
    return f"<{iris.CG}{local}>"


def _id(kind: str, key: int | str) -> str:
    return f"<{iris.CGI}{kind}/synthetic-{key}>"


def _place(code: str) -> str:
    return _id("country" if len(code) == 2 else "region", code.lower())


def _concept(scheme: str, notation: str) -> str:
    return f"<{iris.CGS}{scheme}/{notation}>"


def _number(value: int) -> str:
    return f'"{value}"^^<{iris.XSD}integer>'


def _text(words: str) -> str:
    return f'"{words}"@en'


def main() -> None:
    """Write an ecosystem to a file or to stdout."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("organisations", type=int)
    arguments.add_argument("file", type=Path, nargs="?")
    arguments.add_argument("--nquads", action="store_true", help="N-Quads in one graph, not N-Triples.")
    arguments.add_argument("--seed", type=int, default=5)
    given = arguments.parse_args()
    size = Size(given.organisations)
    if given.file is not None:
        write(given.file, size, seed=given.seed, nquads=given.nquads)
        return
    for block in lines(size, seed=given.seed):
        sys.stdout.write(in_graph(block) if given.nquads else block)


if __name__ == "__main__":
    main()
