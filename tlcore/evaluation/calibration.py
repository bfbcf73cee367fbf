"""How far a strategy's confidence can be believed, and the temperature that mends it.

Bins hold equally many predictions, which biases the expected calibration error least (Roelofs et al. 2022), and what sampling
alone adds to each bin's gap is taken off: measured gap² - s² is an unbiased estimate of the true gap² where s is the standard
error (Kumar, Liang and Ma 2019), and a gap g measured with error s looks like E|N(g, s²)| > g, a folded normal. Temperature
scaling is Guo et al. 2017.
"""

import numpy as np

from tlcore.evaluation.intervals import Interval, difference_interval, find_difference_spread
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import FloatArray, Group, IntArray
from tlcore.evaluation.records import Calibration, ReliabilityBin
from tlcore.evaluation.wording import flipped, in_sentence, interval_words, tenths

_MOST_BINS = 15
_LEAST_IN_BIN = 10
_STEPS = 20
_FARTHEST = np.log(20.0)
"""Temperatures stay within a twentieth and twenty."""


def calibration(group: Group, name: str) -> Calibration:
    """Reliability of the most probable class's probability, over all seeds' predictions.

    Args:
        group: one strategy at one budget.
        name: as users read it.
    """
    confidence = np.stack([outcome.probabilities.max(axis=1) for outcome in group.outcomes]).astype(np.float64)
    right = item_values(group, "accuracy")
    parts = _equal_parts(confidence.ravel())
    bins = tuple(_bin(confidence.ravel()[part], right.ravel()[part], len(right)) for part in parts)
    weights = np.array([one.count for one in bins]) / confidence.size
    gaps = np.array([one.confidence - one.accuracy for one in bins])
    noise = _standard_errors(bins, len(right))
    error = float(weights @ np.abs(gaps))
    true = np.sqrt(np.maximum(gaps**2 - noise**2, 0.0))
    debiased = max(error - float(weights @ (_folded_mean(true, noise) - true)), 0.0)
    over = float(gaps @ weights)
    low, high = _ends(confidence - right, over)
    return Calibration(
        strategy=group.strategy,
        encoder=group.encoder,
        budget=group.budget,
        bins=bins,
        error=error,
        error_debiased=debiased,
        overconfidence=over,
        overconfidence_low=low,
        overconfidence_high=high,
        histogram=tuple(int(count) for count in np.histogram(confidence, bins=_STEPS, range=(0, 1))[0]),
        runs=group.runs,
        sentence=_sentence(over, low, high, debiased, name),
    )


def fit_temperature(logits: FloatArray, labels: IntArray) -> float:
    """The temperature T that makes softmax(logits / T) most likely on validation labels.

    The loss is convex in 1/T and its slope rises, so halving an interval finds it.

    Args:
        logits: `(n, k)` of validation items, never of test items.
        labels: `(n,)` their classes.

    Returns:
        Above 1 when the model is too sure. Within 1/20 and 20: where every answer is right, no temperature is cold enough.

    Raises:
        ValueError: no items, shapes that do not fit, or a logit that is not finite.
    """
    if logits.ndim != 2 or not len(labels) or logits.shape[0] != len(labels) or not np.isfinite(logits).all():
        raise ValueError(f"Expected finite logits for {len(labels)} labels, got {logits.shape}.")
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(logits, labels, float(np.exp(middle))) < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def apply_temperature(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Probabilities `(n, k)` at another temperature; which class is most probable stays as it is."""
    logits = np.log(np.clip(probabilities.astype(np.float64), np.finfo(np.float64).tiny, None)) / temperature
    return _softmax(logits)


def _slope(logits: FloatArray, labels: IntArray, sharpness: float) -> float:
    """How the mean log loss changes with 1/T."""
    scaled = logits.astype(np.float64)
    expected = (_softmax(scaled * sharpness) * scaled).sum(axis=1)
    return float((expected - scaled[np.arange(len(labels)), labels]).mean())


def _softmax(logits: FloatArray) -> FloatArray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _equal_parts(confidence: FloatArray) -> list[IntArray]:
    """Positions, confidence rising, in parts of equal size."""
    many = min(max(len(confidence) // _LEAST_IN_BIN, 1), _MOST_BINS)
    return list(np.array_split(np.argsort(confidence, kind="stable"), many))


def _bin(confidence: FloatArray, right: FloatArray, seeds: int) -> ReliabilityBin:
    low, high = _wilson(float(right.mean()), max(len(right) / seeds, 1.0))
    return ReliabilityBin(
        confidence=float(confidence.mean()), accuracy=float(right.mean()), low=low, high=high, count=len(right)
    )


def _wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's interval (1927). Seeds see the same items, so an item counts once, however many seeds there are."""
    z = 1.959964
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))


def _standard_errors(bins: tuple[ReliabilityBin, ...], seeds: int) -> FloatArray:
    """Of each bin's accuracy, with one imagined answer of either kind, so that a bin of right answers is not called certain."""
    items = np.array([max(one.count / seeds, 1.0) for one in bins])
    shares = (np.array([one.accuracy for one in bins]) * items + 1) / (items + 2)
    return np.sqrt(shares * (1 - shares) / items)


def _folded_mean(centre: FloatArray, spread: FloatArray) -> FloatArray:
    """E|N(centre, spread²)|."""
    from scipy.special import ndtr

    safe = np.maximum(spread, 1e-12)
    return safe * np.sqrt(2 / np.pi) * np.exp(-((centre / safe) ** 2) / 2) + centre * (1 - 2 * ndtr(-centre / safe))


def _ends(values: FloatArray, estimate: float) -> tuple[float | None, float | None]:
    if values.shape[1] < 2:
        return None, None
    interval = difference_interval(find_difference_spread(values), estimate)
    return interval.low, interval.high


def _sentence(over: float, low: float | None, high: float | None, error: float, name: str) -> str:
    if low is None or high is None:
        return f"One test item is too few to judge the confidence of {in_sentence(name)}."
    interval = Interval(over, low, high)
    off = f"After allowing for chance, its confidence is off by {tenths(error)} points on average."
    if low > 0:
        return f"{name} is too sure of itself by {tenths(over)} points {interval_words(interval)}. {off}"
    if high < 0:
        return f"{name} is too modest by {tenths(-over)} points {interval_words(flipped(interval))}. {off}"
    gap = f"{tenths(over)} points {interval_words(interval)}"
    return f"{name} is neither too sure nor too modest beyond chance: {gap}. {off}"
