"""Joins: how the body of a rule is asked of the engine, so that its cost grows with the data and not faster.

Oxigraph in memory finds `?b ex:q ?c` for a given ?b by walking the triples of ?b or those of ex:q, whichever
are fewer. In a loop over rows that share a ?b with many triples, such as an instrument with all its actions,
that is quadratic: 2 s for 20,000 rows, 0.02 s when joined as here (docs/decisions/0018). A sub-select is
joined by hash, so each pattern stands in one. Beside a small graph of new triples a pattern is looked up once
for each distinct value of the variable it shares with them, which walks no triple twice.
"""

from __future__ import annotations

from clustergraph.build.rules import Pattern, Rule


def everywhere(rule: Rule) -> str:
    """A query for what a rule concludes; its columns are those of `rule.variables`."""
    patterns = rule.body.patterns
    parts = [str(patterns[0])] if len(patterns) == 1 else [alone(pattern) for pattern in patterns]
    return _select(rule, parts)


def from_new(rule: Rule, position: int, graph: str) -> str:
    """The same query where the pattern at `position` matches in a graph of new triples only."""
    patterns = list(rule.body.patterns)
    new = patterns.pop(position)
    found = f"GRAPH <{graph}> {{ {new} }}"
    if not patterns:
        return _select(rule, [found])
    sources = dict.fromkeys(new.variables, found)
    parts = [_subselect(new, found)]
    while patterns:
        number = next((n for n, pattern in enumerate(patterns) if _shared(pattern, sources)), None)
        if number is None:
            parts += [alone(pattern) for pattern in patterns]
            break
        pattern = patterns.pop(number)
        key = _shared(pattern, sources)
        near = f"{{ SELECT DISTINCT {key} WHERE {{ {sources[key]} }} }} {_open(pattern, len(patterns))}"
        parts.append(_subselect(pattern, near))
        sources = {**dict.fromkeys(pattern.variables, near), **sources}
    return _select(rule, parts)


def alone(pattern: Pattern) -> str:
    """A pattern in a sub-select of its own, which is joined by hash."""
    return _subselect(pattern, str(pattern)) if pattern.variables else str(pattern)


def _select(rule: Rule, parts: list[str]) -> str:
    columns = " ".join(rule.variables()) or "*"
    return f"SELECT {columns} WHERE {{ {' '.join((*rule.body.values, *parts))}{rule.guard()} }}"


def _subselect(pattern: Pattern, text: str) -> str:
    return f"{{ SELECT {' '.join(pattern.variables) or '*'} WHERE {{ {text} }} }}"


def _shared(pattern: Pattern, sources: dict[str, str]) -> str:
    return next((name for name in pattern.variables if name in sources), "")


def _open(pattern: Pattern, number: int) -> str:
    """The pattern with a constant object behind a filter.

    The planner takes `?thing a ex:Class` for selective and would list a whole class in every round (measured:
    520 ms against 0.2 ms at 300,000 instances).
    """
    if pattern.object.startswith("?"):
        return str(pattern)
    hidden = f"?constant{number}"
    return f"{pattern.subject} {pattern.predicate} {hidden} . FILTER(sameTerm({hidden}, {pattern.object}))"
