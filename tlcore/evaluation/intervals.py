"""95 % intervals over seeds and test items at once.

Every seed is scored on the same items, so the values form a table, seeds x items, and chance comes from three sides: which
seed, which item, and what is left. The analysis of variance of such a crossed table tells them apart; this is how
radiologists compare two methods over readers x cases (Obuchowski and Rockette 1995; Hillis 2007). Each source then gets its own
t quantile, and the squares add up (Howe 1974; Burdick and Graybill, "Confidence Intervals on Variance Components", 1992):

    half width² = t²(seeds - 1) · (seed + ¾ rest/items)/seeds + t²(items - 1) · (item/items + ¼ rest/(seeds · items))

The seeds' mean square holds seed and rest together. Taking all of the rest off it leaves nothing too often when seeds are few,
so three quarters of the rest stay with the seeds, and with two seeds all of it; this was chosen by simulation
(docs/verdict.md). So few seeds widen the interval as much as few seeds deserve, and mostly where seeds matter. A percentile
bootstrap does not: of three seeds drawn with replacement, most samples vary less than fresh seeds would. Where two seeds
happen to agree, nothing is left of their part, so there is a least width. How often these intervals hold the truth is
simulated in benchmarks/verdict_coverage.py.

Where answers are nearly all alike, a sample's spread says too little. As Agresti and Coull (1998) do for a share and Agresti
and Min (2005) for a paired difference, a few imagined items at both ends of the scale are counted along; they also keep the
width from ever being zero. With few items they widen the interval, so it errs towards caution there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from tlcore.evaluation.outcomes import FloatArray

TAIL = 0.025
"""Share that a 95 % interval leaves out on each side."""

UNKNOWN_LUCK = 2**0.5 * 0.025
"""Chance in training that a difference of single runs is allowed for, one standard deviation: each may move by 2.5 points."""

_KEPT, _KEPT_OF_TWO = 0.75, 1.0
"""Share of the rest that is counted with the seeds, and the same with only two seeds."""

_LEAST = 0.5
"""Share of the variance that there would be with no other seeds to draw, below which agreeing seeds cannot bring it."""

_SLIGHT = 0.25
"""Imagined items at each end where answers are averaged over seeds, or have no fixed ends."""


class Interval(NamedTuple):
    """An estimate and the ends of its interval, in the unit of the values."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Where the chance in a table of seeds x items comes from, as variances of one value."""

    centre: float
    """Mean with the imagined items counted along."""
    seed: float | None
    """Unbiased, so that chance can put it below zero; None with one seed: nothing can be known about it."""
    item: float
    rest: float
    items: float
    """Test items, the imagined ones counted along."""
    seeds: int

    def half_width(self, tail: float, seeds: int | None = None, items: float | None = None) -> float:
        """Half the width of the interval that leaves the share `tail` out on one side.

        Args:
            tail: e.g. 0.025 for one side of a 95 % interval.
            seeds: what it would be with this many seeds, if not those there are.
            items: what it would be with this many items.
        """
        seeds, items = seeds or self.seeds, items or self.items
        if self.seed is None or seeds < 2:
            return self._half(tail, seeds, items, 0.0)
        # What chance put below zero shrinks with more items, as chance does.
        seed = self.seed if self.seed > 0 else self.seed * self.items / items
        of_seeds = t_quantile(tail, seeds - 1) ** 2 * max(seed + self._kept(seeds) * self.rest / items, 0.0) / seeds
        return self._half(tail, seeds, items, of_seeds)

    def half_width_among(self, tail: float, pool: "SeedPool") -> float:
        """The same for one of many: its own variance over seeds or the pool's, whichever is larger, at the pool's quantile.

        Far out in the tail an interval of few seeds fails mostly where its own figure is by chance next to nothing, and among
        many there is nearly always one of those.
        """
        if self.seed is None or self.seeds < 2:
            return self.half_width(tail)
        seed = max(max(self.seed, pool.seed) + self._kept(self.seeds) * self.rest / self.items, 0.0)
        return self._half(tail, self.seeds, self.items, t_quantile(tail, pool.degrees) ** 2 * seed / self.seeds)

    def _half(self, tail: float, seeds: int, items: float, of_seeds: float) -> float:
        """Half a width from the seeds' part of its square, which is at least half of what items alone would make it."""
        squared, shared = t_quantile(tail, items - 1) ** 2, self.rest / (seeds * items)
        both = squared * (self.item / items + (1 - self._kept(seeds)) * shared) + of_seeds
        return float(np.sqrt(max(both, _LEAST * squared * (self.item / items + shared))))

    def _kept(self, seeds: int) -> float:
        """Share of the rest that is counted with so many seeds."""
        return 0.0 if self.seed is None or seeds < 2 else _KEPT_OF_TWO if seeds == 2 else _KEPT

    def reversed(self) -> "Spread":
        """The spread of the same values with their signs changed."""
        return replace(self, centre=-self.centre)


