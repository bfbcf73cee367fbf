"""Dense features in the axes of their own spread, in which linear heads are found in few and small steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import FloatArray

_MOST_AXES = 1536
"""Above, a decomposition takes longer than most fits."""
_FEW_NUMBERS = 2**22
"""Coordinates up to which they are kept in both layouts."""
_NOISE = 1e-6
"""Share of the largest eigenvalue below which one of float32 sums is rounding."""


@dataclass(frozen=True)
class Eigenbasis:
    """Features `(n, d)` as coordinates along `r` orthogonal axes, r ≤ min(n, d).

    They need not be centred, but fits come nearer to their least where they are: then the bias does not lean on the weights.
    """

    coordinates: FloatArray
    """`(r + 1, n)`, the last row all ones for the bias."""
    items: FloatArray
    """The same as `(n, r + 1)`."""
    spread: FloatArray
    """`(r + 1,)`: the squared length of each row."""
    axes: FloatArray
    """`(r, d)`, orthonormal rows."""

    @classmethod
    def of(cls, features: FloatArray) -> "Eigenbasis":
        """By the eigenvectors of the smaller Gram matrix.

        It turns the space, so penalised heads are the same in it; axes in which the items do not differ hold nothing for a
        head and are left out (the representer theorem: Schölkopf, Herbrich & Smola 2001).
        """
        n, d = features.shape
        if n < d:
            spread, sides = _eigen(features @ features.T)
            lengths = np.sqrt(spread)
            return cls._with_bias(sides * lengths, spread, ((sides / lengths).T @ features).astype(np.float32, copy=False))
        spread, sides = _eigen(features.T @ features)
        return cls._with_bias(features @ sides, spread, np.ascontiguousarray(sides.T))

    @staticmethod
    def pays(features: Any) -> bool:
        """Whether features, dense or sparse, are worth decomposing."""
        return isinstance(features, np.ndarray) and min(features.shape) <= _MOST_AXES

    @classmethod
    def _with_bias(cls, coordinates: FloatArray, spread: FloatArray, axes: FloatArray) -> "Eigenbasis":
        n, r = coordinates.shape
        rows = np.ones((r + 1, n), dtype=np.float32)
        rows[:-1] = coordinates.T
        # Laid out for the product as well where that is little: a few rows times it then take little more than half the time.
        items = np.ascontiguousarray(rows.T) if rows.size <= _FEW_NUMBERS else rows.T
        return cls(rows, items, np.append(spread, np.float32(n)), axes)


def _eigen(gram: FloatArray) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Eigenvalues `(r,)` above rounding and their eigenvectors `(m, r)`."""
    from scipy.linalg import eigh

    values, vectors = eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    kept = values > _NOISE * values[-1]
    return values[kept], vectors[:, kept]
