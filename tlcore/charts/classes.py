"""How well each class is recognised."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import plotly.graph_objects as go

from tlcore.charts.style import (
    NEUTRAL,
    add_panels,
    figure,
    label,
    nothing,
    quoted,
    rows_axis,
    strategy_colour,
    strategy_marker,
    strategy_name,
    strategy_symbol,
    value_axis,
)
from tlcore.evaluation.wording import tenths
from tlcore.records import RunRecord, Scores

_ROW = 30
_PARTS = {"precision": "precision", "recall": "recall", "f1": "F1"}
_SPOKEN = 20
"""Classes named in the text for those who do not see the chart."""

_Means = Mapping[str, Mapping[str, float | None]]
"""Class → part → mean over the runs."""


def per_class_chart(runs: Sequence[RunRecord]) -> go.Figure:
    """Precision, recall and F1 of each class, for one strategy or two, means over the runs given; hardest class on top.

    What is undefined (a class that does not occur, or was never predicted) has no mark.

    Args:
        runs: of one experiment; the strategy of the first one leads.
    """
    scored: dict[str, list[Scores]] = {}
    for run in runs:
        if run.scores is not None:
            scored.setdefault(run.strategy, []).append(run.scores)
    if not scored:
        return nothing("No run has finished yet, so there are no scores by class.")
    means = {strategy: _class_means(scores) for strategy, scores in scored.items()}
    lead, lead_means = next(iter(means.items()))
    support = {each.label: each.support for each in scored[lead][0].per_class}
    classes = sorted(support, key=lambda name: _rank(lead_means[name]["f1"]))
    spoken = (f"{name}: {', '.join(_words(part, lead_means[name][part]) for part in _PARTS)}" for name in classes[:_SPOKEN])
    chart = figure(_title(lead, lead_means, classes), "; ".join(spoken), height=_ROW * len(classes) + 56, key=_key(list(means)))
    add_panels(chart, 1, list(_PARTS.values()))
    for column, part in enumerate(_PARTS, start=1):
        columns = {strategy: [of[name][part] for name in classes] for strategy, of in means.items()}
        _add_part(chart, column, columns, classes)
    chart.update_xaxes(**value_axis(range=[-8, 108], tickvals=[0, 50, 100], ticktext=["", "50", "100"]))
    chart.update_yaxes(**rows_axis([""] * len(classes)))
    chart.update_yaxes(ticktext=[f"{label(name, 28)} ({support[name]})" for name in classes], col=1)
    return chart


def _class_means(scores: Sequence[Scores]) -> dict[str, dict[str, float | None]]:
    """Means over the runs in which the value is defined."""
    means: dict[str, dict[str, float | None]] = {}
    for place, each in enumerate(scores[0].per_class):
        known = {part: [getattr(one.per_class[place], part) for one in scores] for part in _PARTS}
        means[each.label] = {part: _mean(values) for part, values in known.items()}
    return means


def _add_part(chart: go.Figure, column: int, values: Mapping[str, Sequence[float | None]], classes: Sequence[str]) -> None:
    """One mark a class and strategy; with two strategies a line joins them."""
    first, *others = values.values()
    for other in others:
        for place, ends in enumerate(zip(first, other, strict=True)):
            if None not in ends:
                line = {"color": NEUTRAL, "width": 2}
                chart.add_scatter(
                    x=[100 * (end or 0.0) for end in ends], y=[place, place], mode="lines", line=line, opacity=0.5,
                    hoverinfo="skip", row=1, col=column,
                )  # fmt: skip
    for strategy, scores in values.items():
        chart.add_scatter(
            x=[None if score is None else 100 * score for score in scores],
            y=list(range(len(classes))),
            mode="markers",
            marker=strategy_marker(strategy, size=11),
            text=[label(name) for name in classes],
            hovertemplate=f"{label(strategy_name(strategy))}, %{{text}}: %{{x:.1f}} %<extra></extra>",
            row=1,
            col=column,
        )


def _title(strategy: str, means: _Means, classes: Sequence[str]) -> str:
    name = strategy_name(strategy)
    known = [one for one in classes if means[one]["f1"] is not None]
    if not known:
        return f"{name}: no class of the test set could be scored."
    hard, easy = known[0], known[-1]
    if hard == easy:
        return f"{name} recognises {quoted(hard)} with F1 {tenths(means[hard]['f1'] or 0.0)} %."
    return (
        f"{name} finds {quoted(hard)} hardest (F1 {tenths(means[hard]['f1'] or 0.0)} %) "
        f"and {quoted(easy)} easiest ({tenths(means[easy]['f1'] or 0.0)} %)."
    )


def _key(strategies: Sequence[str]) -> list[str]:
    marks = [
        f'<span style="color:{strategy_colour(strategy)}">{strategy_symbol(strategy)}</span> {label(strategy_name(strategy))}'
        for strategy in strategies
    ]
    return [*marks, "percent, mean of the seeds", "in brackets: test items"]


def _words(part: str, value: float | None) -> str:
    return f"{_PARTS[part]} {'undefined' if value is None else tenths(value) + ' %'}"


def _rank(value: float | None) -> float:
    """Unknown comes last."""
    return 2.0 if value is None else value


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
