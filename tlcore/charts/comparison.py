"""Charts of who won: scores by strategy and the verdict's difference."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from tlcore.charts.style import (
    NEUTRAL,
    SOFT,
    figure,
    label,
    nothing,
    rows_axis,
    strategy_colour,
    strategy_marker,
    strategy_name,
    value_axis,
)
from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.outcomes import Metric
from tlcore.evaluation.wording import METRIC_NAMES, band_words, flipped, interval_words, labels_words, points, tenths
from tlcore.records import RunRecord, RunStatus, StrategySummary, Verdict

ROW = 46
"""Pixels a strategy's row takes."""


def score_by_strategy(summary: Sequence[StrategySummary], runs: Sequence[RunRecord], metric: Metric = "accuracy") -> go.Figure:
    """Mean score of each strategy with its 95 % interval and the single seeds, best on top, at the largest budget.

    The `customdata` of a mark is the list of its runs' ids.
    """
    rows = sorted(largest_budget(summary), key=lambda row: -_score(row, metric).estimate)
    if not rows:
        return nothing("No run has finished yet, so there are no scores to compare.")
    names, scores = row_names(rows), [_score(row, metric) for row in rows]
    shown = [value for score in scores for value in (score.low, score.high)]
    room = max(100 * (max(shown) - min(shown)), 5) * 0.22
    chart = figure(
        _score_title(rows, scores, metric),
        "; ".join(
            f"{name}: {tenths(score.estimate)} % {interval_words(score)}" for name, score in zip(names, scores, strict=True)
        ),
        height=ROW * len(rows) + 50,
        key=("large mark: mean", "line: 95 % interval", "small marks: single seeds"),
        xaxis=value_axis(
            f"{METRIC_NAMES[metric]} on the locked test, {labels_words(rows[0].budget)}",
            range=[100 * min(shown) - room / 3, 100 * max(shown) + room],
            **_percents(100 * min(shown), 100 * max(shown)),
        ),
        yaxis=rows_axis(names),
    )
    for place, (row, score) in enumerate(zip(rows, scores, strict=True)):
        _add_seeds(chart, place, row, runs, metric)
        hover = f"{label(names[place])}: %{{x:.1f}} % {interval_words(score)}"
        add_interval(chart, score, place, row.strategy, hover, [run.id for run in _runs_of(row, runs)])
        chart.add_annotation(
            x=100 * max(score.high, score.estimate), y=place, text=f"<b>{tenths(score.estimate)} %</b>", showarrow=False,
            xanchor="left", xshift=8,
        )  # fmt: skip
    return chart


def _percents(low: float, high: float) -> dict[str, Any]:
    """Round percents for ticks, none above 100: the room beyond belongs to the numbers beside the marks."""
    step = next((step for step in (1, 2, 5, 10, 20) if high - low <= 6 * step), 25)
    ticks = [tick for tick in range(0, 101, step) if low - step < tick <= high + step]
    return {"tickmode": "array", "tickvals": ticks, "ticktext": [f"{tick} %" for tick in ticks]}


def difference_chart(verdict: Verdict) -> go.Figure:
    """The verdict's difference and interval against zero, with the practical band shaded."""
    if verdict.difference is None or verdict.low is None or verdict.high is None or verdict.transfer is None:
        return nothing(verdict.sentence)
    found, band = Interval(verdict.difference, verdict.low, verdict.high), 100 * verdict.band
    reach = max(100 * max(abs(found.low), abs(found.high)), 2 * band) * 1.15
    chart = figure(
        _difference_title(verdict, found),
        f"Differences inside the shaded band of ±{band:g} do not matter in practice.",
        height=130,
        key=("mark: difference", "line: 95 % interval", f"shaded: practical band of {band_words(verdict.band)}"),
        xaxis=value_axis(f"points of {METRIC_NAMES[verdict.metric]}", range=[-reach, reach]),
        yaxis={"visible": False, "range": [-1, 1.5], "fixedrange": True},
    )
    chart.add_vrect(x0=-band, x1=band, fillcolor=SOFT, line_width=0, layer="below")
    chart.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5})
    add_interval(chart, found, 0, verdict.transfer, f"%{{x:.1f}} points {interval_words(found)}")
    chart.add_annotation(x=100 * found.estimate, y=0, text=f"<b>{tenths(found.estimate)}</b>", showarrow=False, yshift=18)
    for x, anchor, text in ((-reach, "left", "← from scratch is better"), (reach, "right", "transfer is better →")):
        chart.add_annotation(x=x, y=1.15, text=text, showarrow=False, xanchor=anchor)
    return chart


