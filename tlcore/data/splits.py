"""Drawing the locked test part, ordering labels into nested budgets, and holding out validation labels.

All three are functions of their arguments alone: same items and seed, same answer, on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.duplicates import join
from tlcore.data.signatures import IntArray
from tlcore.errors import DataError

_ENOUGH = 0.5
"""A drawn test part below this share of the wanted size is given up for one that keeps only exact copies together."""


@dataclass(frozen=True)
class Split:
    """Which items train and which are locked away for the test; an item whose label is missing is in neither."""

    train: IntArray
    """Positions in the dataset, ascending."""
    test: IntArray
    """Positions in the dataset, ascending; no overlap with `train`."""
    how: str
    """One plain sentence on how the parts came about."""


def draw_split(frame: pd.DataFrame, classes: Sequence[str], *, test_share: float = 0.2, seed: int = 0) -> Split:
    """Split a dataset's items, the user's own parts respected if there are any.

    A drawn split is stratified: the test part gets `test_share` of each class, at least one item of a class with two or
    more, and never the last one. Items of one group, and copies or near copies of each other, stay on one side.
    `frame` is what `DatasetStore.items` gives. Raises DataError when no test part can be drawn.
    """
    labels = label_indices(frame["label"], classes)
    if (frame["part"] != "").any():
        return _own_split(frame["part"], labels)
    kept = "near copies"
    test = _draw(labels, _units(frame["group"], frame["family"]), test_share, seed)
    if test.sum() < _ENOUGH * test_share * (labels >= 0).sum():
        kept = "exact copies"
        test = _draw(labels, _units(frame["group"], frame["copy"]), test_share, seed)
    if not test.any():
        raise DataError("No test part can be drawn: too few items, or all of them in one group. Add items or use other groups.")
    together = f"items of one group and {kept}" if (frame["group"] != "").any() else kept
    how = f"{test_share:.0%} of each class, drawn at random with seed {seed}; {together} are kept on one side."
    return Split(np.flatnonzero(~test & (labels >= 0)), np.flatnonzero(test), how)


def budget_order(labels: IntArray, seed: int) -> IntArray:
    """An order `(n,)` of the training part's positions whose first m items are the budget m, so that budgets are nested.

    The first item of each class comes first, so any budget of at least the number of classes holds them all; after that
    classes take turns by the Sainte-Laguë rule (item j of a class of size s has rank (j + ½) / s), which keeps every
    prefix's shares close to the whole's. Which items of a class come early, and ties, are drawn from `seed`.
    """
    rng = np.random.default_rng(seed)
    rank, size = _shuffled_ranks(labels, rng)
    turn = np.where(rank == 0, -1.0, (rank + 0.5) / size)
    return np.lexsort((rng.random(len(labels)), turn)).astype(np.int64)


def hold_out(labels: IntArray, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Positions (fit, validation) inside a budget: about `share` of it for validation, stratified.

    No class loses its last item to validation, so with very few labels validation is smaller than asked, or empty.
    """
    wanted = round(share * len(labels))
    rng = np.random.default_rng(seed)
    rank, size = _shuffled_ranks(labels, rng)
    order = np.lexsort((rng.random(len(labels)), (rank + 0.5) / size))
    validation = np.sort(order[rank[order] < size[order] - 1][:wanted])
    return np.setdiff1d(np.arange(len(labels)), validation), validation


def label_indices(labels: pd.Series, classes: Sequence[str]) -> IntArray:
    """`(n,)` index of each label in `classes`, -1 where it is none of them (missing labels)."""
    places = {label: place for place, label in enumerate(classes)}
    return labels.map(places).fillna(-1).to_numpy(dtype=np.int64)


def _own_split(parts: pd.Series, labels: IntArray) -> Split:
    """The user's parts as they are."""
    known = labels >= 0
    train, test = np.flatnonzero((parts != "test") & known), np.flatnonzero((parts == "test") & known)
    if not len(train) or not len(test):
        raise DataError("The data's own split needs labelled items in both its train and its test part.")
    return Split(train, test, "Your own train and test parts.")


