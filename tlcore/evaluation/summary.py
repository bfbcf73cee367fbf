"""One row for each strategy, encoder and budget."""

from collections.abc import Sequence

from tlcore.evaluation.intervals import Interval, score_interval
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import Group, Outcome, group_outcomes
from tlcore.records import StrategySummary


def summarise(outcomes: Sequence[Outcome]) -> tuple[StrategySummary, ...]:
    """Average the finished runs over their seeds, with 95 % intervals over seeds and test items.

    Args:
        outcomes: of one experiment.

    Returns:
        Sorted by strategy, encoder and budget; empty while no run has finished. With one seed the intervals cover
        chance in the test items alone.
    """
    return tuple(_summary(group) for group in group_outcomes(outcomes))


def mean_seconds(group: Group) -> tuple[float | None, float | None]:
    """Mean training and encoding seconds a run; None where a run did not record it."""
    runs = [outcome.run for outcome in group.outcomes]
    return _mean([run.train_seconds for run in runs]), _mean([run.encode_seconds for run in runs])


def _summary(group: Group) -> StrategySummary:
    accuracy: Interval = score_interval(item_values(group, "accuracy"))
    macro_f1: Interval = score_interval(item_values(group, "macro_f1"))
    train_seconds, encode_seconds = mean_seconds(group)
    return StrategySummary(
        strategy=group.strategy,
        encoder=group.encoder,
        budget=group.budget,
        seeds=len(group.seeds),
        accuracy=accuracy.estimate,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        macro_f1=macro_f1.estimate,
        macro_f1_low=macro_f1.low,
        macro_f1_high=macro_f1.high,
        train_seconds=train_seconds,
        encode_seconds=encode_seconds,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
