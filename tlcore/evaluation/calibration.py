"""How far a strategy's confidence can be believed, as it is and at the temperatures its runs' validation labels ask for.

Bins hold equally many predictions, which biases the expected calibration error least (Roelofs et al. 2022), and what sampling
alone adds to each bin's gap is taken off: measured gap² - s² is an unbiased estimate of the true gap² where s is the standard
error (Kumar, Liang and Ma 2019), and a gap g measured with error s looks like E|N(g, s²)| > g, a folded normal. Temperature
scaling is Guo et al. 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.intervals import Interval, difference_interval, find_difference_spread
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import FloatArray, Group, IntArray
from tlcore.evaluation.records import Calibration, ReliabilityBin
from tlcore.evaluation.temperature import apply_temperature
from tlcore.evaluation.wording import flipped, in_sentence, interval_words, tenths

_MOST_BINS = 15
_LEAST_IN_BIN = 10
_STEPS = 20


@dataclass(frozen=True)
class _Reliability:
    """Predictions of one group, by how sure they are."""

    bins: tuple[ReliabilityBin, ...]
    over: float
    """Mean confidence minus accuracy."""
    error: float
    debiased: float


def calibration(group: Group, name: str) -> Calibration:
    """Reliability of the most probable class's probability, over all seeds' predictions.

    The same again with each run's confidence scaled by its temperature, where every run has one: temperatures come from labels
    held out of the fit, so the test still chooses nothing.

    Args:
        group: one strategy at one budget.
        name: as users read it.
    """
    confidence = np.stack([outcome.probabilities.max(axis=1) for outcome in group.outcomes]).astype(np.float64)
    right = item_values(group, "accuracy")
    found = _reliability(confidence, right)
    low, high = _ends(confidence - right, found.over)
    temperatures = tuple(outcome.run.temperature for outcome in group.outcomes if outcome.run.temperature is not None)
    scaled = _reliability(_scaled(group, temperatures), right) if len(temperatures) == len(group.outcomes) else None
    return Calibration(
        strategy=group.strategy,
        encoder=group.encoder,
        budget=group.budget,
        bins=found.bins,
        error=found.error,
        error_debiased=found.debiased,
        overconfidence=found.over,
        overconfidence_low=low,
        overconfidence_high=high,
        histogram=tuple(int(count) for count in np.histogram(confidence, bins=_STEPS, range=(0, 1))[0]),
        temperatures=temperatures if scaled else (),
        scaled_bins=scaled.bins if scaled else (),
        scaled_error_debiased=scaled.debiased if scaled else None,
        runs=group.runs,
        sentence=_sentence(found.over, low, high, found.debiased, name),
        scaled_sentence=_scaled_sentence(temperatures, scaled),
    )


def _scaled(group: Group, temperatures: Sequence[float]) -> FloatArray:
    """`(seeds, n)` confidence of each run at its temperature."""
    pairs = zip(group.outcomes, temperatures, strict=True)
    return np.stack([apply_temperature(outcome.probabilities, heat).max(axis=1) for outcome, heat in pairs])


def _reliability(confidence: FloatArray, right: FloatArray) -> _Reliability:
    """Both `(seeds, n)`."""
    parts = _equal_parts(confidence.ravel())
    bins = tuple(_bin(confidence.ravel()[part], right.ravel()[part], len(right)) for part in parts)
    weights = np.array([one.count for one in bins]) / confidence.size
    gaps = np.array([one.confidence - one.accuracy for one in bins])
    noise = _standard_errors(bins, len(right))
    error = float(weights @ np.abs(gaps))
    true = np.sqrt(np.maximum(gaps**2 - noise**2, 0.0))
    debiased = max(error - float(weights @ (_folded_mean(true, noise) - true)), 0.0)
    return _Reliability(bins, float(gaps @ weights), error, debiased)


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


def _scaled_sentence(temperatures: Sequence[float], scaled: _Reliability | None) -> str:
    if scaled is None:
        return "Too few labels were held out, or too few of them told wrong, to fit a temperature to."
    ends = [f"{heat:.2g}" for heat in (min(temperatures), max(temperatures))]
    fitted = f"a temperature of {ends[0]}" if ends[0] == ends[1] else f"temperatures of {ends[0]} to {ends[1]}"
    return (
        f"Scaled by {fitted}, fitted on held-out labels and never on the test, it is off by"
        f" {tenths(scaled.debiased)} points; its answers stay the same."
    )
