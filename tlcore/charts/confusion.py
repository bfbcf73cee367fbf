"""What is taken for what."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tlcore.charts.style import BAD_RGB, GOOD_RGB, figure, label, name_axis, nothing, quoted
from tlcore.records import RunRecord

_COUNTS_UP_TO = 25
"""Classes; beyond, the counts would be too small to read and show under the pointer alone."""

_Counts = npt.NDArray[np.int64]
_Shares = npt.NDArray[np.float64]


def confusion_chart(run: RunRecord) -> go.Figure:
    """How often each true class (rows) was predicted as each class (columns); shades are shares of the true class.

    Right answers are blue and mistakes orange, so that mistakes stand out however many classes there are.
    """
    if run.scores is None:
        return nothing("This run has not finished, so there is no confusion matrix.")
    counts = np.array(run.scores.confusion)
    names = [each.label for each in run.scores.per_class]
    few = len(names) <= _COUNTS_UP_TO
    cell = 44 if len(names) <= 12 else 28 if few else 15
    chart = figure(
        _title(names, counts),
        f"Rows are true classes, columns predicted ones. {int(np.trace(counts))} of {int(counts.sum())} answers are right.",
        height=max(cell * len(names), 120) + 100,
        xaxis=_columns_axis(names, few),
        yaxis=name_axis(
            names,
            22,
            title={"text": "true", "standoff": 8},
            range=[len(names) - 0.5, -0.5],
            **({} if few else {"tickfont": {"size": 9}}),
        ),
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(names), dtype=bool)
    _add_cells(chart, names, counts, np.where(right, shares, np.nan), _scale(GOOD_RGB, few))
    _add_cells(chart, names, counts, np.where(right | (counts == 0), np.nan, shares), _scale(BAD_RGB, few))
    if few:
        _add_counts(chart, counts, shares)
    return chart


def _add_cells(
    chart: go.Figure, names: Sequence[str], counts: _Counts, shares: _Shares, scale: list[tuple[float, str]]
) -> None:
    safe = [label(name) for name in names]
    chart.add_heatmap(
        z=shares,
        zmin=0,
        zmax=1,
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        customdata=counts,
        text=[[f"true: {row}<br>predicted: {column}" for column in safe] for row in safe],
        hovertemplate="%{text}<br>%{customdata} items, %{z:.0%} of the true class<extra></extra>",
    )


def _add_counts(chart: go.Figure, counts: _Counts, shares: _Shares) -> None:
    """White on full shades, the theme's own text colour on clear ones."""
    for chosen, font in ((shares >= 0.5, {"color": "#ffffff"}), ((shares < 0.5) & (counts > 0), {})):
        rows, columns = np.nonzero(chosen)
        chart.add_scatter(
            x=columns, y=rows, mode="text", text=[f"{counts[place]:,}" for place in zip(rows, columns, strict=True)],
            textfont=font, hoverinfo="skip",
        )  # fmt: skip


def _title(names: Sequence[str], counts: _Counts) -> str:
    wrong = counts - np.diag(np.diag(counts))
    total = int(counts.sum())
    if not wrong.any():
        return f"No mistake on {total:,} test items."
    row, column = divmod(int(wrong.argmax()), len(names))
    return (
        f"{int(wrong.sum()):,} of {total:,} are wrong, most often {quoted(names[row])} taken for {quoted(names[column])} "
        f"({int(wrong[row, column]):,} of {int(counts[row].sum()):,})."
    )


def _scale(rgb: str, few: bool) -> list[tuple[float, str]]:
    """From nearly clear to full, so that it suits any background; small cells need more to be seen."""
    return [(0.0, f"rgba({rgb},{0.08 if few else 0.45})"), (1.0, f"rgba({rgb},1)")]


def _columns_axis(names: Sequence[str], few: bool) -> dict[str, Any]:
    """Names below the columns, where they have room."""
    names_or_none = {} if few else {"showticklabels": False}
    title = "predicted" if few else "predicted, in the order of the rows"
    return name_axis(names, 16, title={"text": title}, range=[-0.5, len(names) - 0.5], **names_or_none)
