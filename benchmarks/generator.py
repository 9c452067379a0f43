"""Synthetic cluster data: made up, the same for the same size and seed, and marked as such.

    python -m benchmarks.generator TRIPLES [FILE] [--nquads]

Every thing stands in `https://example.org/synthetic/`; classes and properties are those of the project's
ontology. Nothing in it says anything about a real region, organisation or project. Countries have the codes
XA to XX, which ISO 3166-1 leaves to its users.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from clustergraph import iris

SYNTHETIC: Final = "https://example.org/synthetic/"
GRAPH: Final = f"{SYNTHETIC}graph/1"

COUNTRIES: Final = tuple(f"X{chr(code)}" for code in range(ord("A"), ord("X") + 1))
_LETTERS: Final = "123456789"
#: Regions of one level within one of the level above.
_CHILDREN: Final = 4
_SECTORS: Final = 40
_THEMES: Final = 24
_PROGRAMMES: Final = 6
_ROLES: Final = 4
SPECIALITIES: Final = (
    "photonics", "advanced materials", "marine energy", "food", "textiles", "mobility", "health", "space",
    "microelectronics", "wood", "water", "robotics", "packaging", "batteries", "sensors", "tourism",
)  # fmt: skip
FORMS: Final = ("cluster", "network", "valley", "alliance", "hub", "association")

#: Triples of one organisation and its share of the projects, on average; sets how many of each there are.
_TRIPLES_EACH: Final = 53

_TYPE: Final = f"<{iris.RDF}type>"
_LABEL: Final = f"<{iris.RDFS}label>"
_ALT: Final = f"<{iris.SKOS}altLabel>"
_NAME: Final = f"<{iris.SKOS}prefLabel>"
_XSD: Final = iris.XSD


def _cg(local: str) -> str:
    return f"<{iris.CG}{local}>"


def _thing(kind: str, key: int | str) -> str:
    return f"<{SYNTHETIC}{kind}/{key}>"


@dataclass(frozen=True, slots=True)
class Population:
    """How many things of each kind a dataset of a given size has; region codes are of the lowest level."""

    triples: int
    organisations: int
    regions: tuple[str, ...]

    @staticmethod
    def of(triples: int) -> Population:
        regions = tuple(code for code in region_codes() if len(code) == 5)
        return Population(triples, max(10, triples // _TRIPLES_EACH), regions)


def lines(triples: int, *, seed: int = 4) -> Iterator[str]:
    """Blocks of N-Triples lines, one thing a block, exactly `triples` distinct lines in all.

    Territories come first, then concepts, organisations, and projects until the size is reached.
    """
    chance = random.Random(seed)
    population = Population.of(triples)
    left = triples
    for block in _blocks(population, chance):
        size = block.count("\n")
        if size >= left:
            yield "".join(block.splitlines(keepends=True)[:left])
            return
        left -= size
        yield block


def write(path: Path, triples: int, *, seed: int = 4, nquads: bool = False) -> None:
    """Write a dataset as N-Triples, or as N-Quads in one synthetic graph; nothing is left half-written."""
    write_blocks(path, lines(triples, seed=seed), nquads=nquads)


def write_blocks(path: Path, blocks: Iterable[str], *, nquads: bool) -> None:
    """Write blocks of N-Triples lines to a file, in the synthetic graph if asked for."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as file:
        for block in blocks:
            file.write(in_graph(block) if nquads else block)
    partial.replace(path)


def in_graph(block: str) -> str:
    """N-Triples lines as N-Quads in the synthetic graph."""
    return block.replace(" .\n", f" <{GRAPH}> .\n")


def dataset(directory: Path, triples: int) -> Path:
    """The N-Triples file of a size in a directory, written where it is not there yet."""
    path = directory / f"synthetic-{triples}.nt"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        write(path, triples)
    return path


def region_codes(countries: Sequence[str] = COUNTRIES) -> Iterator[str]:
    """Codes of four levels, each before what lies in it: XA, XA1, XA11, XA111."""
    for country in countries:
        yield country
        for first in _LETTERS[:_CHILDREN]:
            yield country + first
            for second in _LETTERS[:_CHILDREN]:
                yield country + first + second
                for third in _LETTERS[:_CHILDREN]:
                    yield country + first + second + third


def _blocks(population: Population, chance: random.Random) -> Iterator[str]:
    yield from _territories()
    yield from _concepts()
    for number in range(population.organisations):
        yield _organisation(number, population, chance)
    for number in count():
        yield _project(number, population.organisations, chance)


def _territories() -> Iterator[str]:
    nuts, version, within = _cg("nutsCode"), _cg("nutsVersion"), _cg("within")
    for code in region_codes():
        region = _thing("region", code)
        kind = "Country" if len(code) == 2 else "Region"
        lies = f"{region} {within} {_thing('region', code[:-1])} .\n" if kind == "Region" else ""
        yield (
            f"{region} {_TYPE} {_cg(kind)} .\n"
            f'{region} {_LABEL} "Synthetic {kind.lower()} {code}"@en .\n'
            f'{region} {nuts} "{code}" .\n'
            f'{region} {version} "synthetic" .\n'
            f"{lies}"
        )


