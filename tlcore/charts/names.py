"""Names beside the marks that they belong to, pushed apart where they would cover each other."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from tlcore.charts.style import label, marker_sign
from tlcore.evaluation.monotone import rising

_CHARACTERS = 13
"""A line of a name: two short lines leave a phone more room for the drawing than one long line."""
_LINE = 15
"""Pixels a line of a name takes up and down, and about this many of its letters two of them across."""
_LETTER = 7
_SIGN = 18


class Named(NamedTuple):
    """A name, and the end of the line or the mark that it belongs to."""

    name: str
    marker: dict[str, Any]
    x: float
    """As annotations have it: on a log axis, the power of ten."""
    y: float


def add_names_right(chart: go.Figure, ends: Sequence[Named], span: float, height: int) -> None:
    """Name lines at their ends, right of the drawing, and leave room there.

    Args:
        chart: to draw on.
        ends: one a line.
        span: what the vertical axis covers, in its unit.
        height: of the drawing, in pixels.
    """
    texts = [_wrapped(end.name) for end in ends]
    gap = _LINE * max(map(len, texts)) / height * span
    for x in {end.x for end in ends}:  # lines that end elsewhere have names elsewhere
        places = [place for place, end in enumerate(ends) if end.x == x]
        for place, y in zip(places, spread([ends[place].y for place in places], gap), strict=True):
            chart.add_annotation(
                x=x, y=y, text=_signed(ends[place], texts[place]), showarrow=False, xanchor="left", xshift=8, align="left",
                font={"size": 12},
            )  # fmt: skip
    room = _SIGN + _LETTER * max(len(line) for lines in texts for line in lines)
    chart.update_layout(margin={"r": room + 12})


def add_names_beside(chart: go.Figure, marks: Sequence[Named], span: float, height: int) -> None:
    """Name single marks inside the drawing, on the side that has room, each joined to its mark by a thin line.

    Args:
        chart: to draw on.
        marks: to name.
        span: what the vertical axis covers, in its unit.
        height: of the drawing, in pixels.
    """
    middle = (min(mark.x for mark in marks) + max(mark.x for mark in marks)) / 2
    gap = 1.3 * _LINE / height * span
    for left in (True, False):
        group = [mark for mark in marks if (mark.x <= middle) == left]
        for mark, y in zip(group, spread([mark.y for mark in group], gap), strict=True):
            chart.add_annotation(
                x=mark.x, y=mark.y, text=label(mark.name, 40), ax=24 if left else -24, ay=-(y - mark.y) * height / span,
                xanchor="left" if left else "right", showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=mark.marker["color"],
                standoff=7, font={"size": 12},
            )  # fmt: skip


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """The heights nearest to the given ones that are `gap` apart and in the same order; names of equal height keep theirs."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    steps = gap * np.arange(len(order))
    moved = rising(np.array([heights[place] for place in order]) - steps) + steps if order else steps
    found = [0.0] * len(order)
    for place, height in zip(order, moved, strict=True):
        found[place] = float(height)
    return found


def _wrapped(name: str) -> list[str]:
    return textwrap.wrap(label(name, 40), _CHARACTERS, break_long_words=False, break_on_hyphens=False) or [""]


def _signed(end: Named, lines: Sequence[str]) -> str:
    return f'<span style="color:{end.marker["color"]}">{marker_sign(end.marker)}</span> {"<br>".join(lines)}'
