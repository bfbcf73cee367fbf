"""Time: what is saved, what it buys, and when the control's best score is reached. Encoding counts, as from cold."""

from collections.abc import Sequence

import numpy as np

from tlcore.evaluation.comparison import total_seconds
from tlcore.evaluation.curves import group_score
from tlcore.evaluation.intervals import TAIL, t_quantile
from tlcore.evaluation.outcomes import FloatArray, Group, Measure
from tlcore.evaluation.records import TimePoint, TimeSaved, TimeToMatch
from tlcore.evaluation.wording import MEASURE_NAMES, labels_words, seconds_words, tenths, times_words, trained


def time_saved(strategy: Group, control: Group, names: tuple[str, str]) -> TimeSaved:
    """The control's mean time over the strategy's, on the seeds that both have.

    The interval is a t interval of the log ratio, paired over seeds (delta method). It covers chance between runs on this
    machine; another machine may have another ratio.
    """
    seeds = set(strategy.seeds) & set(control.seeds)
    empty = TimeSaved(
        strategy=strategy.strategy, control=control.strategy, encoder=strategy.encoder, budget=strategy.budget, sentence=""
    )
    if not seeds:
        return empty.model_copy(update={"sentence": f"{names[0]} and {names[1]} share no finished seed: no times to compare."})
    own, other = _run_seconds(strategy.only(seeds)), _run_seconds(control.only(seeds))
    if own is None or other is None:
        return empty.model_copy(update={"sentence": "A run did not record its time, so times are not compared."})
    low, high = _ratio_ends(own, other)
    found = {"ratio": float(other.mean() / own.mean()), "low": low, "high": high, "seeds": len(seeds)}
    return empty.model_copy(update={**found, "sentence": _saved(strategy.budget, own, other, names)})


def _saved(budget: int, own: FloatArray, other: FloatArray, names: tuple[str, str]) -> str:
    low, high = _ratio_ends(own, other)
    ratio = times_words(float(other.mean() / own.mean()))
    known = low is not None and high is not None
    span = f"95 % interval {times_words(low or 0.0, bare=True)} to {times_words(high or 0.0, bare=True)}"
    return (
        f"With {labels_words(budget)}, {trained(names[0])} took {seconds_words(float(own.mean()))} a run and"
        f" {trained(names[1])} {seconds_words(float(other.mean()))}, {ratio} as long"
        f" ({span if known else 'one seed, so no interval'})."
    )


def time_points(groups: Sequence[Group], measure: Measure) -> tuple[TimePoint, ...]:
    """Score against total time, quickest first; runs without a time are left out. The front is where no point is better."""
    sign = -1.0 if measure == "log_loss" else 1.0
    timed = [(seconds, group) for group in groups if (seconds := total_seconds(group)) is not None]
    found, best = [], -np.inf
    scored = [(seconds, *group_score(group, measure), group) for seconds, group in timed]
    for seconds, score, interval, group in sorted(scored, key=lambda one: (one[0], -sign * one[1], one[3].strategy)):
        front = sign * score > best
        best = max(best, sign * score)
        found.append(
            TimePoint(
                strategy=group.strategy,
                encoder=group.encoder,
                budget=group.budget,
                seconds=seconds,
                score=score,
                low=interval.low if interval else None,
                high=interval.high if interval else None,
                front=front,
                runs=group.runs,
            )
        )
    return tuple(found)


def time_to_match(
    strategy: Sequence[Group], controls: Sequence[Group], measure: Measure, names: tuple[str, str]
) -> TimeToMatch | None:
    """The least time at which a strategy's runs reached the control's best mean score; only what was run counts.

    Args:
        strategy: one strategy with one encoder at all its budgets.
        controls: the control with the same encoder at all its budgets.
        measure: what to match.
        names: of both, as users read them.

    Returns:
        None when either side is empty.
    """
    if not strategy or not controls:
        return None
    sign = -1.0 if measure == "log_loss" else 1.0
    best = max(controls, key=lambda group: (sign * group_score(group, measure)[0], -group.budget))
    target = group_score(best, measure)[0]
    reached = [group for group in strategy if sign * group_score(group, measure)[0] >= sign * target]
    timed = [(seconds, group) for group in reached if (seconds := total_seconds(group)) is not None]
    seconds, group = min(timed, key=lambda one: one[0], default=(None, None))
    shown = f"{target:.3f} nats" if measure == "log_loss" else f"{tenths(target)} % {MEASURE_NAMES[measure]}"
    goal = f"the best score of {trained(names[1])}, {shown} with {labels_words(best.budget)}"
    return TimeToMatch(
        strategy=strategy[0].strategy,
        control=best.strategy,
        encoder=strategy[0].encoder,
        target=target,
        control_budget=best.budget,
        control_seconds=total_seconds(best),
        budget=group.budget if group else None,
        seconds=seconds,
        sentence=_matched(goal, group, seconds, total_seconds(best), bool(reached), names[0]),
    )


def _matched(goal: str, group: Group | None, seconds: float | None, control: float | None, reached: bool, name: str) -> str:
    if group is None or seconds is None:
        return f"{name} reached {goal}, but its time was not recorded." if reached else f"{name} never reached {goal}."
    against = "" if control is None else f" instead of {seconds_words(control)}"
    return f"{name} reached {goal}, in {seconds_words(seconds)} a run{against}, with {labels_words(group.budget)}."


def _run_seconds(group: Group) -> FloatArray | None:
    """`(seeds,)` training and encoding seconds; None where a run lacks either or took no time."""
    pairs = [(outcome.run.train_seconds, outcome.run.encode_seconds) for outcome in group.outcomes]
    known = [train + encode for train, encode in pairs if train is not None and encode is not None]
    return np.array(known) if len(known) == len(pairs) and min(known) > 0 else None


def _ratio_ends(own: FloatArray, other: FloatArray) -> tuple[float | None, float | None]:
    if len(own) < 2:
        return None, None
    influence = other / other.mean() - own / own.mean()
    reach = t_quantile(TAIL, len(own) - 1) * float(influence.std(ddof=1)) / len(own) ** 0.5
    ratio = float(other.mean() / own.mean())
    return ratio * float(np.exp(-min(reach, 50.0))), ratio * float(np.exp(min(reach, 50.0)))
