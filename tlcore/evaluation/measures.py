"""One pair of strategies by every measure.

A verdict rests on one measure, chosen beforehand; the others are shown beside it, each with its own uncorrected interval, so
that a reader sees whether they agree. None of them can turn the verdict.
"""

from tlcore.evaluation.comparison import Comparison, compare
from tlcore.evaluation.curves import MEASURES
from tlcore.evaluation.intervals import TAIL, Interval
from tlcore.evaluation.outcomes import Group, Measure
from tlcore.evaluation.records import MeasureDifference
from tlcore.evaluation.wording import MEASURE_NAMES, flipped, interval_words, opening, tenths, trained


def measure_differences(first: Group, second: Group, names: tuple[str, str]) -> tuple[MeasureDifference, ...]:
    """First minus second by accuracy, macro F1, balanced accuracy and log loss.

    Args:
        first: one strategy.
        second: another one at the same budget.
        names: of both, as users read them.

    Returns:
        Empty when they share no seed or there are fewer than two test items.
    """
    if len(first.labels) < 2:
        return ()
    found = [(measure, compare(first, second, measure)) for measure in MEASURES]
    return tuple(_difference(pair, measure, names) for measure, pair in found if pair)


def _difference(pair: Comparison, measure: Measure, names: tuple[str, str]) -> MeasureDifference:
    half = pair.spread.half_width(TAIL)
    interval = Interval(pair.difference, pair.spread.centre - half, pair.spread.centre + half)
    sign = -1.0 if measure == "log_loss" else 1.0
    sure = interval.low > 0 or interval.high < 0
    winner = pair.first if sign * interval.estimate > 0 else pair.second
    return MeasureDifference(
        measure=measure,
        first=pair.first.strategy,
        second=pair.second.strategy,
        encoder=pair.first.encoder,
        budget=pair.first.budget,
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        better=winner.strategy if sure else None,
        seeds=len(pair.first.seeds),
        sentence=_sentence(interval if interval.estimate >= 0 else flipped(interval), interval.estimate, measure, names),
    )


def _sentence(size: Interval, signed: float, measure: Measure, names: tuple[str, str]) -> str:
    """By how much the first lies above or below the second, and whether chance explains it."""
    above = "above" if signed >= 0 else "below"
    if measure == "log_loss":
        amount = f"{size.estimate:.3f} nats {above}"
        span = f"(95 % interval {size.low + 0.0:.3f} to {size.high:.3f}; lower is better)"
    else:
        amount, span = f"{tenths(size.estimate)} points {above}", interval_words(size)
    chance = ", which chance alone could bring" if size.low <= 0 <= size.high else ""
    return f"{opening(MEASURE_NAMES[measure])} of {trained(names[0])} lies {amount} that of {trained(names[1])} {span}{chance}."
