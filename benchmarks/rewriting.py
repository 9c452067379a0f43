"""Traps of Oxigraph's planner, ways around them, and what rewriting gains and costs.

    .venv/bin/python -m benchmarks.rewriting [--triples 100000 1000000] [--rounds 5] [--json FILE]

Each trap is asked in several wordings that have the same answer, which is checked. The wordings take turns in
processes forked from one loaded store (warmed up, where that is quick), and what counts are the medians of
their ratios to the first wording; one that is killed at the deadline is shown as longer than it. `rewritten`
is what `rewrite` makes of the first wording.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import signal
import statistics
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from clustergraph.engine.rewriting import RULES, _rewritten, rewrite

ROOT = Path(__file__).resolve().parents[1]
BASE = "https://example.org/synthetic/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
XSD = "http://www.w3.org/2001/XMLSchema#"
KINDS = ("vocabulary", "organisation", "region", "sector", "theme", "project", "status", "role")
PROLOGUE = "".join(f"PREFIX {'v' if kind == 'vocabulary' else kind}: <{BASE}{kind}/> " for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Trap:
    """A question in several wordings, the first as people write it; `rewritten` is added to them."""

    name: str
    wordings: dict[str, str]
    finding: str


WRITTEN = "as written"
REWRITTEN = "rewritten"
CAPTAIN = "?q v:participant ?o . ?q v:role role:coordinator"
CHAIN = "?q v:participant ?o FILTER EXISTS { ?q v:role role:coordinator }"

TRAPS = (
    Trap(
        "negation of two patterns, few solutions outside",
        {
            WRITTEN: f"SELECT ?o {{ ?o v:inRegion region:7 FILTER NOT EXISTS {{ {CAPTAIN} }} }}",
            "MINUS": f"SELECT ?o {{ ?o v:inRegion region:7 MINUS {{ {CAPTAIN} }} }}",
        },
        "rule exists-chain",
    ),
    Trap(
        "negation of two patterns, few solutions outside, constant written first",
        {
            WRITTEN: (
                "SELECT ?o { ?o v:inRegion region:7 FILTER NOT EXISTS "
                "{ ?q v:role role:coordinator . ?q v:participant ?o } }"
            ),
        },
        "rule exists-chain",
    ),
    Trap(
        "negation of two patterns, all organisations",
        {
            WRITTEN: f"SELECT ?o {{ ?o a v:Organisation FILTER NOT EXISTS {{ {CAPTAIN} }} }}",
            "MINUS": f"SELECT ?o {{ ?o a v:Organisation MINUS {{ {CAPTAIN} }} }}",
            "chain": f"SELECT ?o {{ ?o a v:Organisation FILTER NOT EXISTS {{ {CHAIN} }} }}",
        },
        "rule exists-chain",
    ),
    Trap(
        "EXISTS of two patterns",
        {WRITTEN: f"SELECT ?o {{ ?o v:inRegion region:7 FILTER EXISTS {{ {CAPTAIN} }} }}"},
        "rule exists-chain",
    ),
    Trap(
        "matchmaking: no project of the theme shared with an organisation",
        {
            WRITTEN: (
                "SELECT ?o { ?o v:inRegion region:9 ; v:sector sector:3 FILTER NOT EXISTS { ?mine "
                "v:participant ?o ; v:project ?p . ?other v:project ?p ; v:participant organisation:1 } }"
            ),
        },
        "rule exists-chain",
    ),
    Trap(
        "both patterns of the EXISTS bound outside",
        {
            WRITTEN: (
                "SELECT ?o ?p { ?o v:inRegion region:7 . ?m v:participant ?o . ?m v:project ?p "
                "FILTER EXISTS { ?n v:participant ?o . ?n v:project ?p } }"
            ),
        },
        "rule exists-chain: where the product was small",
    ),
    Trap(
        "one solution outside, a pattern inside that hits at once",
        {
            WRITTEN: (
                "SELECT ?s { organisation:5 v:sector ?s FILTER EXISTS { ?o v:sector ?s . ?o v:inRegion ?r } }"
            ),
        },
        "rule exists-chain",
    ),
    Trap(
        "EXISTS where the constant is far more selective than what is bound outside",
        {
            WRITTEN: (
                "SELECT ?r { VALUES ?r { role:partner role:none } "
                "FILTER NOT EXISTS { ?q v:role ?r . ?q v:project project:none } }"
            ),
        },
        "rule exists-chain: the worst that was found",
    ),
    Trap(
        "EXISTS with a name, which is more selective than what is bound outside",
        {
            WRITTEN: (
                "SELECT ?r { ?r a v:Region FILTER EXISTS { ?o v:inRegion ?r . ?o v:name 'Organisation 5' } }"
            ),
        },
        "rule exists-chain: a string is taken for a name",
    ),
    Trap(
        "negation of one pattern, few solutions outside",
        {
            WRITTEN: "SELECT ?p { ?p v:theme theme:30 FILTER NOT EXISTS { ?p v:status status:open } }",
            "MINUS": "SELECT ?p { ?p v:theme theme:30 MINUS { ?p v:status status:open } }",
        },
        "MINUS rejected: it reads all that is open",
    ),
    Trap(
        "negation of one pattern, all organisations",
        {
            WRITTEN: "SELECT ?o { ?o a v:Organisation FILTER NOT EXISTS { ?o v:sector sector:3 } }",
            "MINUS": "SELECT ?o { ?o a v:Organisation MINUS { ?o v:sector sector:3 } }",
        },
        "MINUS rejected: gains little, loses much above",
    ),
    Trap(
        "an IRI compared in a filter",
        {WRITTEN: "SELECT ?p { ?p v:theme ?t FILTER(?t = theme:30) }"},
        "rule constant-first",
    ),
    Trap(
        "a string compared in a filter",
        {WRITTEN: 'SELECT ?p { ?p v:title ?t FILTER(?t = "Project 5") }'},
        "rule constant-first",
    ),
    Trap(
        "a comparison that rejects nearly nothing",
        {WRITTEN: "SELECT ?q { ?q v:role ?r FILTER(?r = role:partner) }"},
        "rule constant-first: where it gains least",
    ),
    Trap(
        "a comparison beside a selective pattern",
        {
            WRITTEN: "SELECT ?p { ?p v:title 'Project 5' ; v:status ?s FILTER(?s = status:closed) }",
            "VALUES": "SELECT ?p { ?p v:title 'Project 5' ; v:status ?s VALUES ?s { status:closed } }",
        },
        "why a comparison beside a second pattern is left alone",
    ),
    Trap(
        "a comparison with one of two",
        {
            WRITTEN: "SELECT ?p { ?p v:theme ?t FILTER(?t IN (theme:29, theme:30)) }",
            "VALUES": "SELECT ?p { VALUES ?t { theme:29 theme:30 } ?p v:theme ?t }",
        },
        "not built: a constant named twice would be counted twice",
    ),
    Trap(
        "two variables compared",
        {
            WRITTEN: "SELECT ?p { organisation:5 v:sector ?s . ?p v:sector ?t FILTER(?s = ?t) }",
            "one variable": "SELECT ?p { organisation:5 v:sector ?s . ?p v:sector ?s }",
        },
        "rejected: = is no identity for literals",
    ),
    Trap(
        "a class written first",
        {
            WRITTEN: "SELECT ?q { ?q a v:Participation . ?q v:participant ?o . ?o v:inRegion region:7 }",
            "class last": "SELECT ?q { ?o v:inRegion region:7 . ?q v:participant ?o . ?q a v:Participation }",
            "class in EXISTS": (
                "SELECT ?q { ?o v:inRegion region:7 . ?q v:participant ?o "
                "FILTER EXISTS { ?q a v:Participation } }"
            ),
        },
        "rejected: Oxigraph 0.5.13 no longer falls into it",
    ),
    Trap(
        "a class beside a path",
        {
            WRITTEN: "SELECT ?o { ?o a v:Organisation ; v:inRegion/v:within* region:7 }",
            "class in EXISTS": (
                "SELECT ?o { ?o v:inRegion/v:within* region:7 FILTER EXISTS { ?o a v:Organisation } }"
            ),
        },
        "rejected: needs statistics",
    ),
    Trap(
        "a rare class in EXISTS",
        {
            WRITTEN: "SELECT ?x ?y { ?x a v:Region . ?x ?relation ?y }",
            "class in EXISTS": "SELECT ?x ?y { ?x ?relation ?y FILTER EXISTS { ?x a v:Region } }",
        },
        "why a class is not moved blindly",
    ),
    Trap(
        "a region's subtree, everything in it",
        {
            WRITTEN: "SELECT ?o { ?o v:inRegion ?r . ?r v:within* region:7 }",
            "subselect": "SELECT ?o { { SELECT ?r { ?r v:within* region:7 } } ?o v:inRegion ?r }",
        },
        "not built: see the next line",
    ),
    Trap(
        "a region's subtree, one organisation",
        {
            WRITTEN: "SELECT ?r { organisation:7 v:inRegion ?r . ?r v:within* region:0 }",
            "subselect": "SELECT ?r { { SELECT ?r { ?r v:within* region:0 } } organisation:7 v:inRegion ?r }",
        },
        "why the subtree is not moved blindly",
    ),
    Trap(
        "OPTIONAL of a class and a link",
        {
            WRITTEN: (
                "SELECT ?p ?f { ?p v:theme theme:30 OPTIONAL { ?f a v:Funding ; v:funds ?p ; "
                f"v:year '2015'^^<{XSD}gYear> }} }}"
            ),
            "conditions in EXISTS": (
                "SELECT ?p ?f { ?p v:theme theme:30 OPTIONAL { ?f v:funds ?p "
                "FILTER EXISTS { ?f a v:Funding } "
                f"FILTER EXISTS {{ ?f v:year '2015'^^<{XSD}gYear> }} }} }}"
            ),
        },
        "no trap at this size",
    ),
    Trap(
        "two selective stars that share one value",
        {
            WRITTEN: (
                "SELECT ?o ?u { ?a v:project project:1 ; v:participant ?o . ?o v:inRegion ?r . "
                "?b v:project project:2 ; v:participant ?u . ?u v:inRegion ?r }"
            ),
            "subselect": (
                "SELECT ?o ?u { ?a v:project project:1 ; v:participant ?o . ?o v:inRegion ?r . "
                "{ SELECT ?u ?r { ?b v:project project:2 ; v:participant ?u . ?u v:inRegion ?r } } }"
            ),
        },
        "for the author of the query: needs statistics",
    ),
    Trap(
        "a join with counts of everything",
        {
            WRITTEN: (
                "SELECT ?p ?n { ?p v:theme theme:35 "
                "{ SELECT ?p (COUNT(?q) AS ?n) { ?q v:project ?p } GROUP BY ?p } }"
            ),
            "counted outside": (
                "SELECT ?p (COUNT(?q) AS ?n) { ?p v:theme theme:35 . ?q v:project ?p } GROUP BY ?p"
            ),
        },
        "for the author of the query: no rule of text can tell",
    ),
)


def lines(triples: int) -> Iterator[str]:
    """About so many made-up triples as N-Triples, always the same ones.

    Organisations in 300 regions that form a tree, in sectors; as many projects with themes and a status,
    participations of organisations in them, and funding by year.
    """
    chance = random.Random(7)
    count = max(1, triples // 24)

    def thing(kind: str, key: object) -> str:
        return f"<{BASE}{kind}/{key}>"

    def word(name: str) -> str:
        return f"<{BASE}vocabulary/{name}>"

    def described(subject: str, kind: str, **links: str) -> Iterator[str]:
        yield f"{subject} {TYPE} {word(kind)} ."
        for name, value in links.items():
            yield f"{subject} {word(name)} {value} ."

    for number in range(300):
        above = {"within": thing("region", (number - 1) // 6)} if number else {}
        yield from described(thing("region", number), "Region", **above)
    for number in range(count):
        yield from described(
            thing("organisation", number),
            "Organisation",
            inRegion=thing("region", chance.randrange(300)),
            sector=thing("sector", min(int(chance.expovariate(0.3)), 19)),
            name=f'"Organisation {number}"',
        )
    for number in range(count):
        project = thing("project", number)
        yield from described(
            project,
            "Project",
            theme=thing("theme", min(int(chance.expovariate(0.15)), 39)),
            status=thing("status", chance.choice(("open", "closed", "planned"))),
            title=f'"Project {number}"',
        )
        for member in range(chance.randint(1, 4)):
            yield from described(
                thing("participation", f"{number}-{member}"),
                "Participation",
                project=project,
                participant=thing("organisation", chance.randrange(count)),
                role=thing("role", "partner" if member else "coordinator"),
            )
        for part in range(chance.randint(1, 2)):
            yield from described(
                thing("funding", f"{number}-{part}"),
                "Funding",
                funds=project,
                year=f'"{2014 + chance.randrange(12)}"^^<{XSD}gYear>',
                amount=f'"{chance.randrange(1000, 2000000)}"^^<{XSD}integer>',
            )


def loaded(triples: int) -> ox.Store:
    store = ox.Store()
    store.bulk_load("\n".join(lines(triples)).encode(), ox.RdfFormat.N_TRIPLES)
    return store


def asked(store: ox.Store, query: str, deadline: float) -> tuple[float, int] | None:
    """Seconds and a hash of the answer, measured in a fork of this process; None past the deadline."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        took, rows = timed(store, query)
        if took < 0.2:  # the first query of a fork pays for its copies of pages
            took = statistics.median(timed(store, query)[0] for _ in range(3))
        os.write(writing, struct.pack("dq", took, hash(tuple(sorted(rows)))))
        os._exit(0)
    os.close(writing)
    try:
        if not select.select([reading], [], [], deadline)[0]:
            return None
        return struct.unpack("dq", os.read(reading, 16))
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def timed(store: ox.Store, query: str) -> tuple[float, list[tuple[str, ...]]]:
    began = time.perf_counter()
    found = list(store.query(query))
    took = time.perf_counter() - began
    return took, [tuple(map(str, row)) for row in found]


