"""A bar chart as SVG, in few lines: each ratio beside the one it should reach."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.measure import Line

_ROW: Final = 46
_LEFT: Final = 16
_WIDTH: Final = 820
_BAR: Final = 560
#: A bar that reaches more than this many times its goal is cut, and its figure says how far it goes.
_MOST: Final = 2.0


def svg(lines: Sequence[Line]) -> str:
    """Bars of the lines that have a ratio, scaled so that every goal stands at the same mark."""
    shown = [line for line in lines if line.ratio is not None and line.goal]
    height = 56 + _ROW * len(shown)
    goal_at = _LEFT + _BAR / _MOST
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>Speed as a ratio, against the ratio each measure should reach</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{goal_at}" y="20" text-anchor="middle" fill="#444444">goal</text>',
        f'<line x1="{goal_at}" y1="26" x2="{goal_at}" y2="{height - 12}" stroke="#444444" '
        'stroke-dasharray="4 3"/>',
    ]
    for place, line in enumerate(shown):
        assert line.ratio is not None and line.goal
        top = 34 + place * _ROW
        width = min(line.ratio / line.goal, _MOST) * _BAR / _MOST
        figure = f"{line.ratio:.2f} ({escape(line.target)})"
        colour = "#1b7837" if line.ratio >= line.goal else "#b35806"
        parts += [
            f'<text x="{_LEFT}" y="{top + 12}" fill="#111111">{escape(line.what)}</text>',
            f'<rect x="{_LEFT}" y="{top + 18}" width="{width:.1f}" height="14" fill="{colour}"/>',
            f'<text x="{_LEFT + _BAR + 10}" y="{top + 30}" fill="#111111">{figure}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
