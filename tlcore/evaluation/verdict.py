"""Does transfer help here, by how much, and how sure are we?

Transfer speaks through the strategy that scores best against training from scratch at the largest budget that both have. It is
picked on the same test items, so the low end of its interval allows for the pick (`intervals.low_end_of_best`). The kind:

- `helps` / `hurts`: zero lies outside the interval and the difference exceeds the practical band. With one seed, chance in
  training is unknown, so the interval must clear the whole band and an allowance for it (`intervals.margin_of`).
- `no_difference`: the interval lies inside the band, with two seeds or more.
- `not_enough_evidence`: anything else, with what would settle it.
"""

from collections.abc import Mapping, Sequence

from tlcore.evaluation.comparison import CONTROL, Comparison, against_control
from tlcore.evaluation.intervals import Interval, best_interval, margin_of
from tlcore.evaluation.notes import find_notes
from tlcore.evaluation.outcomes import Group, Metric, Outcome, StrategyFacts, group_outcomes
from tlcore.evaluation.settle import what_would_settle
from tlcore.evaluation.wording import band_words, flipped, in_sentence, interval_words, labels_words, points, time_words
from tlcore.records import Verdict, VerdictKind


def give_verdict(
    outcomes: Sequence[Outcome], strategies: Mapping[str, StrategyFacts], band: float = 0.01, metric: Metric = "accuracy"
) -> Verdict:
    """Judge transfer against training from scratch. The same outcomes give the same verdict to the last digit.

    Args:
        outcomes: of one experiment, in any order; runs that did not finish are left out.
        strategies: every strategy that occurs, by id, in catalogue order.
        band: differences inside ±band (a fraction) do not matter in practice.
        metric: what to judge by.

    Raises:
        ValueError: the runs were not scored on the same test items.
    """
    groups = group_outcomes(outcomes)
    if groups and len(groups[0].labels) < 2:
        return _no_answer("the test set has fewer than two items.", groups, band, metric)
    rivals = against_control(groups, strategies, metric)
    if not rivals:
        return _no_answer(_missing_side(groups, strategies), groups, band, metric)
    best = rivals[0]
    interval = best_interval([pair.spread for pair in rivals], best.difference)
    kind = judge_interval(interval, band, len(best.first.seeds))
    cure = what_would_settle(rivals, band) if kind is VerdictKind.NOT_ENOUGH_EVIDENCE else None
    return Verdict(
        kind=kind,
        sentence=_sentence(kind, best, interval, strategies[best.first.strategy].name, band, metric)
        + (f" {cure.sentence}" if cure else ""),
        metric=metric,
        transfer=best.first.strategy,
        control=CONTROL,
        encoder=best.first.encoder,
        budget=best.first.budget,
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        band=band,
        seeds=len(best.first.seeds),
        n_test=len(best.first.labels),
        seeds_needed=cure.seeds if cure else None,
        items_needed=cure.items if cure else None,
        time_ratio=best.time_ratio,
        notes=find_notes(groups, rivals, strategies, band, metric),
    )


def judge_interval(interval: Interval, band: float, seeds: int, looked_at: int = 1) -> VerdictKind:
    """What a difference's 95 % interval over so many seeds says, by the rules above.

    Args:
        interval: already corrected for `looked_at` comparisons.
        band: practical band, a fraction.
        seeds: it stands on.
        looked_at: for the allowance that one seed needs.
    """
    if seeds > 1 and -band <= interval.low and interval.high <= band:
        return VerdictKind.NO_DIFFERENCE
    margin = margin_of(interval, seeds, band, looked_at)
    if interval.low > margin and interval.estimate > band:
        return VerdictKind.HELPS
    if interval.high < -margin and interval.estimate < -band:
        return VerdictKind.HURTS
    return VerdictKind.NOT_ENOUGH_EVIDENCE


def _sentence(kind: VerdictKind, best: Comparison, interval: Interval, name: str, band: float, metric: Metric) -> str:
    size, span = points(interval.estimate, metric), interval_words(interval)
    labels = labels_words(best.first.budget)
    if kind is VerdictKind.HELPS:
        return f"{name} beats training from scratch by {size} {span} with {labels}{time_words(best.time_ratio)}."
    if kind is VerdictKind.HURTS:
        span = interval_words(flipped(interval))
        return f"Transfer hurts here: {in_sentence(name)} falls {size} short of training from scratch {span} with {labels}."
    if kind is VerdictKind.NO_DIFFERENCE:
        return (
            f"{name} and training from scratch score the same in practice with {labels}: they differ by {size} {span}, "
            f"inside the practical band of {band_words(band)}{time_words(best.time_ratio)}."
        )
    ahead = interval.estimate >= 0
    span = interval_words(interval if ahead else flipped(interval))
    return (
        f"Not enough evidence yet: {in_sentence(name)} is {size} {'ahead of' if ahead else 'behind'} training from scratch "
        f"{span} with {labels}."
    )


def _missing_side(groups: Sequence[Group], strategies: Mapping[str, StrategyFacts]) -> str:
    if not groups:
        return "no run has finished."
    if not any(group.strategy == CONTROL for group in groups):
        return "no run from scratch has finished, so there is nothing to compare transfer with."
    if not any(strategies[group.strategy].transfer for group in groups):
        return "no run that starts from a pre-trained network has finished, so there is nothing to compare with scratch."
    return "no run from scratch has a finished partner with the same encoder, number of labels and seed."


def _no_answer(reason: str, groups: Sequence[Group], band: float, metric: Metric) -> Verdict:
    return Verdict(
        kind=VerdictKind.NOT_ENOUGH_EVIDENCE,
        sentence=f"No answer yet: {reason}",
        metric=metric,
        band=band,
        n_test=len(groups[0].labels) if groups else 0,
    )
