"""Names beside the marks that they belong to, pushed apart where they would cover each other."""

import textwrap
from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from tlcore.charts.style import label, marker_sign
from tlcore.evaluation.monotone import rising

_CHARACTERS = 20
"""A line of a name: an encoder goes onto a second one."""
_LINE = 17
"""Pixels that a line of a name takes up and down, and a letter and the sign before them across."""
_LETTER = 6.4
_SIGN = 16
_WIDTH = 460
"""Pixels that a drawing is taken to be wide: between a phone's and a screen's."""


class Named(NamedTuple):
    """A name, and the end of the line or the mark that it belongs to."""

    name: str
    marker: dict[str, Any]
    x: float
    """As annotations have it: on a log axis, the power of ten."""
    y: float


def add_names_right(chart: go.Figure, ends: Sequence[Named], span: tuple[float, float], height: int) -> None:
    """Name lines at their ends, right of the drawing, and leave room there.

    Args:
        chart: to draw on.
        ends: one a line.
        span: from where to where the vertical axis goes; what lies beyond would not be drawn.
        height: of the drawing, in pixels.
    """
    texts = [_wrapped(end.name) for end in ends]
    gap = _LINE * max(map(len, texts)) / height * (span[1] - span[0])
    for x in {end.x for end in ends}:  # lines that end elsewhere have names elsewhere
        places = [place for place, end in enumerate(ends) if end.x == x]
        for place, y in zip(places, spread([ends[place].y for place in places], gap, *span), strict=True):
            chart.add_annotation(
                x=x, y=y, text=_signed(ends[place], texts[place]), showarrow=False, xanchor="left", xshift=8, align="left",
                font={"size": 12},
            )  # fmt: skip
    room = _SIGN + _LETTER * max(len(line) for lines in texts for line in lines)
    chart.update_layout(margin={"r": room + 12})


def add_names_beside(
    chart: go.Figure,
    marks: Sequence[Named],
    taken: Sequence[tuple[float, float, float]],
    span: tuple[float, float],
    height: int,
) -> None:
    """Name single marks inside the drawing where they cover least, each joined to its mark by a thin line.

    Args:
        chart: to draw on.
        marks: to name.
        taken: what else is drawn, names apart: x, and the ends of a line up and down.
        span: from where to where the vertical axis goes.
        height: of the drawing, in pixels.
    """
    left, right = min(x for x, *_ in taken), max(x for x, *_ in taken)
    across, down = _WIDTH / (right - left or 1.0), height / (span[1] - span[0])
    boxes = [
        _Box((x - left) * across, (span[1] - (low + high) / 2) * down, 12, (high - low) * down + 12) for x, low, high in taken
    ]
    for mark in marks:
        text = label(mark.name, 40)
        at = _Box((mark.x - left) * across, (span[1] - mark.y) * down, _LETTER * len(text), _LINE)
        place = min((_Box(at.x + dx, at.y + dy, at.width, at.height) for dx, dy in _tries(at.width)),
                    key=lambda box: _cost(box, at, boxes, height))  # fmt: skip
        boxes.append(place)
        chart.add_annotation(
            x=mark.x, y=mark.y, text=text, ax=place.x - at.x, ay=place.y - at.y, font={"size": 12}, borderpad=0,
            showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=mark.marker["color"], standoff=7,
        )  # fmt: skip


class _Box(NamedTuple):
    """A rectangle in pixels, right and down from the upper left corner, by its middle."""

    x: float
    y: float
    width: float
    height: float

    def shared(self, other: "_Box") -> float:
        """The area that both cover."""
        across = (self.width + other.width) / 2 - abs(self.x - other.x)
        down = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(across, 0.0) * max(down, 0.0)


def _tries(width: float) -> list[tuple[float, float]]:
    """Where a name may stand from its mark."""
    beside = width / 2 + 14
    return [(dx, dy) for dy in (0, -24, 24, -44, 44, -70, 70, -100, 100) for dx in (beside, -beside, 0.0) if dx or dy]


def _cost(box: _Box, mark: _Box, taken: Sequence[_Box], height: int) -> float:
    """What a place covers, how far it is, and how much of it lies outside."""
    outside = max(box.x + box.width / 2 - _WIDTH, 0) + max(box.width / 2 - box.x, 0)
    outside += max(box.y - height, 0) + max(-box.y, 0)
    away = abs(box.x - mark.x) - mark.width / 2 + abs(box.y - mark.y)
    return sum(box.shared(other) for other in taken) + away + 40 * outside


def spread(heights: Sequence[float], gap: float, low: float = -inf, high: float = inf) -> list[float]:
    """The heights nearest to the given ones that are `gap` apart, in the same order and, while there is room, from low to high.

    Of equal ones the first stays lowest.
    """
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    steps = gap * np.arange(len(order))
    moved = (rising(np.array([heights[place] for place in order]) - steps) + steps).tolist() if order else []
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], high - gap * (len(moved) - 1 - place))
    for place in range(len(moved)):
        moved[place] = max(moved[place], low + gap * place)
    found = [0.0] * len(order)
    for place, height in zip(order, moved, strict=True):
        found[place] = height
    return found


def _wrapped(name: str) -> list[str]:
    return textwrap.wrap(label(name, 40), _CHARACTERS, break_long_words=False, break_on_hyphens=False) or [""]


def _signed(end: Named, lines: Sequence[str]) -> str:
    return f'<span style="color:{end.marker["color"]}">{marker_sign(end.marker)}</span> {"<br>".join(lines)}'
