"""Where two strategies differ: class by class, and mistake by mistake."""

from collections.abc import Sequence

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
    marker_sign,
    most_telling,
    name_axis,
    nothing,
    quoted,
    rows_axis,
    strategy_marker,
    strategy_name,
    value_axis,
)
from tlcore.evaluation.records import ClassChange, ItemDifferences
from tlcore.evaluation.wording import in_sentence, tenths, trained

_ROW = 28
_FEW = 20
"""Classes up to which numbers have room in their cells."""
_SPOKEN = 20


def class_change_chart(differences: ItemDifferences) -> go.Figure:
    """Each class's recall with both strategies, joined: the class that gains most on top. Classes without test items lack.

    Of very many classes the `MOST_CLASSES` that change most are drawn; the title speaks of all.
    """
    known = [(one, one.first, one.second, one.difference) for one in differences.classes]
    rows = [(one, a, b, d) for one, a, b, d in known if a is not None and b is not None and d is not None]
    if not rows:
        return nothing("No class has test items that both strategies answered.")
    everything = [row[0] for row in rows]
    rows = [rows[place] for place in most_telling([abs(row[3]) for row in rows], MOST_CLASSES)]
    rows.sort(key=lambda row: -row[3])
    names = strategy_name(differences.first), strategy_name(differences.second)
    markers = strategy_marker(differences.first, size=11), strategy_marker(differences.second, size=11)
    chart = figure(
        _change_title(differences, everything),
        "; ".join(f"{one.label}: {tenths(a)} % and {tenths(b)} %" for one, a, b, _ in rows[:_SPOKEN]),
        height=_ROW * len(rows) + 56,
        key=(*(f'<span style="color:{mark["color"]}">{marker_sign(mark)}</span> {label(name)}'
               for name, mark in zip(names, markers, strict=True)), "in brackets: test items",
             "recall: share of a class that is recognised",
             *drawn_of(len(rows), len(everything), "that change most")),
        xaxis=value_axis("recall", ticksuffix=" %", range=[-4, 104]),
        yaxis=rows_axis([""] * len(rows)),
    )  # fmt: skip
    chart.update_yaxes(ticktext=[f"{label(one.label, 28)} ({one.support})" for one, *_ in rows])
    places = list(range(len(rows)))
    chart.add_scatter(
        x=[x for _, a, b, _ in rows for x in (100 * a, 100 * b, None)],
        y=[y for place in places for y in (place, place, None)],
        mode="lines", line={"color": NEUTRAL, "width": 2}, opacity=0.5, hoverinfo="skip",
    )  # fmt: skip
    recalls = [a for _, a, _, _ in rows], [b for _, _, b, _ in rows]
    for values, name, marker in zip(recalls, names, markers, strict=True):
        chart.add_scatter(
            x=[100 * value for value in values], y=places, mode="markers", marker=marker,
            text=[f"{label(one.label)}: {_change_words(one)}" for one, *_ in rows],
            hovertemplate=f"{label(name)}: %{{x:.1f}} %<br>%{{text}}<extra></extra>",
        )  # fmt: skip
    return chart


def confusion_difference_chart(differences: ItemDifferences, classes: Sequence[str]) -> go.Figure:
    """The first's mean confusion matrix minus the second's, in items: blue speaks for the first, orange against it.

    A mark's `customdata` begins with its row (true class) and column (predicted class), as positions in `classes`. Of very
    many classes the `MOST_CLASSES` that change most are drawn; the title speaks of all.
    """
    change = np.array(differences.confusion, dtype=np.float64)
    if change.shape != (len(classes), len(classes)) or not change.size:
        return nothing("There are no two confusion matrices to compare.")
    size = np.abs(change)
    drawn = most_telling((size.sum(axis=0) + size.sum(axis=1)).tolist(), MOST_CLASSES)
    kept, few = [classes[place] for place in drawn], len(drawn) <= _FEW
    hidden = {} if few else {"showticklabels": False}
    chart = figure(
        _confusion_title(differences, classes, change),
        "Rows are true classes, columns predicted ones; test items, mean of the seeds.",
        height=max((40 if few else 15) * len(kept), 120) + 100,
        key=(f"blue speaks for {label(in_sentence(strategy_name(differences.first)))}, orange against it",
             "items, mean of the seeds", *drawn_of(len(kept), len(classes), "that change most")),
        hoverdistance=-1,
        xaxis=name_axis(kept, 16, title={"text": "predicted"}, range=[-0.5, len(kept) - 0.5], **hidden),
        yaxis=name_axis(kept, 22, title={"text": "true"}, range=[len(kept) - 0.5, -0.5],
                        **({} if few else {"tickfont": {"size": 9}})),
    )  # fmt: skip
    scale = [(0.0, f"rgba({BAD_RGB},1)"), (0.5, "rgba(128,138,150,0.08)"), (1.0, f"rgba({GOOD_RGB},1)")]
    shown = change[np.ix_(drawn, drawn)]
    favour, reach = np.where(np.eye(len(kept), dtype=bool), shown, -shown), float(np.abs(shown).max()) or 1.0
    chart.add_heatmap(z=favour, zmin=-reach, zmax=reach, colorscale=scale, showscale=False, xgap=1, ygap=1, hoverinfo="skip")
    _add_marks(chart, [label(name) for name in kept], shown, drawn)
    return chart


