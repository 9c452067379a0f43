"""Ordering: rules after those whose conclusions they read, so that most are drawn once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from clustergraph.build.rules import Pattern, Rule


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