@dataclass(frozen=True)
class SeedPool:
    """How far several differences move from seed to seed, taken together."""

    seed: float
    """Mean of their variances over seeds."""
    degrees: int
    """Degrees of freedom that this mean is worth."""


def loss_interval(values: FloatArray, chance: float) -> Interval | None:
    """A mean loss and its interval, from zero up; None for a single item, whose loss has no upper end.

    Args:
        values: `(seeds, items)` losses.
        chance: the loss of guessing, log k: a quarter of an imagined item has it, and another one has none.
    """
    if values.shape[1] < 2:
        return None
    spread = find_spread(values, ends=(0.0, chance), imagined=_SLIGHT)
    half = spread.half_width(TAIL)
    return interval_around(float(values.mean()), (spread.centre - half, spread.centre + half), (0.0, float("inf")))


def score_interval(values: FloatArray) -> Interval:
    """A mean score in 0-1 and its interval; two imagined items at each end (Agresti and Coull).

    Args:
        values: `(seeds, items)` from `items.item_values`.

    Returns:
        Within 0-1; all of it for a single item. With one seed it covers chance in the items alone.
    """
    estimate = float(values.mean())
    if values.shape[1] < 2:
        return Interval(estimate, 0.0, 1.0)
    spread = find_spread(values, ends=(0.0, 1.0), imagined=2.0)
    half = spread.half_width(TAIL)
    return interval_around(estimate, (spread.centre - half, spread.centre + half), (0.0, 1.0))


def interval_around(estimate: float, ends: tuple[float, float], scale: tuple[float, float] = (-1.0, 1.0)) -> Interval:
    """An interval with its ends on the scale. The imagined items draw its middle towards theirs; the estimate stays inside."""
    return Interval(estimate, max(min(ends[0], estimate), scale[0]), min(max(ends[1], estimate), scale[1]))


def difference_interval(spread: Spread, estimate: float, looked_at: int = 1) -> Interval:
    """The 95 % interval of a paired difference.

    Args:
        spread: of the differences, from `find_difference_spread`.
        estimate: mean difference.
        looked_at: how many differences would be claimed if their low end were above zero; the low end allows for them
            (Bonferroni).
    """
    low = spread.centre - spread.half_width(TAIL / looked_at)
    return interval_around(estimate, (low, spread.centre + spread.half_width(TAIL)))


def best_interval(spreads: Sequence[Spread], estimate: float) -> Interval:
    """The 95 % interval of the best of several paired differences against one control.

    Picking the best on the same test items flatters, never belittles: only the low end needs correcting (`low_end_of_best`).

    Args:
        spreads: of all candidates' differences, the best first.
        estimate: mean difference of the best.
    """
    high = spreads[0].centre + spreads[0].half_width(TAIL)
    return interval_around(estimate, (low_end_of_best(spreads), high))


