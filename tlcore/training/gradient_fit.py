"""Softmax regressions on parts of the same items, sparse or too many or wide to decompose, fitted one by one by L-BFGS."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import FloatArray, IntArray

_SOLVER = {"maxiter": 300, "maxcor": 6}
"""It remembers few gradients, as text features are wide."""


class GradientFit:
    """One regression for each of `parts` `(f, n)`, weights of the items that are 0 where a part leaves an item out."""

    def __init__(self, features: Any, labels: IntArray, parts: FloatArray, n_classes: int) -> None:
        self._features = features
        self._parts: list[tuple[Any, IntArray, FloatArray]] = [
            (features, labels, part) if part.all() else (features[part > 0], labels[part > 0], part[part > 0]) for part in parts
        ]
        self.tables = np.zeros((len(parts), features.shape[1] + 1, n_classes), dtype=np.float32)
        """`(f, d + 1, k)`: weights above biases."""

    def start_from(self, table: FloatArray) -> None:
        """Let all parts go on from `(d + 1, k)`."""
        self.tables[:] = table

    def fit(self, strength: float, gap: float, tick: Callable[[], None]) -> None:
        """Go on until a step lowers the loss by a share of `gap` or less; `tick` is called after each step."""
        from scipy.optimize import minimize

        options = _SOLVER | {"ftol": gap, "gtol": np.sqrt(gap) / 10}  # near its least, a loss goes with its gradient's square
        for part, table in zip(self._parts, self.tables, strict=True):
            objective = _Objective(*part, table.shape, strength)
            found = minimize(objective, table.ravel(), jac=True, method="L-BFGS-B", callback=lambda _: tick(), options=options)
            table[:] = found.x.reshape(table.shape)

    def answers(self, part: int, rows: npt.NDArray[np.bool_]) -> FloatArray:
        """Logits `(m, k)` of the `m` chosen of all items."""
        return self._features[rows] @ self.tables[part, :-1] + self.tables[part, -1]

    def head(self) -> tuple[FloatArray, FloatArray]:
        """Weights `(k, d)` and biases `(k,)` of the first part."""
        return np.ascontiguousarray(self.tables[0, :-1].T), self.tables[0, -1]


class _Objective:
    """Mean loss with its penalty and its gradient, for one flat vector of weights above biases `(d + 1, k)`."""

    def __init__(self, features: Any, labels: IntArray, weights: FloatArray, shape: tuple[int, ...], strength: float) -> None:
        self.features, self.labels, self.weights, self.shape = features, labels, weights, shape
        self.transposed = features.T
        self.penalty = 1 / (strength * len(labels))

    def __call__(self, flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """The value and its gradient. Products run in float32, as the features do; sums in float64."""
        table, rows = flat.reshape(self.shape), np.arange(len(self.labels))
        narrow = table.astype(np.float32)
        logits = self.features @ narrow[:-1] + narrow[-1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        totals = shares.sum(axis=1)
        losses = (np.log(totals) - logits[rows, self.labels]) * self.weights
        shares /= totals[:, None]
        shares[rows, self.labels] -= 1
        shares *= (self.weights / len(rows))[:, None]
        gradient = np.vstack([self.transposed @ shares, shares.sum(axis=0)]) + np.float64(0)
        gradient[:-1] += self.penalty * table[:-1]
        value = losses.mean(dtype=np.float64) + self.penalty / 2 * np.square(table[:-1]).sum()
        return float(value), gradient.ravel()