def _shuffled_ranks(labels: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """`(n,)` each item's place, from 0, in a random order of its class, and `(n,)` the size of its class."""
    shuffled = pd.Series(labels[order := rng.permutation(len(labels))])
    rank, size = np.empty(len(labels), dtype=np.int64), np.empty(len(labels), dtype=np.int64)
    rank[order] = shuffled.groupby(shuffled).cumcount()
    size[order] = shuffled.groupby(shuffled).transform("size")
    return rank, size


def _units(groups: pd.Series, families: pd.Series) -> IntArray:
    """`(n,)` number of the unit each item belongs to: items linked through a group or a family must not be parted."""
    named = np.flatnonzero(groups != "")
    firsts = pd.Series(named).groupby(groups.to_numpy()[named]).transform("min").to_numpy(dtype=np.int64)
    roots = join(families.to_numpy(dtype=np.int64), np.stack([firsts, named], axis=1))
    return pd.factorize(roots)[0].astype(np.int64)


def _draw(labels: IntArray, units: IntArray, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """`(n,)` true for the test part.

    Each larger unit is taken with probability `share` if that brings the classes closer to their targets; single items
    fill up exactly what is open; larger units help out where there are too few of them.
    """
    known = np.flatnonzero(labels >= 0)
    draw = _Draw(labels, share)
    rng = np.random.default_rng(seed)
    members = [known[rows] for rows in _members(units[known])]
    larger = [unit for unit in members if len(unit) > 1]
    larger = [larger[place] for place in rng.permutation(len(larger))]
    for unit in (unit for unit, lot in zip(larger, rng.random(len(larger)), strict=True) if lot < share):
        draw.offer(unit)
    draw.fill_up(rng.permutation(np.array([unit[0] for unit in members if len(unit) == 1], dtype=np.int64)))
    if not draw.complete:
        for unit in sorted(larger, key=len):
            draw.offer(unit, for_absent=True)
    return draw.test


class _Draw:
    """A test part in the making: what is taken of each class, and what is still wanted."""

    def __init__(self, labels: IntArray, share: float) -> None:
        self.labels = labels
        self.totals = np.bincount(labels[labels >= 0])
        self.targets = np.clip(np.round(share * self.totals), 1, np.maximum(self.totals - 1, 0)).astype(np.int64)
        self.taken = np.zeros_like(self.totals)
        self.test = np.zeros(len(labels), dtype=bool)

    @property
    def complete(self) -> bool:
        """True when every class has what it wants."""
        return bool((self.taken >= self.targets).all())

    def offer(self, unit: IntArray, for_absent: bool = False) -> None:
        """Take a unit if the targets get closer, or a class is still absent, and no class leaves the training part."""
        present, counts = np.unique(self.labels[unit], return_counts=True)
        need = self.targets[present] - self.taken[present]
        closer = np.abs(need).sum() > np.abs(need - counts).sum()
        absent = for_absent and ((self.taken[present] == 0) & (need > 0)).any()
        leaves = (self.taken[present] + counts >= self.totals[present]).any()
        if (closer or absent) and not leaves and not self.test[unit[0]]:
            self.test[unit] = True
            self.taken[present] += counts

    def fill_up(self, singles: IntArray) -> None:
        """Take single items in the order given until their class has what it wants."""
        codes = self.labels[singles]
        rank = pd.Series(codes).groupby(codes).cumcount().to_numpy()
        chosen = singles[rank < (self.targets - self.taken)[codes]]
        self.test[chosen] = True
        self.taken += np.bincount(self.labels[chosen], minlength=len(self.taken))


def _members(units: IntArray) -> list[IntArray]:
    """Positions of each unit's items."""
    order = np.argsort(units, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(units[order])) + 1)
