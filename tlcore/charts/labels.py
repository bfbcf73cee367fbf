"""Charts of labels: how many items of each class, and how sure a prediction is."""

from collections.abc import Mapping

import plotly.graph_objects as go

from tlcore.charts.style import NEUTRAL, class_colours, figure, label, nothing, quoted, rows_axis, value_axis
from tlcore.evaluation.wording import tenths

OTHERS = "all others"
_ROW = 32
_MOST = 15
"""Bars; rarer classes are added up."""


def probabilities_chart(probabilities: Mapping[str, float]) -> go.Figure:
    """How sure a prediction is of each class, surest on top.

    Args:
        probabilities: label → 0-1; empty when nothing could be predicted.
    """
    if not probabilities:
        return nothing("There is no prediction to show.")
    ranked = dict(sorted(probabilities.items(), key=lambda item: -item[1]))
    best, share = next(iter(ranked.items()))
    percent = {name: 100 * value for name, value in ranked.items()}
    texts = {name: f"{tenths(value)} %" for name, value in ranked.items()}
    return _bars(percent, texts, f"{quoted(best)}, {tenths(share)} % sure.", class_colours(list(probabilities)))


def class_balance_chart(classes: Mapping[str, int]) -> go.Figure:
    """How many items a dataset has of each class, in class order.

    Args:
        classes: label → items.
    """
    known = {name: count for name, count in classes.items() if count}
    if not known:
        return nothing("No item has a label.")
    most, least = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
    many, few = f"{known[most]:,}", f"{known[least]:,}"
    if known[most] == known[least]:
        return _counts(
            classes, f"{len(known)} classes with {many} items each." if len(known) > 1 else f"{many} items, one class."
        )
    return _counts(classes, f"{len(known)} classes, from {few} items ({quoted(least)}) to {many} ({quoted(most)}).")


def class_shares_chart(counts: Mapping[str, int], item: str = "row") -> go.Figure:
    """How many items were predicted as each class, in class order.

    Args:
        counts: label → items.
        item: what one of them is called.
    """
    total = sum(counts.values())
    if not total:
        return nothing(f"No {item} was predicted.")
    most = max(counts, key=counts.__getitem__)
    return _counts(
        counts, f"{quoted(most)} is predicted most: {counts[most]:,} of {total:,} {item}s ({tenths(counts[most] / total)} %)."
    )


def _counts(counts: Mapping[str, int], title: str) -> go.Figure:
    total = sum(counts.values())
    texts = {name: f"{count:,} ({tenths(count / total)} %)" for name, count in counts.items()}
    return _bars(counts, texts, title, class_colours(list(counts)))


def _bars(values: Mapping[str, float], texts: Mapping[str, str], title: str, colours: Mapping[str, str]) -> go.Figure:
    """A bar a class with its number beside it; of very many classes the largest, and the rest named as left out."""
    kept = sorted(values, key=lambda name: -values[name])[:_MOST]
    names = [name for name in values if name in set(kept)]
    left_out = len(values) - len(names)
    rest = f"The {left_out} smaller classes are not drawn." if left_out else ""
    chart = figure(
        title,
        "; ".join(f"{name}: {texts[name]}" for name in names) + f". {rest}",
        height=_ROW * len(names) + (30 if rest else 12),
        xaxis=value_axis(rest, range=[0, 1.35 * max(values.values()) or 1], showticklabels=False, showgrid=False),
        yaxis=rows_axis(names),
    )
    chart.add_bar(
        x=[values[name] for name in names],
        y=list(range(len(names))),
        orientation="h",
        width=0.6,
        marker={"color": [colours.get(name, NEUTRAL) for name in names], "line": {"width": 0}},
        text=[texts[name] for name in names],
        textposition="outside",
        cliponaxis=False,
        customdata=[label(name) for name in names],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    return chart
