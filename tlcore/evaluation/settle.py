"""What an open question needs: how many more seeds or test items, if the difference stays what it is."""

import numpy as np

from tlcore.evaluation.comparison import Comparison
from tlcore.evaluation.intervals import TAIL

_MOST_SEEDS = 20
_ITEM_FACTORS = np.geomspace(1.1, 100, 60)


def what_would_settle(pair: Comparison, candidates: int, band: float) -> str:
    """One sentence: the seeds or the test items at which the interval would leave zero out, or fit into the band.

    Args:
        pair: the open comparison.
        candidates: how many the first side was picked from.
        band: practical band, a fraction.
    """
    spread, size = pair.spread, abs(pair.difference)
    if spread.seed is None:
        return "Run three seeds or more: with one, chance in training cannot be told from a real difference."
    target = size if size > band else band - size
    tail = TAIL / candidates if pair.difference > 0 else TAIL
    n_test = len(pair.first.labels)
    seeds = [many for many in range(spread.seeds + 1, _MOST_SEEDS + 1) if spread.half_width(tail, seeds=many) < target]
    items = [n_test * factor for factor in _ITEM_FACTORS if spread.half_width(tail, items=n_test * factor) < target]
    ways = [f"about {seeds[0]} seeds instead of {spread.seeds}"] if seeds else []
    ways += [f"about {_round(items[0]):,} test items instead of {n_test:,}"] if items else []
    if not ways:
        return "The two are so close that neither 20 seeds nor 100 times the test items would settle it."
    return f"If the difference stays as it is, {' or '.join(ways)} would settle it."


def _round(items: float) -> int:
    """Two significant digits: more would claim too much."""
    unit = 10 ** max(len(str(int(items))) - 2, 0)
    return int(np.ceil(items / unit)) * unit
