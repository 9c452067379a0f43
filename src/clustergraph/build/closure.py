"""Closure: the conclusions of the ontology's axioms, drawn to a fixpoint inside the store.

The rules come from `compilation.py`; none names a property of its own. The first round draws each once, those
that read from others after these. Later rounds ask a rule only where triples of the last round can match one
of its patterns, and then only about those (semi-naive evaluation). Conclusions arrive row by row and are
counted and timed as they come, so a rule that runs away is stopped within itself, not after it.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeAlias

import pyoxigraph as ox

from clustergraph.build.compilation import compile_rules
from clustergraph.build.consistency import inconsistencies
from clustergraph.build.graphs import RDF_TYPE, Term, in_graph
from clustergraph.build.joins import everywhere, from_new
from clustergraph.build.ordering import Readers, in_dependency_order
from clustergraph.build.rules import OF_ANY_CLASS, Key, Pattern, Rule, keys_of
from clustergraph.build.transitive import Reach
from clustergraph.errors import BuildRefused, Fault

__all__ = ["ClosureReport", "Rule", "close", "compile_rules", "inconsistencies"]

#: Graphs of the triples that are new since the last round; they are gone when the closure ends.
_NEW: Final = ("urn:x-clustergraph:new-in-even-rounds", "urn:x-clustergraph:new-in-odd-rounds")
#: Rows between two looks at the clock.
_ROWS_PER_LOOK: Final = 256
#: Triples in one transaction: one each costs a system call each, thousands a walk through memory.
_TRIPLES_AT_ONCE: Final = 64

_Row: TypeAlias = "ox.QuerySolution | tuple[Term, Term]"


@dataclass(frozen=True, slots=True)
class ClosureReport:
    """What a closure did: the triples inferred, rounds to the fixpoint, seconds, and triples by rule name.

    A triple that several rules conclude counts for the first one.
    """

    quads: Sequence[ox.Quad]
    rounds: int
    seconds: float
    by_rule: Mapping[str, int]

    @property
    def inferred(self) -> int:
        """How many triples were inferred."""
        return len(self.quads)


def close(
    store: ox.Store,
    rules: Iterable[Rule],
    *,
    triple_budget: int,
    deadline_seconds: float,
    progress: Callable[[str], None] | None = None,
) -> ClosureReport:
    """Add every conclusion of the rules to the default graph, each once.

    Rules match in the default graph, which must hold the merged asserted triples. The report lists what was
    added: an inferred graph in the store would cost as much again to write. Raises BuildRefused with
    one fault, naming the rule that grew most, when more than `triple_budget` triples would be inferred or
    `deadline_seconds` have passed; the store then holds a part of the conclusions and is to be thrown away.
    """
    run = _Run(store, triple_budget, deadline_seconds)
    ordered = in_dependency_order(rules)
    readers = Readers(ordered)
    collects = gc.isenabled()
    gc.disable()  # millions of rows and none in a cycle: to look through them took a tenth of the time
    try:
        fresh: set[Key] = set()
        for place, rule in enumerate(ordered):
            fresh |= run.conclude(rule, run.everywhere(rule), readers.awaiting(rule, before=place + 1))
        run.report(progress)
        while fresh:
            last, fresh = fresh, set()
            run.begin_round()
            for rule in ordered:
                for position, pattern in enumerate(rule.body.patterns):
                    if pattern.key in last:
                        rows = run.from_new(rule, position)
                        fresh |= run.conclude(rule, rows, readers.awaiting(rule))
            run.report(progress)
    finally:
        for name in _NEW:
            store.remove_graph(ox.NamedNode(name))
        if collects:
            gc.enable()
    return ClosureReport(
        quads=run.inferred,
        rounds=run.round,
        seconds=time.monotonic() - run.begun,
        by_rule=dict(run.by_rule),
    )


@dataclass(slots=True)
class _Run:
    store: ox.Store
    budget: int
    seconds: float
    begun: float = field(default_factory=time.monotonic)
    round: int = 1
    inferred: list[ox.Quad] = field(default_factory=list)
    before: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    reaches: dict[Rule, Reach] = field(default_factory=dict)

    @property
    def last(self) -> str:
        """The graph of the triples concluded in the last round."""
        return _NEW[(self.round - 1) % 2]

    def begin_round(self) -> None:
        self.before = len(self.inferred)
        self.round += 1
        self.store.remove_graph(ox.NamedNode(_NEW[self.round % 2]))

    def report(self, progress: Callable[[str], None] | None) -> None:
        if progress is not None:
            progress(f"round {self.round}: {len(self.inferred) - self.before:,} new triples")

    def everywhere(self, rule: Rule) -> Iterator[_Row]:
        """What a rule finds in the default graph, as rows of its variables."""
        if not rule.composes:
            return iter(self.store.query(everywhere(rule)))  # type: ignore[arg-type]
        self.reaches[rule] = Reach()
        return self._connected(rule, ox.DefaultGraph())

    def from_new(self, rule: Rule, position: int) -> Iterator[_Row]:
        """What it finds with triples of the last round at a position of its body."""
        if not rule.composes:
            return iter(self.store.query(from_new(rule, position, self.last)))  # type: ignore[arg-type]
        return self._connected(rule, ox.NamedNode(self.last))

    def _connected(self, rule: Rule, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[_Row]:
        reach = self.reaches[rule]
        for link in self.store.quads_for_pattern(None, rule.head[0].predicate, None, graph):
            yield from reach.add(link.subject, link.object)

    def conclude(self, rule: Rule, rows: Iterable[_Row], awaited: Set[Key]) -> Set[Key]:
        """Draw what is in the rows that a rule finds and is not known.

        New triples with a key that is awaited go to the graph of the round, too; those keys are returned.
        """
        self._look_at_the_clock(rule, 0)
        columns = rule.variables()
        heads = [(_conclusion(head, columns), self._is_known(head)) for head in rule.head]
        # Rows that show every variable are distinct; only others may conclude one triple twice.
        distinct = len(heads) == 1 and rule.body.variables <= set(columns) and not rule.body.values
        new: list[ox.Quad] = []
        seen: set[ox.Quad] = set()
        rows = iter(rows)
        while chunk := list(islice(rows, _ROWS_PER_LOOK)):
            for conclusion, known in heads:
                found = list(map(conclusion, chunk))
                if known:
                    found = [quad for quad in found if quad not in self.store]
                if not distinct:
                    found = [quad for quad in dict.fromkeys(found) if quad not in seen]
                    seen.update(found)
                new += found
            self._look_at_the_clock(rule, len(new))
            self._look_at_the_budget(rule, len(new))
        if new:
            self.inferred += new
            self.by_rule[rule.name] += len(new)
            self._write(iter(new))
        return self._hand_on(rule, new, awaited)

    def _hand_on(self, rule: Rule, new: Sequence[ox.Quad], awaited: Set[Key]) -> Set[Key]:
        """Put what is awaited into the graph of the round; returns its keys."""
        if len({head.key for head in rule.head}) == 1 and rule.head[0].key != OF_ANY_CLASS:
            fresh = keys_of(rule.head[0].key) & awaited if new else frozenset()
            woken = new if fresh else ()
        else:
            woken = [quad for quad in new if keys_of(_key(quad)) & awaited]
            fresh = frozenset(key for quad in woken for key in keys_of(_key(quad)) & awaited)
        of_round = ox.NamedNode(_NEW[self.round % 2])
        self._write(in_graph(of_round, woken))
        return fresh

    def _is_known(self, head: Pattern) -> bool:
        """Whether anything is known that a rule could conclude again."""
        of_class = None if head.object.startswith("?") else _term(head.object)
        return any(self.store.quads_for_pattern(None, head.predicate, of_class, ox.DefaultGraph()))

    def _write(self, quads: Iterator[ox.Quad]) -> None:
        while some := tuple(islice(quads, _TRIPLES_AT_ONCE)):
            self.store.extend(some)

    def _look_at_the_budget(self, rule: Rule, pending: int) -> None:
        if len(self.inferred) + pending > self.budget:
            raise self._refusal(rule, pending, f"its budget of {self.budget:,} inferred triples", "TRIPLES")

    def _look_at_the_clock(self, rule: Rule, pending: int) -> None:
        if time.monotonic() - self.begun > self.seconds:
            raise self._refusal(rule, pending, f"its deadline of {self.seconds:g} s", "SECONDS")

    def _refusal(self, rule: Rule, pending: int, limit: str, setting: str) -> BuildRefused:
        grown = self.by_rule + Counter({rule.name: pending})
        worst, count = max(grown.items(), key=lambda item: (item[1], item[0]), default=(rule.name, 0))
        return BuildRefused(
            f"The closure passed {limit} in round {self.round}.",
            [
                Fault(
                    rule=worst,
                    message=f"The closure passed {limit} in round {self.round}, while drawing “{rule.name}”; "
                    f"this rule had inferred most, {count:,} triples.",
                    fix="Look for a cycle in the data: a transitive property or a chain that leads back "
                    "to its start relates everything on the way to everything. Remove the false link, or "
                    "the axiom if it says too much. If the growth is right, raise "
                    f"CLUSTERGRAPH_CLOSURE_{setting}.",
                )
            ],
        )


def _key(quad: ox.Quad) -> Key:
    return quad.predicate.value, str(quad.object) if quad.predicate == RDF_TYPE else None


def _conclusion(head: Pattern, columns: tuple[str, ...]) -> Callable[[_Row], ox.Quad]:
    """How to draw one triple from a row. It runs for every row, so most of it is decided before."""
    predicate = head.predicate
    subject = columns.index(head.subject) if head.subject in columns else None
    value = columns.index(head.object) if head.object in columns else None
    if subject is not None and value is not None:
        return lambda row: ox.Quad(row[subject], predicate, row[value])  # type: ignore[arg-type]
    if subject is not None:
        term = _term(head.object)
        return lambda row: ox.Quad(row[subject], predicate, term)  # type: ignore[arg-type]
    start = _term(head.subject)
    if value is not None:
        return lambda row: ox.Quad(start, predicate, row[value])  # type: ignore[arg-type]
    always = ox.Quad(start, predicate, _term(head.object))  # type: ignore[arg-type]
    return lambda _: always


def _term(part: str) -> Term:
    if part.startswith("<"):
        return ox.NamedNode(part[1:-1])
    quad: ox.Quad = next(ox.parse(f"<urn:x-s> <urn:x-p> {part} .", format=ox.RdfFormat.N_TRIPLES))
    return quad.object
