"""What labels buy: score against labels, and labels saved."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, NamedTuple

import plotly.graph_objects as go

from tlcore.charts.names import Named, add_names_right
from tlcore.charts.style import (
    faded,
    figure,
    label,
    nothing,
    rows_axis,
    strategy_colour,
    strategy_marker,
    strategy_name,
    strategy_rank,
    value_axis,
)
from tlcore.evaluation.outcomes import Measure
from tlcore.evaluation.records import Curve, CurvePoint, LabelsSaved, TimePoint
from tlcore.evaluation.wording import MEASURE_NAMES, in_sentence, labels_words, seconds_words, tenths, times_words

HEIGHT = 320
INNER = 240
"""The same without the axis below."""
_ROW = 30


class Scale(NamedTuple):
    """How a measure's values are drawn and said: shares as percent, log loss in nats."""

    name: str
    factor: float
    unit: str
    sign: float
    """-1 where lower is better."""

    def words(self, value: float) -> str:
        """A value with its unit."""
        return f"{tenths(value)} %" if self.unit else f"{value:.3f}"

    def interval(self, low: float | None, high: float | None) -> str:
        """The ends in words; nothing where they are unknown."""
        if low is None or high is None:
            return ""
        ends = f"{tenths(low)} to {tenths(high)}" if self.unit else f"{low:.3f} to {high:.3f}"
        return f" (95 % interval {ends})"


def scale_of(measure: Measure) -> Scale:
    """How to draw a measure."""
    name = MEASURE_NAMES[measure]
    return Scale(f"{name}, nats", 1.0, "", -1.0) if measure == "log_loss" else Scale(name, 100.0, " %", 1.0)


def efficiency_chart(curves: Sequence[Curve]) -> go.Figure:
    """Score against labels on a log axis, one line a strategy and encoder, named at its end, with its band of 95 % intervals.

    The `customdata` of a mark is the list of its runs' ids.

    Args:
        curves: of one measure; where several came, those of the first one's are drawn.
    """
    drawn = [curve for curve in curves if curve.points and curve.measure == curves[0].measure]
    if not drawn:
        return nothing("No run has finished yet, so there is no score to set against labels.")
    drawn.sort(key=lambda curve: (strategy_rank(curve.strategy), curve.encoder))
    scale, names, hollow = scale_of(drawn[0].measure), side_names(drawn), _second(drawn)
    markers = [strategy_marker(one.strategy, again, size=9) for one, again in zip(drawn, hollow, strict=True)]
    budgets = sorted({point.budget for curve in drawn for point in curve.points})
    chart = figure(
        _efficiency_title(drawn, names, scale),
        "; ".join(f"{name}: {_points_words(one.points, scale)}" for name, one in zip(names, drawn, strict=True)),
        height=HEIGHT,
        key=("shaded: 95 % interval of each point",),
        xaxis=labels_axis(budgets),
        yaxis=value_axis(f"{scale.name} on the locked test", ticksuffix=scale.unit),
    )
    for curve, name, marker in zip(drawn, names, markers, strict=True):
        add_band(chart, [(p.budget, p.low, p.high) for p in curve.points], curve.strategy, scale.factor)
        add_curve(chart, curve, marker, name)
    ends = [
        Named(name, marker, log10(one.points[-1].budget), scale.factor * one.points[-1].score)
        for name, marker, one in zip(names, markers, drawn, strict=True)
    ]
    add_names_right(chart, ends, span_of([point for curve in drawn for point in curve.points], scale.factor), INNER)
    return chart


def labels_axis(budgets: Sequence[int]) -> dict[str, Any]:
    """A log axis of labels whose ticks are the budgets, as many as have room."""
    ends = log10(budgets[0]), log10(budgets[-1])
    room = max((ends[1] - ends[0]) * 0.06, 0.05)
    kept: list[int] = []
    for budget in reversed(budgets):
        if not kept or log10(kept[-1]) - log10(budget) >= (ends[1] - ends[0]) * 0.11:
            kept.append(budget)
    ticks = {"tickmode": "array", "tickvals": kept, "ticktext": [f"{budget:,}" for budget in kept]}
    return value_axis("labels, log scale", type="log", range=[ends[0] - room, ends[1] + room], **ticks)


