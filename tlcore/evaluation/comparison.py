"""Two strategies, paired: the same seeds, the same test items, the same encoder and budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.intervals import (
    TAIL,
    Interval,
    SeedPool,
    Spread,
    difference_interval,
    find_difference_spread,
    interval_around,
)
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import Group, Measure, Metric, StrategyFacts
from tlcore.evaluation.summary import mean_seconds

CONTROL = "scratch"
CLASSIC = "classic"


@dataclass(frozen=True)
class Comparison:
    """`first` minus `second` on the seeds that both have."""

    first: Group
    second: Group
    difference: float
    """Mean over seeds and test items, in -1..1."""
    spread: Spread

    def interval(self) -> Interval:
        """The 95 % interval of this pair alone."""
        return difference_interval(self.spread, self.difference)

    def interval_among(self, looked_at: int, pool: SeedPool | None = None) -> Interval:
        """The 95 % interval whose both ends allow for so many comparisons that were looked at (Bonferroni)."""
        tail = TAIL / looked_at
        half = self.spread.half_width_among(tail, pool) if pool else self.spread.half_width(tail)
        return interval_around(self.difference, (self.spread.centre - half, self.spread.centre + half))

    @property
    def time_ratio(self) -> float | None:
        """`second`'s mean training and encoding time over `first`'s; None where either is unknown or zero."""
        first, second = total_seconds(self.first), total_seconds(self.second)
        return second / first if first and second else None


def compare(first: Group, second: Group, measure: Measure) -> Comparison | None:
    """Pair two groups; None when they share no seed."""
    seeds = set(first.seeds) & set(second.seeds)
    if not seeds:
        return None
    first, second = first.only(seeds), second.only(seeds)
    differences = item_values(first, measure) - item_values(second, measure)
    most = float(np.log(max(first.classes, 2))) if measure == "log_loss" else 1.0
    return Comparison(first, second, float(differences.mean()), find_difference_spread(differences, most))


def against_control(groups: Sequence[Group], strategies: Mapping[str, StrategyFacts], metric: Metric) -> tuple[Comparison, ...]:
    """Every transfer strategy against training from scratch with the same encoder, at the largest budget that has both.

    Returns:
        Best first; of equals the one that comes first in `strategies`. Empty when no transfer run has a partner.
    """
    controls = {(group.encoder, group.budget): group for group in groups if group.strategy == CONTROL}
    order = list(strategies)
    found = []
    for group in groups:
        control = controls.get((group.encoder, group.budget))
        pair = compare(group, control, metric) if control and strategies[group.strategy].transfer else None
        if pair:
            found.append(pair)
    largest = max((pair.first.budget for pair in found), default=None)
    rivals = [pair for pair in found if pair.first.budget == largest]
    return tuple(sorted(rivals, key=lambda pair: (-pair.difference, order.index(pair.first.strategy), pair.first.encoder)))


def total_seconds(group: Group) -> float | None:
    """Mean seconds a run, training and encoding from cold; None where a run did not record either."""
    train, encode = mean_seconds(group)
    return None if train is None or encode is None else train + encode
