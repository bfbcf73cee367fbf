"""Where two strategies differ: items, classes and confusions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.intervals import TAIL, Spread, find_difference_spread, t_quantile
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import FloatArray, Group, IntArray
from tlcore.evaluation.records import ClassChange, ItemDifferences


@dataclass(frozen=True)
class _Shared:
    """Two groups on the seeds that both have."""

    first: Group
    second: Group


def item_differences(first: Group, second: Group, classes: Sequence[str]) -> ItemDifferences | None:
    """Compare two strategies item by item; None when they share no seed.

    An item counts as right when more than half of the shared seeds get it right, so that one lucky run does not count.
    """
    pair = _share(first, second)
    if pair is None:
        return None
    right = [item_values(group, "accuracy").mean(axis=0) for group in (pair.first, pair.second)]
    sure = [shares > 0.5 for shares in right]
    lead = right[0] - right[1]
    return ItemDifferences(
        first=pair.first.strategy,
        second=pair.second.strategy,
        encoder=pair.first.encoder,
        budget=pair.first.budget,
        seeds=pair.first.seeds,
        only_first=_clearest(np.flatnonzero(sure[0] & ~sure[1]), -lead),
        only_second=_clearest(np.flatnonzero(sure[1] & ~sure[0]), lead),
        both=int((sure[0] & sure[1]).sum()),
        neither=int((~sure[0] & ~sure[1]).sum()),
        classes=class_changes(pair.first, pair.second, classes),
        confusion=confusion_difference(pair.first, pair.second, len(classes)),
    )


def class_changes(first: Group, second: Group, classes: Sequence[str]) -> tuple[ClassChange, ...]:
    """Each class's recall on both sides, with paired intervals that hold for all classes at once (Bonferroni).

    A class has few test items and few seeds, so how far recalls move from seed to seed is pooled over the classes: a class gets
    its own figure or the mean of all, whichever is larger, with the pooled degrees of freedom.

    Returns:
        In class order; empty when they share no seed.
    """
    pair = _share(first, second)
    if pair is None:
        return ()
    labels = pair.first.labels
    values = [item_values(group, "accuracy") for group in (pair.first, pair.second)]
    of_class = [np.flatnonzero(labels == place) for place in range(len(classes))]
    spreads = {
        place: find_difference_spread(values[0][:, items] - values[1][:, items])
        for place, items in enumerate(of_class)
        if len(items) > 1
    }
    pooled = float(np.mean([spread.seed or 0.0 for spread in spreads.values()])) if spreads else 0.0
    return tuple(
        _change(name, [side[:, items] for side in values], spreads.get(place), (pooled, len(spreads)))
        for place, (name, items) in enumerate(zip(classes, of_class, strict=True))
    )


def confusion_difference(first: Group, second: Group, classes: int) -> tuple[tuple[float, ...], ...]:
    """First's mean confusion matrix minus second's, in items; rows true, columns predicted. Each row sums to zero."""
    found = _confusion(first, classes) - _confusion(second, classes)
    return tuple(tuple(float(cell) for cell in row) for row in found)


def items_in_cell(group: Group, true: int, predicted: int) -> tuple[int, ...]:
    """Positions of the test items of one true class that more than half of the seeds put into one predicted class."""
    votes = np.mean([outcome.predicted == predicted for outcome in group.outcomes], axis=0)
    return tuple(int(item) for item in np.flatnonzero((group.labels == true) & (votes > 0.5)))


def _share(first: Group, second: Group) -> _Shared | None:
    seeds = set(first.seeds) & set(second.seeds)
    return _Shared(first.only(seeds), second.only(seeds)) if seeds else None


def _clearest(items: IntArray, order: FloatArray) -> tuple[int, ...]:
    return tuple(int(item) for item in items[np.argsort(order[items], kind="stable")])


def _confusion(group: Group, classes: int) -> FloatArray:
    cells = [np.bincount(group.labels * classes + outcome.predicted, minlength=classes**2) for outcome in group.outcomes]
    return np.mean(cells, axis=0).reshape(classes, classes)


def _change(name: str, sides: Sequence[FloatArray], spread: Spread | None, pool: tuple[float, int]) -> ClassChange:
    support = sides[0].shape[1]
    if not support:
        return ClassChange(label=name, support=0, first=None, second=None, reason="The test set has no item of this class.")
    first, second = (float(side.mean()) for side in sides)
    if spread is None:
        reason = "One test item of this class is too few for an interval."
        return ClassChange(label=name, support=1, first=first, second=second, difference=first - second, reason=reason)
    half = _half_width(spread, *pool)
    return ClassChange(
        label=name,
        support=support,
        first=first,
        second=second,
        difference=first - second,
        low=max(spread.centre - half, -1.0),
        high=min(spread.centre + half, 1.0),
    )


def _half_width(spread: Spread, pooled: float, classes: int) -> float:
    """As `Spread.half_width` at the corrected tail, with the seeds' part pooled."""
    tail = TAIL / classes
    of_items = t_quantile(tail, spread.items - 1) ** 2 * (spread.item + spread.rest / spread.seeds) / spread.items
    if spread.seed is None:
        return float(np.sqrt(of_items))
    of_seeds = t_quantile(tail, (spread.seeds - 1) * classes) ** 2 * max(spread.seed, pooled, 0.0) / spread.seeds
    return float(np.sqrt(of_items + of_seeds))
