"""How far a model's confidence can be believed."""

from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.charts.efficiency import side_names
from tlcore.charts.names import Named, add_names_right
from tlcore.charts.style import NEUTRAL, faded, figure, label, nothing, strategy_colour, strategy_marker, value_axis
from tlcore.evaluation.records import Calibration, ReliabilityBin
from tlcore.evaluation.wording import in_sentence, labels_words, tenths

_HEIGHT = 320
_END = 103
"""Percent at which both axes end."""


def reliability_chart(calibration: Sequence[Calibration], chosen: Calibration | None = None) -> go.Figure:
    """Accuracy against confidence, one line a strategy, named on the right; the dotted diagonal is confidence as its word.

    One strategy stands out and has its intervals, and the title is about it: the chosen one, else the farthest off.
    """
    shown = [one for one in calibration if one.bins]
    if not shown:
        return nothing("No run has finished yet, so nothing is known of confidence.")
    names, worst = side_names(shown), max(shown, key=lambda one: abs(one.overconfidence))
    front = chosen if chosen in shown else worst
    markers = [strategy_marker(one.strategy, size=9) for one in shown]
    chart = figure(
        _title(front, names[shown.index(front)], front is worst and len(shown) > 1),
        " ".join(one.sentence for one in shown),
        height=_HEIGHT,
        key=(
            "dotted: confidence as good as its word",
            "lines up and down: 95 % interval",
            *(["faint: the other strategies"] if len(shown) > 1 else []),
        ),
        xaxis=value_axis("mean confidence", ticksuffix=" %", range=[0, _END]),
        yaxis=value_axis("right answers", ticksuffix=" %", range=[0, _END]),
    )
    _add_diagonal(chart)
    # The one that stands out is drawn last, so that nothing covers it.
    for one, name, marker in sorted(zip(shown, names, markers, strict=True), key=lambda side: side[0] is front):
        draw = _add_bins if one is front else _add_faint
        draw(chart, one.bins, name, marker)
    ends = [Named(name, mark, _END, 100 * one.bins[-1].accuracy) for name, mark, one in zip(names, markers, shown, strict=True)]
    add_names_right(chart, ends, (0, _END), _HEIGHT - 50)
    return chart


def temperature_chart(calibration: Calibration) -> go.Figure:
    """A strategy's accuracy against its confidence, as it is and scaled by the temperatures of its runs."""
    if not calibration.scaled_bins or calibration.scaled_error_debiased is None:
        return nothing(calibration.scaled_sentence or "Nothing is known of a temperature for these runs.")
    (name,) = side_names([calibration])
    before, after = tenths(calibration.error_debiased), tenths(calibration.scaled_error_debiased)
    does = "brings" if calibration.scaled_error_debiased < calibration.error_debiased else "takes"
    marker = strategy_marker(calibration.strategy, size=9)
    scaled = {**marker, "color": NEUTRAL}
    chart = figure(
        f"Scaling {does} the confidence of {in_sentence(name)} from {before} to {after} points off.",
        calibration.scaled_sentence,
        height=_HEIGHT,
        key=("coloured: as it is", "grey: scaled", "dotted: confidence as good as its word"),
        xaxis=value_axis("mean confidence", ticksuffix=" %", range=[0, _END]),
        yaxis=value_axis("right answers", ticksuffix=" %", range=[0, _END]),
    )
    _add_diagonal(chart)
    _add_bins(chart, calibration.bins, f"{name}, as it is", marker)
    _add_bins(chart, calibration.scaled_bins, f"{name}, scaled", scaled)
    return chart


def confidence_chart(calibration: Calibration) -> go.Figure:
    """How many predictions a strategy made at each confidence, in twenty equal steps."""
    total = sum(calibration.histogram)
    if not total:
        return nothing("No prediction has been made yet, so there is no confidence to show.")
    (name,), steps = side_names([calibration]), len(calibration.histogram)
    sure = sum(count for place, count in enumerate(calibration.histogram) if 10 * place >= 9 * steps)
    chart = figure(
        f"{name} is at least 90 % sure of {tenths(sure / total)} % of its answers with {labels_words(calibration.budget)}.",
        calibration.sentence,
        height=180,
        xaxis=value_axis("confidence", ticksuffix=" %", range=[0, 100]),
        yaxis=value_axis("predictions", rangemode="tozero"),
    )
    chart.add_bar(
        x=[100 * (place + 0.5) / steps for place in range(steps)],
        y=list(calibration.histogram),
        width=92 / steps,
        marker={"color": strategy_colour(calibration.strategy), "line": {"width": 0}},
        text=[f"{100 * place / steps:.0f} to {100 * (place + 1) / steps:.0f} %" for place in range(steps)],
        textposition="none",
        hovertemplate="%{text} sure: %{y:,} predictions<extra></extra>",
    )
    return chart


def _add_diagonal(chart: go.Figure) -> None:
    diagonal = {"color": NEUTRAL, "width": 1.5, "dash": "dot"}
    chart.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line=diagonal, hoverinfo="skip")


def _add_faint(chart: go.Figure, bins: Sequence[ReliabilityBin], name: str, marker: dict[str, object]) -> None:
    """A thin line without marks: enough to see where the others run."""
    chart.add_scatter(
        x=[100 * each.confidence for each in bins], y=[100 * each.accuracy for each in bins], mode="lines",
        line={"color": marker["color"], "width": 1.5}, opacity=0.45,
        hovertemplate=f"{label(name, 60)}<br>%{{x:.1f}} % sure, %{{y:.1f}} % right<extra></extra>",
    )  # fmt: skip


def _add_bins(chart: go.Figure, bins: Sequence[ReliabilityBin], name: str, marker: dict[str, object]) -> None:
    up = [100 * (each.high - each.accuracy) for each in bins]
    down = [100 * (each.accuracy - each.low) for each in bins]
    chart.add_scatter(
        x=[100 * each.confidence for each in bins], y=[100 * each.accuracy for each in bins], mode="lines+markers",
        line={"color": marker["color"], "width": 2}, marker=marker, text=[f"{each.count:,}" for each in bins],
        error_y={"type": "data", "symmetric": False, "array": up, "arrayminus": down, "width": 0, "thickness": 1,
                 "color": faded(str(marker["color"]), 0.5)},
        hovertemplate=f"{label(name, 60)}<br>%{{text}} predictions, %{{x:.1f}} % sure, %{{y:.1f}} % right<extra></extra>",
    )  # fmt: skip


def _title(one: Calibration, name: str, farthest: bool) -> str:
    side = "above" if one.overconfidence >= 0 else "below"
    low, high = one.overconfidence_low, one.overconfidence_high
    span = ""
    if low is not None and high is not None:
        ends = (low, high) if one.overconfidence >= 0 else (-high, -low)
        span = f" (95 % interval {tenths(ends[0])} to {tenths(ends[1])})"
    size = f"{tenths(abs(one.overconfidence))} points {side} its accuracy{span}."
    return f"{name} is farthest off: its confidence lies {size}" if farthest else f"{name}: its confidence lies {size}"
