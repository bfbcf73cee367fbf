"""A learning curve between its budgets: no run lies there, so it is smoothed and joined up, and never continued.

More labels do not hurt in expectation, so dips are chance: scores are first made rising by isotonic regression (pool adjacent
violators; Barlow et al., "Statistical Inference under Order Restrictions", 1972), then joined in log labels by the monotone
cubic of Fritsch and Carlson (1980), which follows the bend of a learning curve that straight lines would cut short.
"""

from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.outcomes import FloatArray

_STEP = 1e-6


@dataclass(frozen=True)
class Joined:
    """A smoothed curve on a fine grid."""

    labels: FloatArray
    """`(g,)` rising, from the smallest to the largest budget."""
    values: FloatArray
    """`(g,)` not falling."""
    slopes: FloatArray
    """`(g, k)` how each value moves with the score at each budget."""


def join_up(budgets: FloatArray, scores: FloatArray, points: int = 80) -> Joined:
    """Smooth and join a curve.

    Args:
        budgets: `(k,)` rising, at least one.
        scores: `(k,)`, better when higher.
        points: size of the grid, even in log labels; budgets themselves are always on it.
    """
    grid = np.unique(np.concatenate([np.geomspace(budgets[0], budgets[-1], points), budgets])) if len(budgets) > 1 else budgets
    values = _curve(budgets, scores, grid)
    slopes = [(_curve(budgets, scores + step, grid) - values) / _STEP for step in _STEP * np.eye(len(budgets))]
    return Joined(grid.astype(np.float64), values, np.stack(slopes, axis=1))


def rising(scores: FloatArray) -> FloatArray:
    """The closest sequence that does not fall (isotonic regression, equal weights)."""
    blocks: list[tuple[float, int]] = []
    for score in scores:
        mean, size = float(score), 1
        while blocks and blocks[-1][0] >= mean:
            before, width = blocks.pop()
            mean, size = (before * width + mean * size) / (width + size), width + size
        blocks.append((mean, size))
    return np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])


def _curve(budgets: FloatArray, scores: FloatArray, grid: FloatArray) -> FloatArray:
    """`(g,)` values of the smoothed and joined curve."""
    from scipy.interpolate import pchip_interpolate

    smooth = rising(scores)
    if len(budgets) == 1:
        return smooth
    return np.asarray(pchip_interpolate(np.log(budgets), smooth, np.log(grid)), dtype=np.float64)
