"""One number that makes a model more modest or bolder, and never changes its answers (temperature scaling: Guo et al. 2017)."""

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.outcomes import FloatArray, IntArray

_LEAST_ITEMS = 20
"""Below, the temperature would be mostly chance."""
_FARTHEST = np.log(20.0)
"""Temperatures are looked for within a twentieth and twenty."""
_MOST_STEPS, _PRECISION = 60, 1e-9
"""Halving alone would be as precise after 33 steps; Newton's method takes about five."""


def fit_temperature(logits: FloatArray, labels: IntArray) -> float | None:
    """The temperature T that makes softmax(logits / T) most likely on labels that the model has not learned from.

    The loss is convex in 1/T and its slope rises, so Newton's method finds it, kept within an interval that it narrows.

    Args:
        logits: `(n, k)` of validation items, never of test items.
        labels: `(n,)` their classes.

    Returns:
        Above 1 when the model is too sure of itself. None where no temperature can be told: fewer than 20 items, or answers so
        right, or so wrong, that the likelihood has no peak between 1/20 and 20.

    Raises:
        ValueError: shapes that do not fit, or a logit that is not finite.
    """
    if logits.ndim != 2 or logits.shape[0] != len(labels) or not np.isfinite(logits).all():
        raise ValueError(f"Expected finite logits for {len(labels)} labels, got {logits.shape}.")
    if len(labels) < _LEAST_ITEMS:
        return None
    scaled = np.ascontiguousarray(logits.T, dtype=np.float64)
    right = logits[np.arange(len(labels)), labels].mean(dtype=np.float64)
    low, high = -_FARTHEST, _FARTHEST
    if _slope(scaled, right, np.exp(low))[0] >= 0 or _slope(scaled, right, np.exp(high))[0] <= 0:
        return None
    middle = 0.0
    for _ in range(_MOST_STEPS):
        slope, bend = _slope(scaled, right, np.exp(middle))
        low, high = (middle, high) if slope < 0 else (low, middle)
        ahead = middle - slope / max(bend * np.exp(middle), np.finfo(np.float64).tiny)
        last, middle = middle, ahead if low < ahead < high else (low + high) / 2
        if abs(middle - last) < _PRECISION:
            break
    return float(np.exp(-middle))


def apply_temperature(probabilities: FloatArray, temperature: float) -> npt.NDArray[np.float64]:
    """Probabilities `(n, k)` at another temperature; which class is most probable stays as it is."""
    logits = np.log(np.clip(probabilities.astype(np.float64), np.finfo(np.float64).tiny, None)) / temperature
    return _softmax(logits)


def _slope(scaled: npt.NDArray[np.float64], right: float, sharpness: float) -> tuple[float, float]:
    """How the mean log loss of logits `(k, n)` changes with 1/T, and how that changes; `right` is their mean at the labels."""
    raised = np.exp((scaled - scaled.max(axis=0)) * sharpness)
    shares = raised / raised.sum(axis=0)
    expected = (shares * scaled).sum(axis=0)
    return float(expected.mean() - right), float(((shares * scaled**2).sum(axis=0) - expected**2).mean())


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