def low_end_of_best(
    spreads: Sequence[Spread], seeds: int | None = None, items: float | None = None, tail: float = TAIL
) -> float:
    """Where the interval of the best of several differences begins: Hochberg's step-up test (1988) turned round.

    The best alone may claim what it shows with 2.5 % / number of candidates left out; where `j` candidates agree, all of them
    may claim what each of them shows with 2.5 % / (number - j + 1) left out. The test is sound for differences that rise and
    fall together (Sarkar and Chang 1997), as those against one control do; that the interval holds the picked one's own truth
    is simulated in benchmarks/verdict_best.py.

    Args:
        spreads: of all candidates' differences, the best first.
        seeds: what it would be with this many seeds, if not those there are.
        items: what it would be with this many test items.
        tail: what all of them together leave out.
    """
    many, ends = len(spreads), []
    for agreeing in range(1, many + 1):
        lows = [spread.centre - spread.half_width(tail / (many - agreeing + 1), seeds, items) for spread in spreads]
        ends.append(min([lows[0], *sorted(lows[1:], reverse=True)[: agreeing - 1]]))
    return max(ends)


def find_difference_spread(differences: FloatArray, most: float = 1.0) -> Spread:
    """The spread of paired differences; half an imagined item for each side (Agresti and Min), a quarter with several seeds.

    With several seeds an item's mean difference is no longer one of three numbers, so less smoothing is needed: with half an
    item, intervals over 100 items held the truth in up to 98.5 % of simulated experiments (docs/verdict.md).

    Args:
        differences: `(seeds, items)`, one side's item values minus the other's.
        most: the largest difference that is imagined; 1 for shares, log k for log loss.
    """
    return find_spread(differences, ends=(-most, most), imagined=imagined_items(len(differences)))


def margin_of(interval: Interval, seeds: int, band: float, looked_at: int = 1) -> float:
    """How far beyond zero an interval must lie before a difference is believed.

    With several seeds nothing more is asked. With one, chance in training is in no interval: it must clear the practical band,
    and zero still lie outside once `UNKNOWN_LUCK`, as wide as 95 % asks for among `looked_at`, is added to its half width
    (squares add up).
    """
    if seeds > 1:
        return 0.0
    half = (interval.high - interval.low) / 2
    luck = NormalDist().inv_cdf(1 - TAIL / looked_at) * UNKNOWN_LUCK
    return max(band, float(np.hypot(half, luck)) - half)


def imagined_items(seeds: int) -> float:
    """How many imagined items a paired difference counts along at each end of its scale."""
    return 0.5 if seeds == 1 else _SLIGHT


def find_spread(values: FloatArray, ends: tuple[float, float], imagined: float) -> Spread:
    """Tell the sources of chance apart by the analysis of variance of a crossed table with random seeds and items.

    Args:
        values: `(seeds, items)`, at least two items.
        ends: lowest and highest value an item can have.
        imagined: how many imagined items to count along at each end.

    Raises:
        ValueError: fewer than two items.
    """
    seeds, items = values.shape
    if items < 2:
        raise ValueError("An interval needs at least two test items.")
    counted = items + 2 * imagined
    of_seeds = (values.sum(axis=1) + imagined * sum(ends)) / counted
    of_items, centre = values.mean(axis=0), float(of_seeds.mean())
    squares = ((of_items - centre) ** 2).sum() + imagined * sum((end - centre) ** 2 for end in ends)
    between_items = float(seeds * squares / (counted - 1))
    if seeds == 1:
        return Spread(centre, None, between_items, 0.0, counted, seeds)
    between_seeds = float(counted * of_seeds.var(ddof=1))
    residual = values - values.mean(axis=1, keepdims=True) - of_items + values.mean()
    rest = float((residual**2).sum() / ((seeds - 1) * (items - 1)))
    seed, item = (between_seeds - rest) / counted, max(between_items - rest, 0.0) / seeds
    return Spread(centre, seed, item, rest, counted, seeds)


def t_quantile(tail: float, degrees: float) -> float:
    """The quantile of Student's t that leaves `tail` above it."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 1 - tail))
