"""The naive closure: one rule after the other, all of them again until a whole pass adds nothing.

A peer to measure against and an oracle in tests; the service never runs it. It has no budget and no deadline.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph.build.joins import alone
from clustergraph.build.rules import Rule


def fixpoint(store: ox.Store, rules: Iterable[Rule], *, by_hash: bool = False) -> int:
    """Run every rule as a SPARQL update until none adds anything; returns the number of passes.

    With `by_hash` patterns are joined as the closure joins them, else as the engine likes.
    """
    updates = [_update(rule, by_hash=by_hash) for rule in rules]
    passes, before = 0, -1
    while len(store) != before:
        before = len(store)
        for update in updates:
            store.update(update)
        passes += 1
    return passes


def _update(rule: Rule, *, by_hash: bool) -> str:
    patterns = rule.body.patterns
    joined = map(alone, patterns) if by_hash and len(patterns) > 1 else map(str, patterns)
    body = " ".join((*rule.body.values, *joined)) + rule.guard()
    return f"INSERT {{ {' '.join(map(str, rule.head))} }} WHERE {{ {body} }}"
