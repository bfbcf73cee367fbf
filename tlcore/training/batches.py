"""Cutting items into batches to train on: of like lengths, so that little is computed for padding."""

import numpy as np

from tlcore.encoders.base import Batch, Inputs, IntArray

_POOL = 16
"""Batches whose items are sorted together: enough to find like lengths, few enough to stay a shuffle."""


def training_batches(lengths: IntArray, size: int, seed: int, epoch: int) -> list[IntArray]:
    """Rows of one epoch's batches, each row once; a function of its arguments alone.

    Rows are shuffled, sorted by length inside pools of a few batches, and cut; then the batches are shuffled. All
    batches of a pool are of about equal size, so that no epoch ends on the noisy gradient of a left-over row.
    """
    rng = np.random.default_rng((seed, epoch))
    pools = _equal_parts(rng.permutation(len(lengths)), size * _POOL)
    batches = [batch for pool in pools for batch in _equal_parts(pool[np.argsort(lengths[pool], kind="stable")], size)]
    return [batches[place] for place in rng.permutation(len(batches))]


def _equal_parts(rows: IntArray, size: int) -> list[IntArray]:
    """Rows in the order given, cut into the fewest parts of at most `size`, all of about equal size."""
    return np.array_split(rows, -(-len(rows) // size))


class Chosen(Inputs):
    """Some rows of other inputs."""

    def __init__(self, whole: Inputs, rows: IntArray) -> None:
        self._whole, self._rows = whole, rows

    @property
    def lengths(self) -> IntArray:
        """`(n,)` cost of each chosen item."""
        return self._whole.lengths[self._rows]

    def batch(self, rows: IntArray) -> Batch:
        """The chosen items at `rows`."""
        return self._whole.batch(self._rows[rows])
