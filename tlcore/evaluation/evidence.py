"""All that stands behind a verdict, in one go: what a results page or report shows beneath the sentence."""

from collections.abc import Mapping, Sequence

from tlcore.evaluation.alarms import Watch, find_alarms
from tlcore.evaluation.calibration import calibration
from tlcore.evaluation.comparison import CONTROL, against_control
from tlcore.evaluation.curves import MEASURES, curves_of, group_score
from tlcore.evaluation.differences import item_differences
from tlcore.evaluation.growth import foresee
from tlcore.evaluation.labels_saved import headline, labels_saved
from tlcore.evaluation.measures import measure_differences
from tlcore.evaluation.outcomes import Group, Metric, Outcome, StrategyFacts, group_outcomes
from tlcore.evaluation.records import Evidence, LabelsSaved, TimeSaved, TimeToMatch
from tlcore.evaluation.times import time_points, time_saved, time_to_match
from tlcore.records import Verdict

Names = Mapping[str, StrategyFacts]


def find_evidence(outcomes: Sequence[Outcome], watch: Watch, classes: Sequence[str]) -> Evidence:
    """Everything that can be said about an experiment's finished runs; what cannot is left out or comes with its reason.

    The same outcomes, in any order, give the same evidence to the last digit.

    Args:
        outcomes: of one experiment; runs that did not finish are left out.
        watch: strategies, metric and band, as `give_verdict` has them, and the size of the training part.
        classes: names in class order.

    Raises:
        ValueError: the runs were not scored on the same test items.
    """
    groups = group_outcomes(outcomes)
    if not groups or len(groups[0].labels) < 2:
        return Evidence(notes=("The test set has fewer than two items, so nothing can be compared.",) if groups else ())
    names, metric = watch.strategies, watch.metric
    rivals = against_control(groups, names, metric)
    best = rivals[0] if rivals else None
    saved = _labels_saved(groups, names, metric)
    speaks = (best.first.strategy, best.first.encoder) if best else None
    pair_names = (names[best.first.strategy].name, names[CONTROL].name) if best else ("", "")
    return Evidence(
        curves=tuple(curve for measure in MEASURES for curve in curves_of(groups, measure)),
        measures=measure_differences(best.first, best.second, pair_names) if best else (),
        labels_saved=saved,
        headline=headline([one for one in saved if (one.strategy, one.encoder) == speaks]),
        time_saved=_time_saved(groups, names),
        times=time_points(groups, metric),
        time_to_match=_time_to_match(groups, names, metric),
        alarms=find_alarms(groups, watch, classes),
        growth=foresee(winner, metric, names[winner[0].strategy].name) if (winner := _winner(groups, metric)) else None,
        differences=item_differences(best.first, best.second, classes) if best else None,
        calibration=tuple(calibration(group, names[group.strategy].name) for group in _at_largest(groups)),
        notes=_notes(groups, names),
    )


def _labels_saved(groups: Sequence[Group], names: Names, metric: Metric) -> tuple[LabelsSaved, ...]:
    return tuple(
        labels_saved(group, controls, metric, (names[group.strategy].name, names[CONTROL].name))
        for group in groups
        if names[group.strategy].transfer and (controls := _controls(groups, group.encoder))
    )


def _time_saved(groups: Sequence[Group], names: Names) -> tuple[TimeSaved, ...]:
    found = []
    for group in groups:
        control = next((one for one in _controls(groups, group.encoder) if one.budget == group.budget), None)
        if control and names[group.strategy].transfer:
            found.append(time_saved(group, control, (names[group.strategy].name, names[CONTROL].name)))
    return tuple(found)


def _time_to_match(groups: Sequence[Group], names: Names, metric: Metric) -> tuple[TimeToMatch, ...]:
    pairs = sorted({(group.strategy, group.encoder) for group in groups if names[group.strategy].transfer})
    found = (
        time_to_match(
            _curve(groups, strategy, encoder), _controls(groups, encoder), metric, (names[strategy].name, names[CONTROL].name)
        )
        for strategy, encoder in pairs
    )
    return tuple(one for one in found if one)


def _winner(groups: Sequence[Group], metric: Metric) -> list[Group]:
    """All budgets of the strategy that scores best at the largest one."""
    largest = max(group.budget for group in groups)
    best = max((group for group in groups if group.budget == largest), key=lambda group: group_score(group, metric)[0])
    return _curve(groups, best.strategy, best.encoder)


def _at_largest(groups: Sequence[Group]) -> list[Group]:
    """Each strategy and encoder at the largest budget that it has finished."""
    found = {(group.strategy, group.encoder): group for group in sorted(groups, key=lambda group: group.budget)}
    return [found[key] for key in sorted(found)]


def _controls(groups: Sequence[Group], encoder: str) -> list[Group]:
    return _curve(groups, CONTROL, encoder)


def _curve(groups: Sequence[Group], strategy: str, encoder: str) -> list[Group]:
    return [group for group in groups if (group.strategy, group.encoder) == (strategy, encoder)]


def _notes(groups: Sequence[Group], names: Names) -> tuple[str, ...]:
    notes = []
    if not any(names[group.strategy].transfer for group in groups):
        notes.append("No run that starts from a pre-trained network has finished, so labels and time saved are not known.")
    if not any(group.strategy == CONTROL for group in groups):
        notes.append("No run from scratch has finished, so labels and time saved are not known.")
    if len({group.budget for group in groups}) == 1:
        notes.append("Only one budget was run, so there is no curve: more budgets show how many labels transfer saves.")
    if max(len(group.seeds) for group in groups) == 1:
        notes.append("Only one seed was run: intervals cover chance in the test items, not in training.")
    return tuple(notes)


def opening_sentences(verdict: Verdict, evidence: Evidence) -> tuple[str, ...]:
    """What a reader must see first, in order: that the simple thing wins if it does, the verdict, the labels saved.

    Only what concerns the verdict's budget or strategy; every number in it is a field of one of these records.
    """
    simple = (alarm.sentence for alarm in evidence.alarms if alarm.kind == "classic_wins" and alarm.budget == verdict.budget)
    saved = (evidence.headline.sentence,) if evidence.headline else ()
    return (*simple, verdict.sentence, *saved)
