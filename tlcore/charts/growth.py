"""How much more data would bring."""

import plotly.graph_objects as go

from tlcore.charts.efficiency import add_band, add_curve, labels_axis, scale_of
from tlcore.charts.style import figure, label, nothing, strategy_colour, strategy_marker, strategy_name, value_axis
from tlcore.evaluation.records import Curve, Growth
from tlcore.evaluation.wording import labels_words

_HEIGHT = 300


def growth_chart(growth: Growth, curve: Curve | None) -> go.Figure:
    """A strategy's curve as it was run, and dashed what a fitted power law foresees, with its 95 % band.

    Args:
        growth: what is foreseen, or why nothing is; the title is its sentence.
        curve: the same strategy's scores by the same measure; None where they are not known.
    """
    measured = curve.points if curve else ()
    if not growth.points and not measured:
        return nothing(growth.sentence)
    scale, name = scale_of(growth.measure), strategy_name(growth.strategy)
    foreseen = [(point.budget, point.score, point.low, point.high) for point in growth.points]
    budgets = sorted({*(point.budget for point in measured), *(n for n, *_ in foreseen)})
    chart = figure(
        growth.sentence,
        "; ".join(f"foreseen with {labels_words(n)}: {scale.words(score)}{scale.interval(low, high)}"
                  for n, score, low, high in foreseen),
        height=_HEIGHT,
        key=("solid: as run", "dashed: foreseen", "shaded: 95 % interval") if foreseen else ("as run; nothing is foreseen",),
        xaxis=labels_axis(budgets),
        yaxis=value_axis(scale.name, ticksuffix=scale.unit),
    )  # fmt: skip
    add_band(chart, [(point.budget, point.low, point.high) for point in measured], growth.strategy, scale.factor)
    add_band(chart, [(n, low, high) for n, _, low, high in foreseen], growth.strategy, scale.factor, 0.28)
    if curve and measured:
        add_curve(chart, curve, strategy_marker(growth.strategy, size=9), name)
    if foreseen:
        chart.add_scatter(
            x=[n for n, *_ in foreseen], y=[scale.factor * score for _, score, *_ in foreseen], mode="lines+markers",
            line={"color": strategy_colour(growth.strategy), "width": 2.5, "dash": "dash"},
            marker=strategy_marker(growth.strategy, hollow=True, size=8),
            text=[f"{labels_words(n)}: {scale.words(score)}{scale.interval(low, high)}" for n, score, low, high in foreseen],
            hovertemplate=f"{label(name)}, foreseen<br>%{{text}}<extra></extra>",
        )  # fmt: skip
    return chart
