"""The twelve query types, and queries of each drawn from a seeded list so that no two need be the same."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.generator import SYNTHETIC, Population

DIRECTORY: Final = Path(__file__).resolve().parent / "queries"
#: In the order in which reports list them.
NAMES: Final = (
    "look-up",
    "region-subtree",
    "co-participation",
    "funding-by-area-and-year",
    "matchmaking-with-negation",
    "top-k",
    "text-filter",
    "many-optionals",
    "construct",
    "rows-100k",
    "count",
    "describe",
)
LOOK_UP: Final = NAMES[0]
ROWS: Final = "rows-100k"

JSON: Final = "application/sparql-results+json"
CSV: Final = "text/csv"
N_TRIPLES: Final = "application/n-triples"

_DECORATOR: Final = re.compile(r"^#\+ (\w+): (.+)$", re.MULTILINE)
_GRAPH_FORM: Final = re.compile(r"^\s*(?:CONSTRUCT|DESCRIBE)\b", re.MULTILINE)
_SPECIALITIES: Final = ("photonics", "marine energy", "textiles", "robotics", "batteries", "sensors")


@dataclass(frozen=True, slots=True)
class QueryType:
    """One of the twelve: its text runs as it stands, and each sample term in it can be drawn anew.

    `draws` are pairs of what is drawn (organisation, region1, year …) and the sample term that it replaces.
    """

    name: str
    summary: str
    text: str
    draws: tuple[tuple[str, str], ...]

    @property
    def media_type(self) -> str:
        """The result format that is asked for: JSON for rows, N-Triples for graphs."""
        return N_TRIPLES if _GRAPH_FORM.search(self.text) else JSON

    def drawn(self, population: Population, chance: random.Random) -> str:
        """The query over other things of the dataset, without its comments."""
        text = self.text
        for kind, sample in self.draws:
            text = text.replace(sample, _draw(kind, population, chance))
        return text

    def many(self, population: Population, how_many: int, *, seed: int = 8) -> list[str]:
        """Distinct queries as long as there are any; then they come round again."""
        chance = random.Random(f"{self.name} {seed}")
        found: dict[str, None] = {}
        for _ in range(3 * how_many):
            if len(found) == how_many or (not self.draws and found):
                break
            found[self.drawn(population, chance)] = None
        distinct = list(found)
        return [distinct[place % len(distinct)] for place in range(how_many)]


def load(name: str) -> QueryType:
    """One query type from its file."""
    written = (DIRECTORY / f"{name}.rq").read_text(encoding="utf-8")
    decorators = _DECORATOR.findall(written)
    kind_and_sample = [value.split(maxsplit=1) for key, value in decorators if key == "draw"]
    return QueryType(
        name=name,
        summary=dict(decorators)["summary"],
        text=_DECORATOR.sub("", written).strip() + "\n",
        draws=tuple((kind, sample) for kind, sample in kind_and_sample),
    )


def load_all() -> list[QueryType]:
    """The twelve, in order."""
    return [load(name) for name in NAMES]


def rows_query(offset: int) -> str:
    """The query of a hundred thousand rows, made unlike every other by where it starts."""
    return load(ROWS).text.replace("LIMIT 100000", f"OFFSET {offset}\nLIMIT 100000")


def heavy_query(number: int) -> str:
    """A count over pairs of triples that takes hours; no two numbers give the same query."""
    return (
        "SELECT (COUNT(*) AS ?n) WHERE { ?a ?p ?b . ?c ?q ?d . "
        f"FILTER(STRLEN(CONCAT(STR(?b), STR(?d))) = {1_000_000 + number}) }}"
    )


def _draw(kind: str, population: Population, chance: random.Random) -> str:
    if kind == "speciality":
        return f'"{chance.choice(_SPECIALITIES)}"'
    if kind == "year":
        return f'"{chance.randint(2008, 2025)}"'
    if kind in ("region1", "region2"):
        return f"<{SYNTHETIC}region/{chance.choice(population.regions)[: 2 + int(kind[-1])]}>"
    # Projects: about as many as organisations, and the first four fifths are there for certain.
    upper = {
        "organisation": population.organisations,
        "project": population.organisations * 4 // 5,
        "programme": 6,
        "sector": 40,
        "theme": 24,
    }[kind]
    return f"<{SYNTHETIC}{kind}/{chance.randrange(upper)}>"
