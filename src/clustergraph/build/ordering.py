"""Ordering: rules after those whose conclusions they read, so that most are drawn once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from clustergraph.build.rules import OF_ANY_CLASS, Key, Pattern, Rule, keys_of


def in_dependency_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules so that each comes after every rule it reads from, except where they form a circle.

    Depth first along what each rule reads, in the order given; so equal rules give an equal order.
    """
    given = tuple(rules)
    writers: dict[str, list[tuple[int, Pattern]]] = defaultdict(list)
    for number, rule in enumerate(given):
        for head in rule.head:
            writers[head.predicate.value].append((number, head))
    done: dict[int, Rule] = {}
    begun: set[int] = set()
    for first in range(len(given)):
        path = [first]
        while path:
            number = path[-1]
            ahead = () if number in begun else _reads(given[number], writers)
            begun.add(number)
            waiting = [writer for writer in ahead if writer not in begun]
            path += reversed(waiting)
            if not waiting:
                done.setdefault(path.pop(), given[number])
    return tuple(done.values())


def _reads(rule: Rule, writers: dict[str, list[tuple[int, Pattern]]]) -> Iterable[int]:
    return dict.fromkeys(
        number
        for pattern in rule.body.patterns
        for number, head in writers.get(pattern.predicate.value, ())
        if pattern.may_match(head)
    )


class Readers:
    """Which rules, of those in an order, read triples with a key."""

    def __init__(self, ordered: Sequence[Rule]) -> None:
        self._transitive = {rule.head[0].predicate for rule in ordered if rule.composes}
        self._readers: dict[Key, list[tuple[int, Rule]]] = defaultdict(list)
        for place, rule in enumerate(ordered):
            for key in {pattern.key for pattern in rule.body.patterns}:
                self._readers[key].append((place, rule))

    def awaiting(self, rule: Rule, *, before: int | None = None) -> set[Key]:
        """The keys under which conclusions of a rule are read by the rules before a place, or by any.

        A rule that can draw nothing new from them does not count.
        """
        return {
            key
            for key in self._keys(rule)
            if any(
                (before is None or place < before) and not self._knows(reader, rule)
                for place, reader in self._readers[key]
            )
        }

    def _keys(self, rule: Rule) -> set[Key]:
        keys = {key for head in rule.head for key in keys_of(head.key)}
        if any(head.key == OF_ANY_CLASS for head in rule.head):
            keys.update(key for key in self._readers if OF_ANY_CLASS in keys_of(key))
        return keys & self._readers.keys()

    def _knows(self, reader: Rule, writer: Rule) -> bool:
        """Whether a reader has drawn by itself whatever it could draw from the conclusions of a writer."""
        if reader is writer:
            return reader.composes or reader.undoes(writer) or reader.carries_along(self._transitive)
        return reader.undoes(writer)
