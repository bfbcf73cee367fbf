"""What an open question needs: how many more seeds or test items, if the difference stays what it is."""

from collections.abc import Sequence

import numpy as np

from tlcore.evaluation.comparison import Comparison
from tlcore.evaluation.intervals import TAIL, low_end_of_best

_MOST_SEEDS = 20
_ITEM_FACTORS = np.geomspace(1.1, 100, 60)


def what_would_settle(rivals: Sequence[Comparison], band: float) -> str:
    """One sentence: the seeds or the test items at which the interval would leave zero out, or fit into the band.

    Args:
        rivals: the open comparison, and those that it was picked from, best first.
        band: practical band, a fraction.
    """
    spread = rivals[0].spread
    if spread.seed is None:
        return "Run three seeds or more: with one, chance in training cannot be told from a real difference."
    n_test = len(rivals[0].first.labels)
    seeds = [many for many in range(spread.seeds + 1, _MOST_SEEDS + 1) if _settled(rivals, band, seeds=many)]
    items = [n_test * factor for factor in _ITEM_FACTORS if _settled(rivals, band, items=n_test * factor)]
    ways = [f"about {seeds[0]} seeds instead of {spread.seeds}"] if seeds else []
    ways += [f"about {_round(items[0]):,} test items instead of {n_test:,}"] if items else []
    if not ways:
        return "The two are so close that neither 20 seeds nor 100 times the test items would settle it."
    return f"If the difference stays as it is, {' or '.join(ways)} would settle it."


def _settled(rivals: Sequence[Comparison], band: float, seeds: int | None = None, items: float | None = None) -> bool:
    """Whether the interval, around the same difference, would say something with so many seeds or items."""
    best = rivals[0]
    moved = best.difference - best.spread.centre  # imagined items fade where there are more real ones
    low = low_end_of_best([pair.spread for pair in rivals], seeds, items) + moved
    high = best.difference + best.spread.half_width(TAIL, seeds, items)
    if abs(best.difference) > band:
        return low > 0 or high < 0
    return -band <= low and high <= band


def _round(items: float) -> int:
    """Two significant digits: more would claim too much."""
    unit = 10 ** max(len(str(int(items))) - 2, 0)
    return int(np.ceil(items / unit)) * unit
