"""The naive closure: one rule after the other, all of them again until a whole pass adds nothing.

A peer to measure against and an oracle in tests; the service never runs it. It keeps no inferred graph, no
budget and no deadline.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph.build.joins import alone
from clustergraph.build.rules import Rule


def fixpoint(store: ox.Store, rules: Iterable[Rule], *, by_hash: bool = False) -> int:
    """Run every rule as a SPARQL update until none adds anything; returns the number of passes.

    The updates are those of `Rule.update`; with `by_hash` their patterns are joined as the closure does it.
    """
    updates = [_joined_by_hash(rule) if by_hash else rule.update for rule in rules]
    passes, before = 0, -1
    while len(store) != before:
        before = len(store)
        for update in updates:
            store.update(update)
        passes += 1
    return passes


def _joined_by_hash(rule: Rule) -> str:
    patterns = rule.body.patterns
    if len(patterns) < 2:
        return rule.update
    body = " ".join((*rule.body.values, *map(alone, patterns)))
    return f"INSERT {{ {' '.join(map(str, rule.head))} }} WHERE {{ {body}{rule.guard()} }}"
