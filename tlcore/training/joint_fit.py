"""Softmax regressions on several parts of the same dense items, fitted side by side by preconditioned conjugate gradients."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import FloatArray, IntArray
from tlcore.training.eigenbasis import Eigenbasis

_MOST_STEPS = 300
_MOST_HALVINGS = 12
_ROUNDING = 1e-6
"""Relative error of a loss that was summed from float32."""
_SUFFICIENT = 1e-4
"""Share of the decrease that the slope promises which a step must bring (Armijo)."""
_LEAST_CURVATURE = 1e-3
"""Of a class, against that of equally likely classes: one that hardly occurs would otherwise take endless steps."""


class JointFit:
    """One regression for each of `parts` `(f, n)`, weights of the items that are 0 where a part leaves an item out.

    All products run over all items and parts at once. In the eigenbasis the Hessian is near a diagonal, the spread times the
    mean curvature of a class plus the penalty, much as Böhning (1992) bounds it; so conjugate gradients preconditioned with
    it (Polak-Ribière, restarted where negative) take few steps, each of the length that Newton's method gives along it.
    """

    def __init__(self, basis: Eigenbasis, labels: IntArray, parts: FloatArray, n_classes: int) -> None:
        self._basis, self._labels, self._parts = basis, labels, parts
        self._inverse = np.divide(1, parts, out=np.zeros_like(parts), where=parts > 0)
        self._rows = np.arange(len(labels))
        self._sums = parts.sum(axis=1, dtype=np.float64)
        wanted = np.zeros((len(parts), n_classes, len(labels)), dtype=np.float32)
        wanted[:, labels, self._rows] = parts
        self._wanted = self._onto_axes(wanted)
        self._logits = np.zeros_like(wanted)
        self.tables = np.zeros_like(self._wanted)
        """`(f, k, r + 1)`: weights, and the bias last, in the eigenbasis."""

    def start_from(self, table: FloatArray) -> None:
        """Let all parts go on from `(k, r + 1)`."""
        self.tables[:] = table
        self._logits[:] = table @ self._basis.coordinates

    def fit(self, strength: float, gap: float, tick: Callable[[], None]) -> None:
        """Go on until each part's mean loss is about `gap` above its least or nearer; `tick` is called after each step."""
        penalty = np.full(self.tables.shape[2], 1 / strength, dtype=np.float32)
        penalty[-1] = 0
        shares, losses = self._judge(penalty)
        scale = self._scale(shares, penalty)
        step, last, last_decrement = np.zeros_like(self.tables), self.tables, np.full(len(self._parts), np.inf)
        for _ in range(_MOST_STEPS):
            slopes = self._onto_axes(shares) - self._wanted + penalty * self.tables
            ahead = scale * slopes
            decrement = _dot(slopes, ahead)
            if (decrement <= 2 * gap * self._sums).all():
                return
            kept = np.maximum((decrement - _dot(slopes, last)) / last_decrement, 0)
            step = _each(kept) * step - ahead
            uphill = _dot(slopes, step) >= 0
            step[uphill] = -ahead[uphill]
            last, last_decrement = ahead, np.maximum(decrement, np.finfo(np.float32).tiny)
            shares, losses, moved = self._move(step, _dot(slopes, step), shares, losses, penalty)
            if not moved:
                return
            tick()

    def answers(self, part: int, rows: npt.NDArray[np.bool_]) -> FloatArray:
        """Logits `(m, k)` of the `m` chosen of all items."""
        return self._logits[part][:, rows].T

    def head(self) -> tuple[FloatArray, FloatArray]:
        """Weights `(k, d)` and biases `(k,)` of the first part, for the features as they were."""
        return self.tables[0, :, :-1] @ self._basis.axes, self.tables[0, :, -1]

    def _move(
        self, step: FloatArray, slope: npt.NDArray[np.float64], shares: FloatArray, losses: FloatArray, penalty: FloatArray
    ) -> tuple[FloatArray, FloatArray, bool]:
        """Take a step as long as Newton's method along it says, halved where that is too far; False when rounding is all."""
        change = self._onto_items(step)
        length = -slope / np.maximum(self._curvature(shares, change) + np.square(step).sum(axis=1) @ penalty, 1e-30)
        taken = np.zeros_like(length)
        for _ in range(_MOST_HALVINGS):
            self.tables += _each(length - taken) * step
            self._logits += _each(length - taken) * change
            taken = length
            shares, found = self._judge(penalty)
            worse = found > losses + _SUFFICIENT * length * slope + _ROUNDING * np.abs(losses)
            if not worse.any():
                return shares, found, True
            length = np.where(worse, length / 2, length)
        return shares, found, False

    def _judge(self, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probabilities times the weights of items `(f, k, n)`, and the penalised loss of each part `(f,)`."""
        highest = self._logits.max(axis=1)
        shares = self._logits - highest[:, None]
        np.exp(shares, out=shares)
        totals = shares.sum(axis=1)
        shares *= (self._parts / totals)[:, None]
        each = (np.log(totals) + highest - self._logits[:, self._labels, self._rows]) * self._parts
        return shares, each.sum(axis=1, dtype=np.float64) + np.square(self.tables).sum(axis=1, dtype=np.float64) @ penalty / 2

    def _scale(self, shares: FloatArray, penalty: FloatArray) -> FloatArray:
        """The preconditioner `(f, k, r + 1)`: one over the diagonal of the Hessian if all items curved alike."""
        k = shares.shape[1]
        squares = np.einsum("fkn,fkn,fn->fk", shares, shares, self._inverse)
        mean = (shares.sum(axis=2) - squares) / len(self._labels) * (k / max(k - 1, 1))
        return 1 / (np.maximum(mean, _LEAST_CURVATURE / k)[:, :, None] * self._basis.spread + penalty)

    def _curvature(self, shares: FloatArray, change: FloatArray) -> FloatArray:
        """Second derivative of the loss along logits that change so, `(f,)`."""
        product = shares * change
        mean = product.sum(axis=1)
        product *= change
        return (product.sum(axis=1) - mean * mean * self._inverse).sum(axis=1, dtype=np.float64)

    def _onto_axes(self, items: FloatArray) -> FloatArray:
        """`(f, k, n)` → `(f, k, r + 1)`."""
        f, k, n = items.shape
        return (items.reshape(f * k, n) @ self._basis.items).reshape(f, k, -1)

    def _onto_items(self, tables: FloatArray) -> FloatArray:
        """`(f, k, r + 1)` → `(f, k, n)`."""
        f, k, r = tables.shape
        return (tables.reshape(f * k, r) @ self._basis.coordinates).reshape(f, k, -1)


def _dot(one: FloatArray, other: FloatArray) -> npt.NDArray[np.float64]:
    """Inner products `(f,)` of two tables of each part."""
    return np.einsum("fkr,fkr->f", one, other).astype(np.float64)


def _each(numbers: npt.NDArray[np.float64]) -> FloatArray:
    """`(f,)` → `(f, 1, 1)` float32."""
    return numbers.astype(np.float32)[:, None, None]