def add_curve(chart: go.Figure, curve: Curve, marker: dict[str, Any], name: str) -> None:
    """The means of a curve, joined."""
    scale = scale_of(curve.measure)
    chart.add_scatter(
        x=[point.budget for point in curve.points],
        y=[scale.factor * point.score for point in curve.points],
        mode="lines+markers",
        line={"color": marker["color"], "width": 2.5, "dash": "dash" if "open" in marker["symbol"] else "solid"},
        marker=marker,
        customdata=[list(point.runs) for point in curve.points],
        text=[_hover(point, scale) for point in curve.points],
        hovertemplate=f"{label(name, 60)}<br>%{{text}}<extra></extra>",
    )


def add_band(
    chart: go.Figure, ends: Sequence[tuple[int, float | None, float | None]], strategy: str, factor: float, fade: float = 0.16
) -> None:
    """The area between the ends of intervals; where they are unknown there is none."""
    known = [(place, factor * low, factor * high) for place, low, high in ends if low is not None and high is not None]
    if len(known) == 1:
        x, low, high = known[0]
        line = {"color": strategy_colour(strategy), "width": 3}
        chart.add_scatter(x=[x, x], y=[low, high], mode="lines", line=line, opacity=0.5, hoverinfo="skip")
    elif known:
        chart.add_scatter(
            x=[x for x, _, _ in known] + [x for x, _, _ in reversed(known)],
            y=[low for _, low, _ in known] + [high for _, _, high in reversed(known)],
            mode="lines", line={"width": 0}, fill="toself", fillcolor=faded(strategy_colour(strategy), fade),
            hoverinfo="skip",
        )  # fmt: skip


def labels_saved_chart(saved: Sequence[LabelsSaved]) -> go.Figure:
    """How many times as many labels the control needs, a row for each strategy and budget; an arrow where no end was seen."""
    known = [one for one in saved if one.factor is not None or one.low is not None or one.high is not None]
    if not known:
        return nothing("The finished runs do not show how many labels are saved.")
    known.sort(key=lambda one: (strategy_rank(one.strategy), one.encoder, one.budget))
    seen = [log10(value) for one in known for value in (one.factor, one.low, one.high) if value]
    first, last = min(*seen, 0.0) - 0.15, max(*seen, 0.0) + 0.3
    names = side_names(known)
    chart = figure(
        _saved_title(known, names),
        " ".join(one.sentence for one in known),
        height=_ROW * len(known) + 60,
        key=("mark: estimate", "line: 95 % interval", "arrow: no end seen", "right of 1: labels are saved", "log scale"),
        xaxis=value_axis(
            "times as many labels",
            type="log",
            range=[first, last],
            **_times_ticks(first, last),
        ),
        yaxis=rows_axis([f"{name}, {labels_words(one.budget)}" for name, one in zip(names, known, strict=True)]),
    )
    chart.add_vline(x=1, line={"color": "#7b8794", "width": 1.5})
    for place, one in enumerate(known):
        _add_saved(chart, place, one, (10**first, 10**last))
    return chart


def _add_saved(chart: go.Figure, place: int, one: LabelsSaved, edges: tuple[float, float]) -> None:
    colour, hover = strategy_colour(one.strategy), f"{label(one.sentence, 160)}<extra></extra>"
    ends = [one.low or edges[0], one.high or edges[1]]
    arrows = ["line-ns" if one.low else "triangle-left", "line-ns" if one.high else "triangle-right"]
    marks = {"symbol": arrows, "color": colour, "size": 9, "line": {"color": colour, "width": 2}}
    chart.add_scatter(
        x=ends,
        y=[place, place],
        mode="lines+markers",
        line={"color": colour, "width": 3},
        marker=marks,
        hovertemplate=hover,
        cliponaxis=False,
        customdata=[list(one.runs)] * 2,
    )
    if one.factor is not None:
        marker = strategy_marker(one.strategy, size=12)
        chart.add_scatter(
            x=[one.factor], y=[place], mode="markers", marker=marker, customdata=[list(one.runs)], hovertemplate=hover
        )