def measured(store: ox.Store, trap: Trap, rounds: int, deadline: float) -> list[dict[str, object]]:
    """Each wording with its median milliseconds and the median of its ratios to the first one."""
    wordings = {name: PROLOGUE + text for name, text in trap.wordings.items()}
    rewriting = rewrite(wordings[WRITTEN])
    if rewriting.applied:
        wordings[REWRITTEN] = rewriting.text
    seconds: dict[str, list[float]] = {name: [] for name in wordings}
    answers: dict[str, int] = {}
    late: set[str] = set()
    for _ in range(rounds):
        for name, query in wordings.items():
            found = asked(store, query, deadline) if name not in late else None
            if found is None:
                late.add(name)
                seconds[name].append(deadline)
            else:
                seconds[name].append(found[0])
                answers[name] = found[1]
    if len(set(answers.values())) > 1:
        raise SystemExit(f"{trap.name}: the wordings are not answered alike: {answers}")
    return [
        {
            "wording": name,
            "milliseconds": statistics.median(times) * 1000,
            "killed": name in late,
            "ratio": statistics.median(
                time / first for time, first in zip(times, seconds[WRITTEN], strict=True)
            ),
        }
        for name, times in seconds.items()
    ]


def costs(repeats: int = 2000) -> dict[str, float]:
    """Microseconds that `rewrite` takes for a text, by whether a rule is thought of, fires, or is known."""
    library = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "queries").rglob("*.rq"))]
    plain = [text for text in library if not _reads(text)]
    doubted = [text for text in library if _reads(text) and not rewrite(text).applied]
    fired = [PROLOGUE + trap.wordings[WRITTEN] for trap in TRAPS]
    fired = [text for text in fired if rewrite(text).applied]

    def per_text(texts: Sequence[str], *, again: bool, times: int) -> float:
        took = []
        for text in texts:
            found = []
            for _ in range(times):
                if not again:
                    _rewritten.cache_clear()
                began = time.perf_counter()
                rewrite(text)
                found.append(time.perf_counter() - began)
            took.append(statistics.median(found) * 1e6)
        return statistics.median(took)

    doubtful = f"read and left alone ({len(doubted)} of the project), first time"
    return {
        f"no rule thought of ({len(plain)} of the project)": per_text(plain, again=True, times=repeats),
        doubtful: per_text(doubted, again=False, times=20),
        f"rewritten ({len(fired)} of the above), first time": per_text(fired, again=False, times=20),
        "rewritten, asked again": per_text(fired, again=True, times=repeats),
    }


