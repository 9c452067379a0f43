"""About 20,000 triples with everything that hostile queries feed on: a ring, hubs, long literals, graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

EX: Final = "http://example.org/"
PREFIX: Final = f"PREFIX ex: <{EX}>\n"
NODES: Final = 2500
LONG: Final = 40
GRAPHS: Final = 5
IN_GRAPH: Final = 1000


def write(directory: Path) -> Path:
    """Write the dataset as N-Quads below `directory`; returns the file."""
    lines = []
    for number in range(NODES):
        node = f"<{EX}n{number}>"
        lines += [
            f"{node} <{EX}next> <{EX}n{(number + 1) % NODES}> .",
            f"{node} <{EX}jump> <{EX}n{(number * 7 + 3) % NODES}> .",
            f"{node} <{EX}hub> <{EX}hub{number % 10}> .",
            f'{node} <{EX}label> "thing {number}" .',
            f'{node} <{EX}value> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f"{node} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{EX}Thing> .",
        ]
    lines += [f'<{EX}n{number}> <{EX}text> "{"a" * 10_000}{number}" .' for number in range(LONG)]
    lines.append(f'<{EX}n0> <{EX}huge> "{"lorem ipsum " * 20_000}" .')
    lines += [
        f"<{EX}n{number}> <{EX}in> <{EX}n{number * graph % NODES}> <{EX}g{graph}> ."
        for graph in range(GRAPHS)
        for number in range(IN_GRAPH)
    ]
    file = directory / "hostile.nq"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
