"""What a reader must know beside the verdict's sentence, most important first."""

from collections.abc import Iterator, Mapping, Sequence

from tlcore.evaluation.comparison import CLASSIC, CONTROL, Comparison, compare
from tlcore.evaluation.intervals import difference_interval
from tlcore.evaluation.outcomes import Group, Metric, StrategyFacts
from tlcore.evaluation.wording import flipped, in_sentence, interval_words, listed, points

_SMALL_TEST = 100


def find_notes(
    groups: Sequence[Group],
    rivals: Sequence[Comparison],
    strategies: Mapping[str, StrategyFacts],
    band: float,
    metric: Metric,
) -> tuple[str, ...]:
    """Plain sentences; the first says so when the classic baseline is as good as the best transfer strategy.

    Args:
        groups: all finished runs of the experiment.
        rivals: every transfer strategy against scratch, best first.
        strategies: names by id.
        band: practical band, a fraction.
        metric: what is judged by.
    """
    best = rivals[0]
    return (
        *_classic(groups, best, strategies, metric),
        *_seeds(groups, best),
        *_picked(rivals, strategies),
        *_test_set(best),
        *_losers(rivals, strategies, band, metric),
        *_stored_features(best),
    )


def _classic(
    groups: Sequence[Group], best: Comparison, strategies: Mapping[str, StrategyFacts], metric: Metric
) -> Iterator[str]:
    budget = best.first.budget
    classic = next((group for group in groups if group.strategy == CLASSIC and group.budget == budget), None)
    pair = compare(best.first, classic, metric) if classic else None
    if pair is None:
        return
    interval, name = pair.interval(), in_sentence(strategies[best.first.strategy].name)
    size = points(interval.estimate, metric)
    simple = f"The {in_sentence(strategies[CLASSIC].name)}, which needs no deep learning,"
    if interval.high < 0:
        yield f"{simple} beats {name} by {size} {interval_words(flipped(interval))}."
    elif interval.estimate < 0:
        yield f"{simple} is as good as {name}: {size} ahead {interval_words(flipped(interval))}."
    elif interval.low <= 0:
        yield f"{simple} may be as good as {name}, which is only {size} ahead {interval_words(interval)}."


def _seeds(groups: Sequence[Group], best: Comparison) -> Iterator[str]:
    seeds = len(best.first.seeds)
    if seeds == 1:
        yield "Only one seed was run: the interval covers chance in the test items, not in training."
    elif seeds == 2:
        yield "Only two seeds were run, so chance in training is roughly known; three or more make the interval firmer."
    sides = {(best.first.strategy, best.first.encoder), (CONTROL, best.first.encoder)}
    of_pair = (one for one in groups if (one.strategy, one.encoder) in sides and one.budget == best.first.budget)
    alone = {seed for group in of_pair for seed in group.seeds} - set(best.first.seeds)
    if alone:
        which = f"seed{'s' if len(alone) > 1 else ''} {listed(str(seed) for seed in sorted(alone))}"
        yield f"Left out for want of a finished partner: {which}."


def _picked(rivals: Sequence[Comparison], strategies: Mapping[str, StrategyFacts]) -> Iterator[str]:
    if len(rivals) > 1:
        name = strategies[rivals[0].first.strategy].name
        yield (
            f"{name} scored best of the {len(rivals)} ways of transfer on this test set; picking the winner flatters it, "
            "so the low end of its interval allows for that, the more the less the others agree."
        )


def _test_set(best: Comparison) -> Iterator[str]:
    n_test, scores = len(best.first.labels), best.first.outcomes[0].run.scores
    if n_test < _SMALL_TEST:
        yield f"The test set is small ({n_test} items), so every score here is uncertain."
    missing = [each.label for each in scores.per_class if not each.support] if scores else []
    if missing:
        yield f"The test set has no item of {listed(missing)}: nothing is known about how well that is recognised."


def _losers(
    rivals: Sequence[Comparison], strategies: Mapping[str, StrategyFacts], band: float, metric: Metric
) -> Iterator[str]:
    """Ways of transfer, other than the best, that are worse than scratch beyond chance and band."""
    for pair in rivals[1:]:
        loss = difference_interval(pair.spread.reversed(), -pair.difference, len(rivals))
        if loss.low > 0 and loss.estimate > band:
            size = points(loss.estimate, metric)
            yield f"{strategies[pair.first.strategy].name} falls {size} short of training from scratch {interval_words(loss)}."


def _stored_features(best: Comparison) -> Iterator[str]:
    if any(outcome.run.features_reused for outcome in best.first.outcomes):
        yield "Times include encoding from cold, although the features came from the store."
