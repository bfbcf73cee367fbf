"""Negative transfer, overall and by class, and what is simpler and better: said first, with what may be behind it.

Three families of comparisons are looked at, and each corrects its intervals for its own size (Bonferroni), so that in each the
chance of any false alarm is at most 2.5 %: every way of transfer against scratch at every budget; the classic baseline against
the best way of transfer at every budget; every class of the verdict's pair. An alarm needs the whole interval below zero, and
the loss to exceed the practical band; with one seed the interval must clear more than zero (`intervals.margin_of`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlcore.evaluation.alarm_records import Alarm, Cause, Familiarity, NextStep
from tlcore.evaluation.causes import Scene, find_causes, more_labels, more_seeds
from tlcore.evaluation.comparison import CLASSIC, CONTROL, Comparison, against_control, compare
from tlcore.evaluation.differences import class_changes
from tlcore.evaluation.intervals import Interval, margin_of
from tlcore.evaluation.outcomes import Group, Metric, StrategyFacts
from tlcore.evaluation.wording import flipped, in_sentence, interval_words, labels_words, points, tenths, trained


@dataclass(frozen=True)
class Watch:
    """What alarms are judged by."""

    strategies: Mapping[str, StrategyFacts]
    metric: Metric = "accuracy"
    band: float = 0.01
    """Practical band, a fraction."""
    n_train: int | None = None
    """Size of the training part, so that a next step does not ask for labels that nobody has."""
    familiar: Sequence[Familiarity] = ()
    """How near the items are to what each encoder learned from."""


def find_alarms(groups: Sequence[Group], watch: Watch, classes: Sequence[str]) -> tuple[Alarm, ...]:
    """All alarms: the classic baseline first, then strategies, largest budget first, then classes, worst first.

    Args:
        groups: all finished runs of an experiment.
        watch: what to judge by.
        classes: names in class order.
    """
    if not groups or len(groups[0].labels) < 2:
        return ()
    return (*_classic_wins(groups, watch), *_negative_transfer(groups, watch), *_class_losses(groups, watch, classes))


def _classic_wins(groups: Sequence[Group], watch: Watch) -> list[Alarm]:
    found = []
    for classic in (group for group in groups if group.strategy == CLASSIC):
        rivals = [group for group in groups if group.budget == classic.budget and watch.strategies[group.strategy].transfer]
        pairs = [pair for group in rivals if (pair := compare(group, classic, watch.metric))]
        if pairs:
            found.append(max(pairs, key=lambda pair: pair.difference))
    lost = [(pair, interval) for pair, interval in _corrected(found) if _loses(pair, interval, watch)]
    return [_alarm("classic_wins", pair, interval, len(found), groups, watch) for pair, interval in _largest_first(lost)]


def _negative_transfer(groups: Sequence[Group], watch: Watch) -> list[Alarm]:
    controls = {(group.encoder, group.budget): group for group in groups if group.strategy == CONTROL}
    found = []
    for group in groups:
        control = controls.get((group.encoder, group.budget))
        pair = compare(group, control, watch.metric) if control and watch.strategies[group.strategy].transfer else None
        if pair:
            found.append(pair)
    lost = [(pair, interval) for pair, interval in _corrected(found) if _loses(pair, interval, watch)]
    return [_alarm("negative_transfer", pair, interval, len(found), groups, watch) for pair, interval in _largest_first(lost)]


def _class_losses(groups: Sequence[Group], watch: Watch, classes: Sequence[str]) -> list[Alarm]:
    rivals = against_control(groups, watch.strategies, watch.metric)
    if not rivals:
        return []
    pair = rivals[0]
    name, other = (watch.strategies[group.strategy].name for group in (pair.first, pair.second))
    changes = class_changes(pair.first, pair.second, classes)
    looked_at = sum(change.low is not None for change in changes)
    alarms = []
    for change in sorted(changes, key=lambda one: (one.difference or 0.0, one.label)):
        if change.difference is None or change.low is None or change.high is None:
            continue
        interval = Interval(change.difference, change.low, change.high)
        if not _loses(pair, interval, watch):
            continue
        sentence = (
            f"{name} recognises “{change.label}” less often than {trained(other)}, by {tenths(-change.difference)} points"
            f" of recall {interval_words(flipped(interval))} with {labels_words(pair.first.budget)}."
        )
        step = more_labels(pair.first.budget, watch.n_train) or more_seeds(len(pair.first.seeds))
        alarms.append(
            _record("class_loss", pair, interval, looked_at, sentence, step).model_copy(update={"label": change.label})
        )
    return alarms


def _corrected(pairs: Sequence[Comparison]) -> list[tuple[Comparison, Interval]]:
    """Both ends allow for all the pairs."""
    return [(pair, pair.interval_among(len(pairs))) for pair in pairs]


def _loses(pair: Comparison, interval: Interval, watch: Watch) -> bool:
    margin = margin_of(interval, len(pair.first.seeds), watch.band)
    return interval.high < -margin and interval.estimate < -watch.band


def _largest_first(lost: Sequence[tuple[Comparison, Interval]]) -> list[tuple[Comparison, Interval]]:
    return sorted(lost, key=lambda one: (-one[0].first.budget, one[1].estimate, one[0].first.strategy, one[0].first.encoder))


def _alarm(kind: str, pair: Comparison, interval: Interval, looked_at: int, groups: Sequence[Group], watch: Watch) -> Alarm:
    names = watch.strategies
    name, other = names[pair.first.strategy].name, names[pair.second.strategy].name
    size, span = points(interval.estimate, watch.metric), interval_words(flipped(interval))
    with_labels = f"with {labels_words(pair.first.budget)}"
    if kind == "classic_wins":
        sentence = (
            f"The simple thing wins: {in_sentence(other)}, which needs no deep learning, beats the best way of transfer,"
            f" {in_sentence(name)}, by {size} {span} {with_labels}."
        )
    else:
        sentence = f"Negative transfer: {in_sentence(name)} falls {size} short of {trained(other)} {span} {with_labels}."
    causes = find_causes(Scene(pair.first, name, groups, watch.n_train, watch.familiar))
    step = causes[0].next_step if causes else more_labels(pair.first.budget, watch.n_train) or more_seeds(len(pair.first.seeds))
    return _record(kind, pair, interval, looked_at, sentence, step, causes)


def _record(
    kind: str,
    pair: Comparison,
    interval: Interval,
    looked_at: int,
    sentence: str,
    step: NextStep,
    causes: tuple[Cause, ...] = (),
) -> Alarm:
    return Alarm.model_validate({
        "kind": kind, "strategy": pair.first.strategy, "against": pair.second.strategy, "encoder": pair.first.encoder,
        "budget": pair.first.budget, "difference": interval.estimate, "low": interval.low, "high": interval.high,
        "looked_at": looked_at, "sentence": sentence, "causes": causes, "next_step": step,
        "runs": (*pair.first.runs, *pair.second.runs),
    })  # fmt: skip
