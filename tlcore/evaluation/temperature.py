"""One number that makes a model more modest or bolder, and never changes its answers (temperature scaling: Guo et al. 2017)."""

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.outcomes import FloatArray, IntArray

_LEAST_ITEMS = 20
"""Below, the temperature would be mostly chance."""
_FARTHEST = np.log(20.0)
"""Temperatures are looked for within a twentieth and twenty."""


def fit_temperature(logits: FloatArray, labels: IntArray) -> float | None:
    """The temperature T that makes softmax(logits / T) most likely on labels that the model has not learned from.

    The loss is convex in 1/T and its slope rises, so halving an interval finds it.

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
    low, high = -_FARTHEST, _FARTHEST
    if _slope(logits, labels, np.exp(low)) >= 0 or _slope(logits, labels, np.exp(high)) <= 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(logits, labels, np.exp(middle)) < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def apply_temperature(probabilities: FloatArray, temperature: float) -> npt.NDArray[np.float64]:
    """Probabilities `(n, k)` at another temperature; which class is most probable stays as it is."""
    logits = np.log(np.clip(probabilities.astype(np.float64), np.finfo(np.float64).tiny, None)) / temperature
    return _softmax(logits)


def _slope(logits: FloatArray, labels: IntArray, sharpness: float) -> float:
    """How the mean log loss changes with 1/T."""
    scaled = logits.astype(np.float64)
    expected = (_softmax(scaled * sharpness) * scaled).sum(axis=1)
    return float((expected - scaled[np.arange(len(labels)), labels]).mean())


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
