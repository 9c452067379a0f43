"""What mixed load is made of: releases that tell themselves apart, and queries whose answers are known."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from clustergraph import __version__, snapshot
from clustergraph.snapshot import FileSum, Manifest, Validation
from clustergraph.sources.content import ROOMS, Content

EX: Final = "http://example.org/"
THINGS: Final = 6000
PREFIX: Final = f"PREFIX ex: <{EX}>\n"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

#: A fingerprint of the rows or lines of a result, each as often as it stands there, in whatever order.
Rows = str


def triples(release: int) -> bytes:
    """The dataset of a release in N-Quads: 30,000 quads, and no answer that is the same in two releases."""
    lines = []
    for number in range(THINGS):
        thing = f"<{EX}thing/{number}>"
        value = (number * 7919 + release * 104_729) % 100_003
        lines += [
            f'{thing} <{EX}label> "thing {number} of release {release}" .',
            f'{thing} <{EX}value> "{value}"^^<{_XSD}integer> .',
            f"{thing} <{EX}group> <{EX}group/{value % 97}> .",
            f"{thing} <{EX}next> <{EX}thing/{(number * 31 + release) % THINGS}> .",
            f'{thing} <{EX}noted> "{release}" <{EX}graph/{number % 7}> .',
        ]
    lines.append(f'<{EX}release> <{EX}number> "{release}"^^<{_XSD}integer> .')
    return ("\n".join(sorted(lines)) + "\n").encode()


def empty_content(directory: Path) -> Path:
    """Curated files of which there are none, so that `serve` has nothing to build from."""
    for room in ROOMS:
        (directory / room).mkdir(parents=True)
    return directory


def publish(home: Path, content: Path) -> int:
    """Publish the next release below `home`, as a build does; returns its number."""
    with snapshot.publishing(home) as pending:
        body = triples(pending.number)
        pending.write(snapshot.DATASET, body)
        files: dict[str, FileSum] = dict(pending.files)
        manifest = Manifest(
            release=pending.number,
            content_hash=hashlib.sha256(body).hexdigest(),
            built_at=datetime.now(UTC).replace(microsecond=0),
            version=__version__,
            tools={},
            inputs=Content(content).checksums(),
            files=files,
            triples=4 * THINGS + 1,
            quads=5 * THINGS + 1,
            inferred=0,
            kinds=(),
            sources=(),
            licence="https://creativecommons.org/licenses/by/4.0/",
            validation=Validation(violations=0, warnings=0, infos=0),
            seconds={},
        )
        pending.publish(manifest)
    return pending.number


@dataclass(frozen=True)
class Question:
    """A query with the format it is asked in; `kind` is what the report counts it as."""

    kind: str
    query: str
    accept: str

    @property
    def form(self) -> bytes:
        return urlencode({"query": self.query}).encode()


_JSON: Final = "application/sparql-results+json"
_CSV: Final = "text/csv"
_NTRIPLES: Final = "application/n-triples"


def questions(seed: int, number: int) -> tuple[Question, ...]:
    """Some queries of every kind, the same for the same seed."""
    choice = random.Random(seed)

    def thing() -> str:
        return f"ex:thing\\/{choice.randrange(THINGS)}"

    makers: dict[str, Callable[[], str]] = {
        "look-up": lambda: f"SELECT ?l ?v {{ {(it := thing())} ex:label ?l . {it} ex:value ?v }}",
        "count": lambda: (
            "SELECT ?g (COUNT(?s) AS ?n) (SUM(?v) AS ?sum) { ?s ex:group ?g ; ex:value ?v "
            f"FILTER(?v > {choice.randrange(1000, 90_000)}) }} GROUP BY ?g"
        ),
        "join": lambda: (
            f"SELECT ?a ?b ?l {{ ?a ex:group <{EX}group/{choice.randrange(97)}> ; ex:next ?b . "
            "?b ex:next/ex:label ?l }"
        ),
        "graphs": lambda: (
            f"SELECT ?s ?r {{ GRAPH <{EX}graph/{choice.randrange(7)}> {{ ?s ex:noted ?r }} "
            f"FILTER(STRENDS(STR(?s), '{choice.randrange(100):02}')) }}"
        ),
        "construct": lambda: (
            f"CONSTRUCT {{ ?s ex:says ?l }} "
            f"WHERE {{ ?s ex:group <{EX}group/{choice.randrange(97)}> ; ex:label ?l }}"
        ),
        "long": lambda: (
            f"SELECT ?s ?p ?o {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} "
            f"FILTER(?s != <{EX}thing/{choice.randrange(THINGS)}>) }}"
        ),
        "ask": lambda: (
            f"ASK {{ ?s ex:group <{EX}group/{choice.randrange(97)}> ; ex:value ?v "
            f"FILTER(?v > {choice.randrange(98_000, 100_003)}) }}"
        ),
    }
    made = []
    for kind, make in makers.items():
        for _ in range(2 if kind == "long" else number):
            accept = _NTRIPLES if kind == "construct" else choice.choice((_JSON, _CSV))
            made.append(Question(kind, PREFIX + make(), _JSON if kind == "ask" else accept))
    return tuple(made)


class Oracle:
    """The exact answers of every question for every release, computed in this process by Oxigraph itself."""

    def __init__(self, asked: Sequence[Question]) -> None:
        self._asked = asked
        self._answers: dict[int, dict[Question, Rows]] = {}

    def learn(self, release: int) -> None:
        """Compute the answers for a release, before it is published."""
        store = ox.Store()
        store.bulk_load(triples(release), format=ox.RdfFormat.N_QUADS)
        self._answers[release] = {each: self._answer(store, each) for each in self._asked}

    def releases_that_say(self, question: Question, body: bytes) -> frozenset[int]:
        """The releases whose exact answer a body is."""
        found = rows(question, body)
        return frozenset(release for release, answers in self._answers.items() if answers[question] == found)

    @staticmethod
    def _answer(store: ox.Store, question: Question) -> Rows:
        result = store.query(question.query)
        if isinstance(result, ox.QueryTriples):
            body = result.serialize(format=ox.RdfFormat.N_TRIPLES)
        elif question.accept == _CSV:
            body = result.serialize(format=ox.QueryResultsFormat.CSV)
        else:
            body = result.serialize(format=ox.QueryResultsFormat.JSON)
        return rows(question, body or b"")


def rows(question: Question, body: bytes) -> Rows:
    """What a body says, whatever the order; raises ValueError where it is no complete document."""
    if question.accept == _NTRIPLES:
        found = sorted(body.decode().splitlines())
    elif question.accept == _CSV:
        if not body.endswith(b"\n"):
            raise ValueError("the last line is cut")
        found = sorted("\x1f".join(row) for row in csv.reader(io.StringIO(body.decode(), newline="")))
    else:
        document = json.loads(body)
        if "boolean" in document:
            return str(document["boolean"])
        found = sorted(json.dumps(row, sort_keys=True) for row in document["results"]["bindings"])
    return hashlib.sha256("\n".join(found).encode()).hexdigest()
