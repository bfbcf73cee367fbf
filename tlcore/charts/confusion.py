"""What is taken for what."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tlcore.charts.style import (
    BAD_RGB,
    FULL_SHADE,
    GOOD_RGB,
    MOST_CLASSES,
    NEUTRAL,
    drawn_of,
    figure,
    label,
    most_telling,
    name_axis,
    nothing,
    quoted,
)
from tlcore.records import RunRecord

_COUNTS_UP_TO = 25
"""Classes; beyond, the counts would be too small to read and show under the pointer alone."""

_ALL_UP_TO = 40
"""Classes; up to so many all are drawn."""

_WITH_PICTURE = 84
"""Pixels of a row whose cells show pictures."""
_BELOW = 0.33
"""From the middle of such a cell to its count, in rows."""

_Counts = npt.NDArray[np.int64]
_Shares = npt.NDArray[np.float64]


def confusion_chart(run: RunRecord, pictures: Mapping[tuple[int, int], str] | None = None) -> go.Figure:
    """How often each true class (rows) was predicted as each class (columns); shades are shares of the true class.

    Right answers are blue and mistakes orange, so that mistakes stand out. Of very many classes those with the most mistakes
    are drawn; the title speaks of all. Each cell that has items is a mark to click, whose `customdata` begins with its row and
    column as positions among all classes.

    Args:
        run: finished, with its scores.
        pictures: (row, column) → an example for that cell, as a data URI.
    """
    if run.scores is None:
        return nothing("This run has not finished, so there is no confusion matrix.")
    everything = np.array(run.scores.confusion)
    drawn = _drawn(everything)
    counts, names = everything[np.ix_(drawn, drawn)], [run.scores.per_class[place].label for place in drawn]
    few = len(names) <= _COUNTS_UP_TO
    cell = 44 if len(names) <= 12 else 28 if few else 15
    if pictures:
        cell = _WITH_PICTURE
    chart = figure(
        _title([each.label for each in run.scores.per_class], everything),
        f"Rows are true classes, columns predicted ones. {int(np.trace(everything))} of {int(everything.sum())} answers are"
        " right.",
        height=max(cell * len(names), 120) + 100,
        key=drawn_of(len(drawn), len(everything), "with the most mistakes"),
        hoverdistance=-1,
        xaxis=_columns_axis(names, few),
        yaxis=name_axis(
            names,
            22,
            title={"text": "true", "standoff": 8},
            range=[len(names) - 0.5, -0.5],
            **({} if few else {"tickfont": {"size": 9}}),
        ),
    )
    shares = counts / np.maximum(everything.sum(axis=1)[drawn, None], 1)
    right = np.eye(len(names), dtype=bool)
    _add_cells(chart, np.where(right, shares, np.nan), _scale(GOOD_RGB, few))
    _add_cells(chart, np.where(right | (counts == 0), np.nan, shares), _scale(BAD_RGB, few))
    if few:
        _add_counts(chart, counts, shares, pictures or {})
    _add_marks(chart, names, counts, shares, drawn)
    for (row, column), picture in (pictures or {}).items():
        chart.add_layout_image(
            source=picture,
            xref="x",
            yref="y",
            x=column,
            y=row - 0.13,
            sizex=0.9,
            sizey=0.62,
            xanchor="center",
            yanchor="middle",
        )
    return chart


def _drawn(counts: _Counts) -> list[int]:
    """Positions of the classes that have room."""
    if len(counts) <= _ALL_UP_TO:
        return list(range(len(counts)))
    wrong = counts - np.diag(np.diag(counts))
    return most_telling((wrong.sum(axis=0) + wrong.sum(axis=1)).tolist(), MOST_CLASSES)


def _add_cells(chart: go.Figure, shares: _Shares, scale: list[tuple[float, str]]) -> None:
    chart.add_heatmap(z=shares, zmin=0, zmax=1, colorscale=scale, showscale=False, xgap=1, ygap=1, hoverinfo="skip")


def _add_marks(chart: go.Figure, names: Sequence[str], counts: _Counts, shares: _Shares, drawn: Sequence[int]) -> None:
    """Unseen marks that say what a cell is and can be clicked, which heat maps cannot; with `hoverdistance` they fill it."""
    safe = [label(name) for name in names]
    rows, columns = np.nonzero(counts)
    unseen = {"marker": {"opacity": 0}}
    chart.add_scatter(
        x=columns, y=rows, mode="markers", marker={"opacity": 0, "size": 10, "symbol": "square"}, selected=unseen,
        unselected=unseen,
        customdata=[[drawn[int(row)], drawn[int(column)],
                     f"{counts[row, column]:,} items, {shares[row, column]:.0%} of the true class"]
                    for row, column in zip(rows, columns, strict=True)],
        text=[f"true: {safe[row]}<br>predicted: {safe[column]}" for row, column in zip(rows, columns, strict=True)],
        hovertemplate="%{text}<br>%{customdata[2]}<extra></extra>",
    )  # fmt: skip


def _add_counts(chart: go.Figure, counts: _Counts, shares: _Shares, pictures: Mapping[tuple[int, int], str]) -> None:
    """White on full shades, the theme's own text colour on clear ones; below the picture where there is one."""
    # A click on a cell would otherwise make all counts nearly unseen.
    for chosen, font, clicked in (
        (shares >= FULL_SHADE, {"color": "#ffffff"}, "#ffffff"),
        ((shares < FULL_SHADE) & (counts > 0), {}, NEUTRAL),
    ):
        rows, columns = np.nonzero(chosen)
        chart.add_scatter(
            x=columns,
            y=[row + _BELOW if (int(row), int(column)) in pictures else row for row, column in zip(rows, columns, strict=True)],
            mode="text", text=[f"{counts[place]:,}" for place in zip(rows, columns, strict=True)],
            textfont=font, hoverinfo="skip",
            unselected={"textfont": {"color": clicked}},
        )  # fmt: skip


def _title(names: Sequence[str], counts: _Counts) -> str:
    wrong = counts - np.diag(np.diag(counts))
    total = int(counts.sum())
    if not wrong.any():
        return f"No mistake on {total:,} test items."
    row, column = divmod(int(wrong.argmax()), len(names))
    if wrong.sum() == 1:
        return f"1 of {total:,} is wrong: {quoted(names[row])} taken for {quoted(names[column])}."
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