def _reads(text: str) -> bool:
    before = _rewritten.cache_info()
    rewrite(text)
    after = _rewritten.cache_info()
    return (after.hits, after.misses) != (before.hits, before.misses)


def table(size: int, found: dict[str, list[dict[str, object]]]) -> str:
    rows = [f"| question ({size:,} triples) | wording | ms | of as written |", "|---|---|--:|--:|"]
    for name, wordings in found.items():
        for number, wording in enumerate(wordings):
            over = ">" if wording["killed"] else ""
            factor = wording["ratio"]
            rows.append(
                f"| {'' if number else name} | {wording['wording']} | {over}{wording['milliseconds']:.2f} | "
                f"{factor:.4f} |"
            )
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--deadline", type=float, default=20.0, help="seconds after which a wording is killed"
    )
    parser.add_argument("--json", type=Path, help="a file for the figures")
    chosen = parser.parse_args(arguments)
    figures: dict[str, object] = {"engine": f"pyoxigraph {ox.__version__}", "rules": RULES}
    for triples in chosen.triples:
        store = loaded(triples)
        found = {trap.name: measured(store, trap, chosen.rounds, chosen.deadline) for trap in TRAPS}
        print(table(len(store), found), end="\n\n", flush=True)
        figures[str(len(store))] = found
        del store
    figures["costs in µs"] = costs()
    print("| cost of rewriting | µs |\n|---|--:|")
    print("\n".join(f"| {name} | {took:.2f} |" for name, took in figures["costs in µs"].items()))
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    if chosen.json:
        chosen.json.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
