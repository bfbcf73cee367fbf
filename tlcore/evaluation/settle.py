"""What an open question needs: how many more seeds or test items, if the difference stays what it is."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from tlcore.evaluation.comparison import Comparison
from tlcore.evaluation.intervals import TAIL, low_end_of_best

_MOST_SEEDS = 20
_ITEM_FACTORS = np.geomspace(1.1, 100, 60)


class Settlement(NamedTuple):
    """What would settle an open question."""

    seeds: int | None
    """How many in all; None where no number that can be run would do."""
    items: int | None
    """Test items in all; None as above."""
    sentence: str


def what_would_settle(rivals: Sequence[Comparison], band: float, looked_at: int = 1) -> Settlement:
    """The seeds or the test items at which the interval would leave zero out, or fit into the band.

    Args:
        rivals: the open comparison, and those that it was picked from, best first.
        band: practical band, a fraction.
        looked_at: comparisons that the interval allows for, besides the rivals.
    """
    spread = rivals[0].spread
    if spread.seed is None:
        return Settlement(3, None, "Run 3 seeds or more: with one, chance in training cannot be told from a real difference.")
    n_test = len(rivals[0].first.labels)
    settled = partial(_settled, rivals, band, TAIL / looked_at)
    seeds = next((many for many in range(spread.seeds + 1, _MOST_SEEDS + 1) if settled(seeds=many)), None)
    items = next((_round(n_test * factor) for factor in _ITEM_FACTORS if settled(items=n_test * factor)), None)
    ways = [f"about {seeds} seeds instead of {spread.seeds}"] if seeds else []
    ways += [f"about {items:,} test items instead of {n_test:,}"] if items else []
    if not ways:
        return Settlement(
            None, None, "The two are so close that no number of seeds or test items worth running would settle it."
        )
    return Settlement(seeds, items, f"If the difference stays as it is, {' or '.join(ways)} would settle it.")


def _settled(
    rivals: Sequence[Comparison], band: float, tail: float, seeds: int | None = None, items: float | None = None
) -> bool:
    """Whether the interval, around the same difference, would say something with so many seeds or items."""
    best = rivals[0]
    moved = best.difference - best.spread.centre  # imagined items fade where there are more real ones
    low = low_end_of_best([pair.spread for pair in rivals], seeds, items, tail) + moved
    high = best.difference + best.spread.half_width(tail, seeds, items)
    if abs(best.difference) > band:
        return low > 0 or high < 0
    return -band <= low and high <= band


def _round(items: float) -> int:
    """Two significant digits: more would claim too much."""
    unit = 10 ** max(len(str(int(items))) - 2, 0)
    return int(np.ceil(items / unit)) * unit
