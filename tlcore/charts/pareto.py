"""What time buys: score against seconds a run."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go

from tlcore.charts.efficiency import HEIGHT, INNER, Scale, scale_of, side_names, span_of
from tlcore.charts.names import Named, add_names_beside
from tlcore.charts.style import figure, label, nothing, strategy_colour, strategy_marker, value_axis
from tlcore.evaluation.records import TimePoint
from tlcore.evaluation.wording import in_sentence, labels_words, seconds_words, tenths

_SHORTEST = 0.01
"""Seconds below which a log axis has no place for a mark."""


def pareto_chart(times: Sequence[TimePoint]) -> go.Figure:
    """Score against time a run; the points that nothing quicker beats are full and joined, the others hollow.

    Each strategy is named at its point with the most labels. The `customdata` of a mark is the list of its runs' ids.
    """
    if not times:
        return nothing("No finished run has recorded its time yet.")
    points, names = sorted(times, key=lambda point: point.seconds), side_names(times)
    named = {(one.strategy, one.encoder): name for one, name in zip(times, names, strict=True)}
    front = [point for point in points if point.front]
    scale = scale_of("accuracy")
    chart = figure(
        _pareto_title(front, named),
        "; ".join(f"{named[one.strategy, one.encoder]}, {_time_words(one, scale)}" for one in points),
        height=HEIGHT,
        key=("full marks, joined: nothing quicker scores as well", "lines up and down: 95 % interval"),
        xaxis=value_axis("time a run, encoding included, log scale", type="log", **_ticks(points)),
        yaxis=value_axis("score on the locked test", ticksuffix=" %"),
    )  # fmt: skip
    chart.add_scatter(
        x=[max(point.seconds, _SHORTEST) for point in front], y=[100 * point.score for point in front], mode="lines",
        line={"color": "#7b8794", "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    for point in points:
        ends = {} if point.low is None or point.high is None else _error(point.score, point.low, point.high)
        chart.add_scatter(
            x=[max(point.seconds, _SHORTEST)], y=[100 * point.score], mode="markers",
            marker=strategy_marker(point.strategy, hollow=not point.front, size=12), customdata=[list(point.runs)],
            hovertemplate=f"{label(named[point.strategy, point.encoder], 60)}<br>{_time_words(point, scale)}<extra></extra>",
            **({"error_y": ends | {"color": strategy_colour(point.strategy)}} if ends else {}),
        )  # fmt: skip
    most = {(one.strategy, one.encoder): one for one in sorted(points, key=lambda one: one.budget)}
    marks = [
        Named(named[key], strategy_marker(one.strategy), log10(max(one.seconds, _SHORTEST)), 100 * one.score)
        for key, one in most.items()
    ]
    taken = []
    for one in points:
        low, high = (one.score if end is None else end for end in (one.low, one.high))
        taken.append((log10(max(one.seconds, _SHORTEST)), 100 * low, 100 * high))
    add_names_beside(chart, marks, taken, span_of(points, 100.0), INNER)
    return chart


def _ticks(points: Sequence[TimePoint]) -> dict[str, Any]:
    """Ones, twos and fives of seconds, in words; only ones where the times are far apart."""
    ends = [max(point.seconds, _SHORTEST) for point in points]
    low, high = log10(min(ends)), log10(max(ends))
    digits = (1, 2, 5) if high - low < 2 else (1,)
    marks = [digit * 10.0**power for power in range(floor(low) - 1, ceil(high) + 2) for digit in digits]
    room = max(0.08 * (high - low), 0.1)
    return {"tickmode": "array", "tickvals": marks, "ticktext": [_tick(mark) for mark in marks],
            "range": [low - room, high + room]}  # fmt: skip


def _tick(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else seconds_words(seconds)


def _pareto_title(front: Sequence[TimePoint], named: dict[tuple[str, str], str]) -> str:
    said = [
        f"{named[one.strategy, one.encoder]} with {labels_words(one.budget)} reaches {tenths(one.score)} % in"
        f" {seconds_words(one.seconds)}"
        for one in ([front[0], front[-1]] if len(front) > 1 else front)
    ]
    return f"Quickest: {in_sentence(said[0])}; best: {in_sentence(said[1])}." if len(said) > 1 else f"{said[0]}: none better."


def _time_words(point: TimePoint, scale: Scale) -> str:
    interval = scale.interval(point.low, point.high)
    return f"{labels_words(point.budget)}: {scale.words(point.score)}{interval} in {seconds_words(point.seconds)}"


def _error(score: float, low: float, high: float) -> dict[str, Any]:
    ends = {"array": [100 * (high - score)], "arrayminus": [100 * (score - low)]}
    return {"type": "data", "symmetric": False, "width": 0, "thickness": 2, **ends}