def largest_budget(summary: Sequence[StrategySummary]) -> list[StrategySummary]:
    """The rows at the largest budget there is."""
    largest = max((row.budget for row in summary), default=0)
    return [row for row in summary if row.budget == largest]


def row_names(rows: Sequence[StrategySummary]) -> list[str]:
    """Strategy names, with the encoder where there are several."""
    encoders = {row.encoder for row in rows} - {"none"}
    several = len(encoders) > 1
    return [f"{strategy_name(row.strategy)} · {row.encoder}" if several and row.encoder in encoders
            else strategy_name(row.strategy) for row in rows]  # fmt: skip


def add_interval(chart: go.Figure, found: Interval, place: float, strategy: str, hover: str, runs: Sequence[str] = ()) -> None:
    """A large mark with its interval as a line through it, fractions drawn as percent; it stands for these runs."""
    low, middle, high = (100 * value for value in (found.low, found.estimate, found.high))
    chart.add_scatter(
        x=[middle],
        y=[place],
        mode="markers",
        marker=strategy_marker(strategy, size=15),
        customdata=[list(runs)] if runs else None,
        error_x={"type": "data", "symmetric": False, "array": [high - middle], "arrayminus": [middle - low], "width": 0}
        | {"thickness": 4, "color": strategy_colour(strategy)},
        hovertemplate=f"{hover}<extra></extra>",
    )


def _add_seeds(chart: go.Figure, place: int, row: StrategySummary, runs: Sequence[RunRecord], metric: Metric) -> None:
    values = [(getattr(run, metric), run) for run in _runs_of(row, runs)]
    known = [(100 * value, run) for value, run in values if value is not None]
    chart.add_scatter(
        x=[value for value, _ in known],
        y=[place + 0.28] * len(known),
        mode="markers",
        marker=strategy_marker(row.strategy, size=7, opacity=0.55),
        customdata=[[run.id] for _, run in known],
        text=[f"seed {run.seed}" for _, run in known],
        hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
    )


def _runs_of(row: StrategySummary, runs: Sequence[RunRecord]) -> list[RunRecord]:
    """The finished runs that a row is the mean of."""
    key = (row.strategy, row.encoder, row.budget)
    return [run for run in runs if (run.strategy, run.encoder, run.budget) == key and run.status is RunStatus.FINISHED]


def _score(row: StrategySummary, metric: Metric) -> Interval:
    return Interval(getattr(row, metric), getattr(row, f"{metric}_low"), getattr(row, f"{metric}_high"))


def _score_title(rows: Sequence[StrategySummary], scores: Sequence[Interval], metric: Metric) -> str:
    best = f"{row_names(rows)[0]} scores best: {tenths(scores[0].estimate)} % {METRIC_NAMES[metric]}"
    control = next((score for row, score in zip(rows, scores, strict=True) if row.strategy == "scratch"), None)
    if control is None or len(rows) == 1:
        return f"{best}."
    if rows[0].strategy == "scratch":
        return f"{best}, ahead of everything that was compared with it."
    return f"{best}; from scratch reaches {tenths(control.estimate)} %."


def _difference_title(verdict: Verdict, found: Interval) -> str:
    ahead = found.estimate >= 0
    span = interval_words(found if ahead else flipped(found))
    side = "ahead of" if ahead else "behind"
    size = points(found.estimate, verdict.metric)
    return f"{strategy_name(str(verdict.transfer))} is {size} {side} training from scratch {span}."
