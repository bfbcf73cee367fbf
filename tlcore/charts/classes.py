"""How well each class is recognised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

from tlcore.charts.style import (
    MOST_CLASSES,
    NEUTRAL,
    add_panels,
    drawn_of,
    figure,
    label,
    marker_sign,
    most_telling,
    nothing,
    quoted,
    rows_axis,
    strategy_marker,
    strategy_name,
    value_axis,
)
from tlcore.evaluation.wording import labels_words, tenths
from tlcore.records import ClassScore, RunRecord

_ROW = 30
_PARTS = {"precision": "precision", "recall": "recall", "f1": "F1"}
_SPOKEN = 20
"""Classes named in the text for those who do not see the chart."""

_Means = Mapping[str, Mapping[str, float | None]]
"""Class → part → mean over the runs in which it is defined."""


@dataclass(frozen=True)
class _Side:
    """What one mark a class stands for: the runs of one strategy with one encoder at one budget."""

    name: str
    marker: dict[str, Any]
    means: _Means

    def values(self, classes: Sequence[str], part: str) -> list[float | None]:
        """In percent."""
        found = (self.means[name][part] for name in classes)
        return [None if value is None else 100 * value for value in found]


def per_class_chart(runs: Sequence[RunRecord]) -> go.Figure:
    """Precision, recall and F1 of each class, for one side or two, means over the runs given; hardest class on top.

    What is undefined (a class that does not occur, or was never predicted) has no mark. Of very many classes the hardest
    `MOST_CLASSES` are drawn, or with two sides those whose F1 differs most; the title speaks of all.

    Args:
        runs: of one experiment. Those of one strategy, encoder and budget make a side; the first run's side leads.
    """
    scored = [run for run in runs if run.scores is not None]
    sides = _sides(scored)
    if not sides:
        return nothing("No run has finished yet, so there are no scores by class.")
    means = sides[0].means
    support = {each.label: each.support for run in scored[:1] if run.scores for each in run.scores.per_class}
    classes = sorted(support, key=lambda name: _rank(means[name]["f1"]))
    drawn, which = _drawn(classes, sides)
    spoken = (f"{name}: {', '.join(_words(part, means[name][part]) for part in _PARTS)}" for name in drawn[:_SPOKEN])
    chart = figure(
        _title(sides[0], classes),
        "; ".join(spoken),
        height=_ROW * len(drawn) + 56,
        key=[*_key(sides, averaged=len(scored) > len(sides)), *drawn_of(len(drawn), len(classes), which)],
    )
    add_panels(chart, 1, list(_PARTS.values()))
    for column, part in enumerate(_PARTS, start=1):
        _add_part(chart, column, part, sides, drawn)
    chart.update_xaxes(**value_axis(range=[-8, 108], tickvals=[0, 50, 100], ticktext=["", "50", "100"]))
    chart.update_yaxes(**rows_axis([""] * len(drawn)))
    chart.update_yaxes(ticktext=[f"{label(name, 28)} ({support[name]})" for name in drawn], col=1)
    return chart


def _drawn(classes: Sequence[str], sides: Sequence[_Side]) -> tuple[list[str], str]:
    """The classes that have room, hardest first, and in words which they are."""
    f1 = [[side.means[name]["f1"] for name in classes] for side in sides]
    if len(sides) > 1:
        weights = [abs((one or 0.0) - (other or 0.0)) for one, other in zip(f1[0], f1[1], strict=True)]
        return [classes[place] for place in most_telling(weights, MOST_CLASSES)], "whose F1 differs most"
    weights = [-_rank(value) for value in f1[0]]
    return [classes[place] for place in most_telling(weights, MOST_CLASSES)], "that are hardest"


def _sides(runs: Sequence[RunRecord]) -> list[_Side]:
    """A strategy's second side, with another encoder or budget, has hollow marks."""
    groups: dict[tuple[str, str, int], list[RunRecord]] = {}
    for run in runs:
        groups.setdefault((run.strategy, run.encoder, run.budget), []).append(run)
    same = len({strategy for strategy, _, _ in groups}) < len(groups)
    sides: list[_Side] = []
    for (strategy, encoder, budget), members in groups.items():
        name = f"{strategy_name(strategy)} · {encoder}, {labels_words(budget)}" if same else strategy_name(strategy)
        hollow = same and bool(sides)
        sides.append(_Side(name, strategy_marker(strategy, hollow=hollow, size=11), _class_means(members)))
    return sides


def _class_means(runs: Sequence[RunRecord]) -> _Means:
    of_class: dict[str, list[ClassScore]] = {}
    for run in runs:
        for each in run.scores.per_class if run.scores else ():
            of_class.setdefault(each.label, []).append(each)
    return {name: {part: _mean([getattr(one, part) for one in found]) for part in _PARTS} for name, found in of_class.items()}


def _add_part(chart: go.Figure, column: int, part: str, sides: Sequence[_Side], classes: Sequence[str]) -> None:
    """One mark a class and side; with two sides a line joins them."""
    places = list(range(len(classes)))
    for other in sides[1:]:
        pairs = zip(sides[0].values(classes, part), other.values(classes, part), places, strict=True)
        joined = [(first, second, place) for first, second, place in pairs if first is not None and second is not None]
        chart.add_scatter(
            x=[x for first, second, _ in joined for x in (first, second, None)],
            y=[y for _, _, place in joined for y in (place, place, None)],
            mode="lines",
            line={"color": NEUTRAL, "width": 2},
            opacity=0.5,
            hoverinfo="skip",
            row=1,
            col=column,
        )
    for side in sides:
        chart.add_scatter(
            x=side.values(classes, part),
            y=places,
            mode="markers",
            marker=side.marker,
            text=[label(name) for name in classes],
            hovertemplate=f"{label(side.name)}, %{{text}}: %{{x:.1f}} %<extra></extra>",
            row=1,
            col=column,
        )


def _title(side: _Side, classes: Sequence[str]) -> str:
    f1 = [(name, value) for name in classes if (value := side.means[name]["f1"]) is not None]
    if not f1:
        return f"{side.name}: no class of the test set could be scored."
    (hard, low), (easy, high) = f1[0], f1[-1]
    if hard == easy:
        return f"{side.name} recognises {quoted(hard)} with F1 {tenths(low)} %."
    return f"{side.name} finds {quoted(hard)} hardest (F1 {tenths(low)} %) and {quoted(easy)} easiest ({tenths(high)} %)."


def _key(sides: Sequence[_Side], averaged: bool) -> list[str]:
    marks = [
        f'<span style="color:{side.marker["color"]}">{marker_sign(side.marker)}</span> {label(side.name, 48)}' for side in sides
    ]
    return [*marks, f"percent{', mean of the seeds' if averaged else ''}", "in brackets: test items"]


def _words(part: str, value: float | None) -> str:
    return f"{_PARTS[part]} {'undefined' if value is None else tenths(value) + ' %'}"


def _rank(value: float | None) -> float:
    """Unknown comes last."""
    return 2.0 if value is None else value


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
