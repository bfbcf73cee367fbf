"""Cutting items into batches to train on: of like lengths, so that little is computed for padding."""

import numpy as np

from tlcore.encoders.base import Batch, Inputs, IntArray

_POOL = 16
"""Batches whose items are sorted together: enough to find like lengths, few enough to stay a shuffle."""


def training_batches(lengths: IntArray, size: int, seed: int, epoch: int) -> list[IntArray]:
    """Rows of one epoch's batches, each row once; a function of its arguments alone.

    Rows are shuffled, sorted by length inside pools of a few batches, and cut; then the batches are shuffled. There are as
    few as `size` allows, all of about equal size, so that no epoch ends on the noisy gradient of a left-over row.
    """
    rng = np.random.default_rng((seed, epoch))
    parts = np.array_split(rng.permutation(len(lengths)), -(-len(lengths) // size))
    batches: list[IntArray] = []
    for first in range(0, len(parts), _POOL):
        pool = parts[first : first + _POOL]
        rows = np.concatenate(pool)
        batches += np.array_split(rows[np.argsort(lengths[rows], kind="stable")], len(pool))
    return [batches[place] for place in rng.permutation(len(batches))]


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

    def end_to_end(self, rows: IntArray) -> Batch:
        """See `Inputs.end_to_end`."""
        return self._whole.end_to_end(self._rows[rows])