def _concepts() -> Iterator[str]:
    for kind, how_many in (("sector", _SECTORS), ("theme", _THEMES), ("role", _ROLES)):
        for number in range(how_many):
            concept = _thing(kind, number)
            yield (
                f"{concept} {_TYPE} <{iris.SKOS}Concept> .\n"
                f'{concept} {_NAME} "Synthetic {kind} {number}"@en .\n'
                f'{concept} <{iris.SKOS}notation> "{kind[0].upper()}{number}" .\n'
            )
    for number in range(_PROGRAMMES):
        programme = _thing("programme", number)
        yield (
            f"{programme} {_TYPE} {_cg('Programme')} .\n"
            f'{programme} {_LABEL} "Synthetic programme {number}"@en .\n'
        )


def _organisation(number: int, population: Population, chance: random.Random) -> str:
    draw = chance.random
    it = _thing("organisation", number)
    speciality = SPECIALITIES[int(draw() * len(SPECIALITIES))]
    form = FORMS[int(draw() * len(FORMS))]
    region = population.regions[int(draw() * len(population.regions))]
    sector = int(draw() * _SECTORS)
    block = (
        f"{it} {_TYPE} {_cg('ClusterOrganisation')} .\n"
        f'{it} {_LABEL} "Synthetic {speciality} {form} {number}"@en .\n'
        f"{it} {_cg('basedIn')} {_thing('region', region)} .\n"
        f"{it} {_cg('inSector')} {_thing('sector', sector)} .\n"
        f'{it} <{iris.SCHEMA}foundingDate> "{1985 + int(draw() * 40)}"^^<{_XSD}gYear> .\n'
        f'{it} <{iris.SCHEMA}numberOfEmployees> "{1 + int(draw() ** 3 * 200)}"^^<{_XSD}integer> .\n'
    )
    if draw() < 0.5:
        other = (sector + 1 + int(draw() * (_SECTORS - 1))) % _SECTORS
        block += f"{it} {_cg('inSector')} {_thing('sector', other)} .\n"
    if draw() < 0.3:
        block += f'{it} {_ALT} "S{speciality[:3].upper()}{number}" .\n'
    if draw() < 0.6:
        block += f"{it} <{iris.FOAF}homepage> <{SYNTHETIC}page/{number}> .\n"
    if draw() < 0.4:
        block += f'{it} {_cg("acronym")} "SC{number}" .\n'
    return block


def _project(number: int, organisations: int, chance: random.Random) -> str:
    draw = chance.random
    it, figure = _thing("project", number), _thing("figure", number)
    theme = int(draw() * _THEMES)
    year = 2008 + int(draw() * 18)
    blocks = [
        f"{it} {_TYPE} {_cg('Project')} .\n"
        f'{it} {_LABEL} "Synthetic project {number} on theme {theme}"@en .\n'
        f"{it} {_cg('fundedUnder')} {_thing('programme', int(draw() * _PROGRAMMES))} .\n"
        f"{it} {_cg('addressesTheme')} {_thing('theme', theme)} .\n"
        f'{it} <{iris.SCHEMA}startDate> "{year}"^^<{_XSD}gYear> .\n'
        f"{figure} {_TYPE} {_cg('Observation')} .\n"
        f"{figure} {_cg('aboutEntity')} {it} .\n"
        f"{figure} {_cg('indicator')} {_thing('indicator', 'funding')} .\n"
        f'{figure} {_cg("numericValue")} "{50_000 + int(draw() ** 2 * 4_950_000)}"^^<{_XSD}decimal> .\n'
        f"{figure} {_cg('unit')} <{iris.CURRENCY}EUR> .\n"
    ]
    if draw() < 0.4:
        other = (theme + 1 + int(draw() * (_THEMES - 1))) % _THEMES
        blocks.append(f"{it} {_cg('addressesTheme')} {_thing('theme', other)} .\n")
    # A few organisations take part in very many projects, as in life.
    partners = dict.fromkeys(int(organisations * draw() ** 1.5) for _ in range(3 + int(draw() * 6)))
    for place, partner in enumerate(partners):
        organisation = _thing("organisation", partner)
        participation = _thing("participation", f"{number}-{place}")
        role = 0 if place == 0 else 1 + int(draw() * (_ROLES - 1))
        blocks.append(
            f"{participation} {_TYPE} {_cg('Participation')} .\n"
            f"{participation} {_cg('participationIn')} {it} .\n"
            f"{participation} {_cg('participant')} {organisation} .\n"
            f"{participation} {_cg('participantRole')} {_thing('role', role)} .\n"
            f"{organisation} {_cg('participatesIn')} {it} .\n"
        )
    return "".join(blocks)


def main() -> None:
    """Write a dataset to a file or to stdout."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("triples", type=int)
    arguments.add_argument("file", type=Path, nargs="?")
    arguments.add_argument("--nquads", action="store_true", help="N-Quads in one graph, not N-Triples.")
    arguments.add_argument("--seed", type=int, default=4)
    given = arguments.parse_args()
    if given.file is not None:
        write(given.file, given.triples, seed=given.seed, nquads=given.nquads)
        return
    for block in lines(given.triples, seed=given.seed):
        sys.stdout.write(in_graph(block) if given.nquads else block)


if __name__ == "__main__":
    main()
