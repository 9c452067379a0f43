"""Draws a pattern: geometry for an inline SVG, and the text of a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clustergraph.publish.reference.model import Ref
from clustergraph.publish.reference.patterns import Arrow, Box, Pattern

_CELL_WIDTH: Final = 290
_CELL_HEIGHT: Final = 118
_BOX_WIDTH: Final = 170
_BOX_HEIGHT: Final = 46
_MARGIN: Final = 8
_GAP: Final = 3
_LIFT: Final = 7


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box in the SVG's units: its corner, and the middle for its label."""

    ref: Ref
    x: float
    y: float
    middle: float
    baseline: float


@dataclass(frozen=True, slots=True)
class DrawnArrow:
    """An arrow from border to border, with the place and alignment of its label."""

    ref: Ref
    inferred: bool
    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram ready to be written as SVG; sizes are in the SVG's units."""

    key: str
    title: str
    description: str
    width: int
    height: int
    box_width: int
    box_height: int
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[DrawnArrow, ...]


def draw(pattern: Pattern, terms: Mapping[str, Ref]) -> Drawing | None:
    """A pattern with the labels that its terms have in the graph.

    `terms` maps prefixed names to mentions; arrows and boxes of terms that the ontology does not declare are
    left out, and a pattern without any box is None.
    """
    boxes = {box.term: box for box in pattern.boxes if box.term in terms}
    if not boxes:
        return None
    arrows = [
        _arrow(arrow, boxes[arrow.source], boxes[arrow.target], terms[arrow.term])
        for arrow in pattern.arrows
        if {arrow.source, arrow.target} <= boxes.keys() and arrow.term in terms
    ]
    return Drawing(
        key=pattern.key,
        title=pattern.title,
        description=pattern.description,
        width=max(box.column for box in boxes.values()) * _CELL_WIDTH + _BOX_WIDTH + 2 * _MARGIN,
        height=max(box.row for box in boxes.values()) * _CELL_HEIGHT + _BOX_HEIGHT + 2 * _MARGIN,
        box_width=_BOX_WIDTH,
        box_height=_BOX_HEIGHT,
        boxes=tuple(_box(box, terms[box.term]) for box in boxes.values()),
        arrows=tuple(arrows),
    )


def mermaid(pattern: Pattern, terms: Mapping[str, Ref]) -> str:
    """A pattern as a Mermaid flowchart; dotted arrows are inferred."""
    boxes = {box.term: f"n{number}" for number, box in enumerate(pattern.boxes) if box.term in terms}
    lines = ["flowchart LR"]
    lines += [f'  {node}["{_mermaid_text(terms[term].words)}"]' for term, node in boxes.items()]
    for arrow in pattern.arrows:
        if {arrow.source, arrow.target} <= boxes.keys() and arrow.term in terms:
            line = "-.->" if arrow.inferred else "-->"
            label = _mermaid_text(terms[arrow.term].words)
            lines.append(f'  {boxes[arrow.source]} {line}|"{label}"| {boxes[arrow.target]}')
    return "\n".join(lines)


def _mermaid_text(text: str) -> str:
    """A label with every character that means something to Mermaid, HTML or a code fence as an entity."""
    return "".join(
        character if character.isalnum() or character in " -,.:" else f"#{ord(character)};"
        for character in " ".join(text.split())
    )


def _corner(box: Box) -> tuple[float, float]:
    return _MARGIN + box.column * _CELL_WIDTH, _MARGIN + box.row * _CELL_HEIGHT


def _centre(box: Box) -> tuple[float, float]:
    x, y = _corner(box)
    return x + _BOX_WIDTH / 2, y + _BOX_HEIGHT / 2


def _box(box: Box, ref: Ref) -> DrawnBox:
    x, y = _corner(box)
    middle, centre = _centre(box)
    return DrawnBox(ref, x, y, middle, centre + 5)


def _arrow(arrow: Arrow, source: Box, target: Box, ref: Ref) -> DrawnArrow:
    """The line between two centres, cut where it leaves one box and meets the other."""
    (from_x, from_y), (to_x, to_y) = _centre(source), _centre(target)
    across, down = to_x - from_x, to_y - from_y
    width, height = _BOX_WIDTH / 2 + _GAP, _BOX_HEIGHT / 2 + _GAP
    cut = min(width / abs(across) if across else float("inf"), height / abs(down) if down else float("inf"))
    x1, y1 = from_x + across * cut, from_y + down * cut
    x2, y2 = to_x - across * cut, to_y - down * cut
    label_x, label_y = x1 + (x2 - x1) * arrow.along, y1 + (y2 - y1) * arrow.along
    if not across:
        return DrawnArrow(ref, arrow.inferred, x1, y1, x2, y2, label_x + _LIFT, label_y + 4, "start")
    lift = _LIFT if not down else -4
    return DrawnArrow(ref, arrow.inferred, x1, y1, x2, y2, label_x, label_y - lift, "middle")
