"""Score against labels: one curve for each strategy and encoder."""

from collections.abc import Sequence

import numpy as np

from tlcore.evaluation.intervals import Interval, loss_interval, score_interval
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import Group, Measure
from tlcore.evaluation.records import Curve, CurvePoint
from tlcore.evaluation.summary import mean_seconds

MEASURES: tuple[Measure, ...] = ("accuracy", "macro_f1", "balanced_accuracy", "log_loss")


def curves_of(groups: Sequence[Group], measure: Measure) -> tuple[Curve, ...]:
    """One curve for each strategy and encoder, in the order of the groups.

    Intervals are of each point alone. Curves of two strategies whose bands overlap may still differ, because both met the same
    items and seeds: whether they do is what the paired differences say.
    """
    found: dict[tuple[str, str], list[CurvePoint]] = {}
    for group in groups:
        found.setdefault((group.strategy, group.encoder), []).append(_point(group, measure))
    return tuple(
        Curve(strategy=strategy, encoder=encoder, measure=measure, points=tuple(points))
        for (strategy, encoder), points in found.items()
    )


def group_score(group: Group, measure: Measure) -> tuple[float, Interval | None]:
    """Mean score over seeds, and its interval where there is one."""
    values = item_values(group, measure)
    estimate = float(values.mean())
    if measure == "log_loss":
        return estimate, loss_interval(values, float(np.log(max(group.classes, 2))))
    return estimate, score_interval(values)


def _point(group: Group, measure: Measure) -> CurvePoint:
    estimate, interval = group_score(group, measure)
    train_seconds, encode_seconds = mean_seconds(group)
    return CurvePoint(
        budget=group.budget,
        score=estimate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        seeds=len(group.seeds),
        train_seconds=train_seconds,
        encode_seconds=encode_seconds,
        runs=group.runs,
    )
