"""Several tables of seeds x items at once: where the chance in any combination of their means comes from.

What `intervals.find_spread` does for one table, done for the covariances of many, so that the spread of every weighted sum of
scores (a point between two budgets minus another strategy's score, say) costs next to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.intervals import Spread, imagined_items
from tlcore.evaluation.outcomes import FloatArray


@dataclass(frozen=True)
class Components:
    """Means and mean squares of `m` tables that share their seeds and items."""

    means: FloatArray
    """`(m,)`."""
    of_items: FloatArray
    """`(m, m)` sums of squares and products of the item means about the means."""
    of_seeds: FloatArray
    """`(m, m)` covariance of the seed means; zero with one seed."""
    of_rest: FloatArray
    """`(m, m)` mean squares of what neither seed nor item explains; zero with one seed."""
    seeds: int
    items: int

    def spread(self, weights: FloatArray, value: float) -> Spread:
        """The spread of a weighted sum of the scores, as `find_difference_spread` would give it for the summed tables.

        Args:
            weights: `(m,)`; for a smooth function of the scores, its slopes (the delta method).
            value: the sum, or the function's value.
        """
        imagined = imagined_items(self.seeds)
        counted = self.items + 2 * imagined
        centre = value * self.items / counted
        squares = float(weights @ self.of_items @ weights) + self.items * (value - centre) ** 2
        squares += imagined * ((1 - centre) ** 2 + (1 + centre) ** 2)
        between_items = float(self.seeds * squares / (counted - 1))
        if self.seeds == 1:
            return Spread(centre, None, between_items, 0.0, counted, 1)
        between_seeds = float(counted * (self.items / counted) ** 2 * (weights @ self.of_seeds @ weights))
        rest = float(weights @ self.of_rest @ weights)
        seed, item = (between_seeds - rest) / counted, max(between_items - rest, 0.0) / self.seeds
        return Spread(centre, seed, item, rest, counted, self.seeds)


def find_components(tables: Sequence[FloatArray]) -> Components:
    """Analyse tables of one shape.

    Args:
        tables: `m` arrays `(seeds, items)`, at least two items.

    Raises:
        ValueError: fewer than two items.
    """
    values = np.stack(tables)
    many, seeds, items = values.shape
    if items < 2:
        raise ValueError("An interval needs at least two test items.")
    of_seed, of_item, means = values.mean(axis=2), values.mean(axis=1), values.mean(axis=(1, 2))
    away = of_item - means[:, None]
    if seeds == 1:
        nothing = np.zeros((many, many))
        return Components(means, away @ away.T, nothing, nothing, 1, items)
    residual = (values - of_seed[:, :, None] - of_item[:, None, :] + means[:, None, None]).reshape(many, -1)
    by_seed = of_seed - means[:, None]
    return Components(
        means=means,
        of_items=away @ away.T,
        of_seeds=by_seed @ by_seed.T / (seeds - 1),
        of_rest=residual @ residual.T / ((seeds - 1) * (items - 1)),
        seeds=seeds,
        items=items,
    )