def side_names(sides: Sequence[Any]) -> list[str]:
    """Strategy names of curves and the like, with the encoder where there are several."""
    several = len({one.encoder for one in sides} - {"none"}) > 1
    return [f"{strategy_name(one.strategy)} · {one.encoder}" if several and one.encoder != "none"
            else strategy_name(one.strategy) for one in sides]  # fmt: skip


def _second(curves: Sequence[Curve]) -> list[bool]:
    """Which curves are of a strategy that has one already."""
    strategies = [curve.strategy for curve in curves]
    return [strategy in strategies[:place] for place, strategy in enumerate(strategies)]


def span_of(points: Sequence[CurvePoint] | Sequence[TimePoint], factor: float) -> tuple[float, float]:
    """From where to where the vertical axis will go: about what Plotly leaves around the ends of all intervals."""
    shown = [factor * value for point in points for value in (point.low, point.score, point.high) if value is not None]
    room = 0.05 * (max(shown) - min(shown)) or 0.5
    return min(shown) - room, max(shown) + room


def _hover(point: CurvePoint, scale: Scale) -> str:
    seconds = None if None in (point.train_seconds, point.encode_seconds) else _total(point)
    time = "" if seconds is None else f"<br>{seconds_words(seconds)} a run"
    return (
        f"{labels_words(point.budget)}, {point.seeds} seed{'s' * (point.seeds != 1)}<br>{scale.words(point.score)}"
        f"{scale.interval(point.low, point.high)}{time}"
    )


def _total(point: CurvePoint) -> float:
    return (point.train_seconds or 0.0) + (point.encode_seconds or 0.0)


def _points_words(points: Sequence[CurvePoint], scale: Scale) -> str:
    return ", ".join(f"{scale.words(point.score)} with {labels_words(point.budget)}" for point in points)


def _efficiency_title(curves: Sequence[Curve], names: Sequence[str], scale: Scale) -> str:
    largest = max(point.budget for curve in curves for point in curve.points)
    last = [(one.points[-1].score, one.strategy, name) for one, name in zip(curves, names, strict=True)
            if one.points[-1].budget == largest]  # fmt: skip
    score, strategy, name = max(last, key=lambda one: scale.sign * one[0])
    title = f"{name} scores best with {labels_words(largest)}: {scale.words(score)} {scale.name}"
    control = next((one for one in last if one[1] == "scratch"), None)
    if control and strategy != "scratch":
        title += f"; {in_sentence(control[2])} reaches {scale.words(control[0])}"
    return f"{title}."


def _times_ticks(first: float, last: float) -> dict[str, Any]:
    """Ones, twos and fives; only ones where the ends are far apart."""
    digits = (1, 2, 5) if last - first < 2 else (1,)
    ticks = [digit * 10.0**power for power in range(floor(first) - 1, ceil(last) + 1) for digit in digits]
    return {"tickmode": "array", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def _saved_title(known: Sequence[LabelsSaved], names: Sequence[str]) -> str:
    closed = [place for place, one in enumerate(known) if one.factor is not None]
    if not closed:
        return known[-1].sentence
    place = max(closed, key=lambda place: known[place].factor or 0.0)
    one = known[place]
    return (
        f"{names[place]} saves most with {labels_words(one.budget)}: training from scratch needs"
        f" {times_words(one.factor or 0.0)} as many to match it."
        if (one.factor or 0.0) > 1
        else f"No labels are saved: with {labels_words(one.budget)}, scratch needs {times_words(one.factor or 0.0)} as many."
    )
