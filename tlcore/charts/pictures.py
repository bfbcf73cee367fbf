"""How large the pictures of a dataset are."""

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.charts.style import SERIES, figure, nothing, value_axis

_SQUARE = 1.05
"""Sides that differ by less are as good as equal."""
_MANY = 60
"""Different sizes from which marks are drawn faintly."""
_MOST_MARKS = 2_000
_LARGEST = 34.0
"""Pixels across of the mark of the most frequent size."""


def picture_sizes_chart(widths: Sequence[int], heights: Sequence[int]) -> go.Figure:
    """Width against height of pictures as they came, one mark a size, its area the number of pictures of that size.

    Args:
        widths: in pixels, one a picture.
        heights: the same of their heights.
    """
    counts = Counter(zip(widths, heights, strict=True))
    if not counts:
        return nothing("There are no pictures.")
    total, most = sum(counts.values()), counts.most_common(_MOST_MARKS)
    largest = 1.1 * max(max(size) for size in counts)
    chart = figure(
        _title(counts, total),
        f"{len(counts):,} different sizes; {_shapes(counts, total)}.",
        height=250,
        key=("each mark: a size, as large as it is frequent", "line: square"),
        xaxis=value_axis("width in pixels", range=[0, largest]),
        yaxis=value_axis("height", range=[0, largest]),
    )
    chart.add_scatter(
        x=[0, largest], y=[0, largest], mode="lines", line={"color": SERIES[1], "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    chart.add_scatter(
        x=[width for (width, _), _ in most],
        y=[height for (_, height), _ in most],
        mode="markers",
        marker={
            "color": SERIES[0],
            "opacity": 0.55 if len(counts) > _MANY else 0.85,
            "size": [max(_LARGEST * (count / most[0][1]) ** 0.5, 5.0) for _, count in most],
            "line": {"width": 0},
        },
        customdata=[count for _, count in most],
        hovertemplate="%{x} × %{y} pixels: %{customdata:,}<extra></extra>",
    )
    return chart


def _title(counts: Counter[tuple[int, int]], total: int) -> str:
    """The commonest size if it is one, else the span; and the commonest shape."""
    (size, count), shapes = counts.most_common(1)[0], _shapes(counts, total)
    if count == total:
        return f"All pictures are {size[0]:,} × {size[1]:,} pixels."
    if 2 * count > total:
        return f"Most pictures are {size[0]:,} × {size[1]:,}; {shapes}."
    sides = [side for pair in counts for side in pair]
    return f"Pictures measure {min(sides):,} to {max(sides):,} pixels a side; {shapes}."


def _shapes(counts: Counter[tuple[int, int]], total: int) -> str:
    """The shares of the shapes there are, the commonest first: `80 % landscape, 20 % square`."""
    shapes: Counter[str] = Counter()
    for (width, height), count in counts.items():
        shapes[_shape(width, height)] += count
    return ", ".join(f"{_percent(count, total)} % {name}" for name, count in shapes.most_common())


def _percent(count: int, total: int) -> int:
    """Rounded so that a rare shape is not said to be none, nor a common one to be all."""
    return 100 if count == total else min(max(round(100 * count / total), 1), 99)


def _shape(width: int, height: int) -> str:
    """Landscape, portrait, or square as the eye sees it."""
    longer, shorter = max(width, height), max(min(width, height), 1)
    if longer / shorter < _SQUARE:
        return "square"
    return "landscape" if width > height else "portrait"