def _add_marks(chart: go.Figure, names: Sequence[str], change: npt.NDArray[np.float64], drawn: Sequence[int]) -> None:
    """Unseen marks that can be clicked, as heat maps cannot; and the numbers, where they have room."""
    cells = [(int(row), int(column)) for row, column in np.ndindex(change.shape)]
    rows, columns = [row for row, _ in cells], [column for _, column in cells]
    unseen = {"marker": {"opacity": 0}}
    chart.add_scatter(
        x=columns, y=rows, mode="markers", marker={"opacity": 0, "size": 10, "symbol": "square"},
        selected=unseen, unselected=unseen,
        customdata=[[drawn[row], drawn[column], f"{change[row, column]:+.1f} items"] for row, column in cells],
        text=[f"true: {names[row]}<br>predicted: {names[column]}" for row, column in cells],
        hovertemplate="%{text}<br>%{customdata[2]}<extra></extra>",
    )  # fmt: skip
    changed = [cell for cell in cells if change[cell]]
    if len(names) <= _FEW and changed:
        full = FULL_SHADE * float(np.abs(change).max())
        # White on full shades. A click on a cell would otherwise make all numbers nearly unseen.
        for of_these, font, clicked in (
            ([cell for cell in changed if abs(change[cell]) >= full], {"color": "#ffffff"}, "#ffffff"),
            ([cell for cell in changed if abs(change[cell]) < full], {}, NEUTRAL),
        ):
            chart.add_scatter(
                x=[column for _, column in of_these], y=[row for row, _ in of_these], mode="text", textfont=font,
                text=[f"{change[cell]:+.1f}" for cell in of_these], hoverinfo="skip",
                unselected={"textfont": {"color": clicked}},
            )  # fmt: skip


def _change_title(differences: ItemDifferences, rows: Sequence[ClassChange]) -> str:
    better = [one for one in rows if one.low is not None and one.low > 0]
    worse = [one for one in rows if one.high is not None and one.high < 0]
    name = strategy_name(differences.first)
    title = (
        f"Beyond chance, {in_sentence(name)} recognises {len(better)} of {len(rows)} classes better than"
        f" {trained(strategy_name(differences.second))}, {len(worse) or 'none'} worse"
    )
    top = max(rows, key=lambda one: abs(one.difference or 0.0))
    size = top.difference or 0.0
    return f"{title}; {quoted(top.label)} changes most, by {'+' if size >= 0 else '−'}{tenths(abs(size))} points of recall."


def _change_words(one: ClassChange) -> str:
    if one.low is None or one.high is None:
        return f"{tenths(one.difference or 0.0)} points, no interval"
    return f"{tenths(one.difference or 0.0)} points (95 % interval {tenths(one.low)} to {tenths(one.high)})"


def _confusion_title(differences: ItemDifferences, classes: Sequence[str], change: npt.NDArray[np.float64]) -> str:
    mistakes = change - np.diag(np.diag(change))
    first, second = strategy_name(differences.first), in_sentence(strategy_name(differences.second))
    if not mistakes.any():
        return f"{first} and {second} make each mistake equally often: 0 items apart."
    row, column = divmod(int(np.abs(mistakes).argmax()), len(classes))
    more = "more" if mistakes[row, column] > 0 else "fewer"
    return (
        f"{first} takes {quoted(classes[row])} for {quoted(classes[column])} in {abs(mistakes[row, column]):.1f} {more} test"
        f" items than {second}."
    )
