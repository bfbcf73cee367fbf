"""How much more data would bring: the winning curve continued, up to four times the labels that were run.

Refused where it would mislead: fewer than four budgets, one seed, a curve that falls or does not rise beyond chance, one that
still rises ever faster, one that no power law fits. The fit knows how scores at several budgets move together, because they
share test items and seeds.
"""

from collections.abc import Sequence

import numpy as np

from tlcore.evaluation.components import Components, find_components
from tlcore.evaluation.intervals import TAIL, Interval, t_quantile
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import FloatArray, Group, Measure
from tlcore.evaluation.power_law import PowerLaw, fit_power_law
from tlcore.evaluation.records import Growth, GrowthPoint, LabelsNeeded
from tlcore.evaluation.wording import MEASURE_NAMES, in_sentence, interval_words, labels_words, tenths

FARTHEST = 4.0
"""Times the largest budget."""
_LEAST_BUDGETS = 4
_STEPS = (1.25, 1.5, 2.0, 2.5, 3.0, FARTHEST)
_MISFIT = 0.02
"""Chance of so bad a fit, were the law true, below which it is refused."""


def foresee(groups: Sequence[Group], measure: Measure, name: str, farthest: float = FARTHEST) -> Growth:
    """Fit a power law to one strategy's runs and continue it.

    Args:
        groups: one strategy with one encoder at several budgets, at least one.
        measure: a score in 0-1; log loss is refused.
        name: of the strategy, as users read it.
        farthest: how far to look, in times the largest budget; at most 4.
    """
    groups = sorted(groups, key=lambda group: group.budget)
    seeds = sorted(set(groups[0].seeds).intersection(*(group.seeds for group in groups)))
    reason = _cannot(groups, seeds, measure)
    if reason:
        return _refused(groups, measure, name, reason)
    groups = [group.only(seeds) for group in groups]
    components = find_components([item_values(group, measure) for group in groups])
    budgets = np.array([group.budget for group in groups], dtype=np.float64)
    reason = _shape(components) or _bend(budgets, components.means)
    if reason:
        return _refused(groups, measure, name, reason)
    law = fit_power_law(budgets, components.means, covariance_of(components))
    if _chance_of(float(law.misfit.min()), len(groups) - 3) < _MISFIT:
        return _refused(groups, measure, name, "its curve does not follow a power law, so any continuation would be a guess.")
    points = tuple(_point(law, round(step * budgets[-1])) for step in _STEPS if step <= min(farthest, FARTHEST))
    return _growth(groups, measure, points, _sentence(points, int(budgets[-1]), measure, name))


def labels_needed(growth: Growth, target: float) -> LabelsNeeded:
    """Where a foreseen curve reaches `target`, a score in 0-1; never beyond what is foreseen."""
    name = MEASURE_NAMES[growth.measure]
    if not growth.points:
        return LabelsNeeded(
            target=target,
            sentence=f"It cannot be said when {tenths(target)} % {name} is reached: {growth.refused}",
        )
    farthest = growth.points[-1].budget
    labels, low, high = (_reaching(growth, end, target) for end in ("score", "high", "low"))
    if low is None:
        sentence = f"{tenths(target)} % {name} is out of reach with up to {labels_words(farthest)}."
    elif labels is None:
        sentence = f"{tenths(target)} % {name} probably takes more than {labels_words(farthest)}; at the very least {low:,}."
    else:
        upper = f"{high:,}" if high else f"more than {farthest:,}"
        sentence = f"{tenths(target)} % {name} takes about {labels_words(labels)} (95 % interval {low:,} to {upper})."
    return LabelsNeeded(target=target, labels=labels, low=low, high=high, sentence=sentence)


def covariance_of(components: Components) -> FloatArray:
    """`(k, k)` covariance of mean scores, each source of chance widened by what its own t quantile has over the normal one.

    Seeds move a whole curve (which items were drawn first) and single points of it. With three seeds the first is hardly known,
    the second well, so they are told apart by a second analysis of variance, seeds x budgets, and pooled over the budgets.
    """
    seeds, items, many = components.seeds, components.items, len(components.means)
    rest = np.diag(components.of_rest) / items
    of_items = components.of_items / (items - 1) / items
    of_items += np.diag(rest * 0.02 + 1e-9)
    trace, total = float(np.trace(components.of_seeds)), float(components.of_seeds.sum())
    lasting, fresh = total / many, (trace - total / many) / (many - 1)
    fresh_more = max(fresh - float(rest.mean()), 0.0)
    lasting_more = max(lasting - fresh, 0.0) / many
    return (
        _widening(items - 1) * of_items
        + _widening((many - 1) * (seeds - 1)) * fresh_more / seeds * np.eye(many)
        + _widening(seeds - 1) * lasting_more / seeds * np.ones((many, many))
    )


def _widening(degrees: int) -> float:
    return (t_quantile(TAIL, degrees) / 1.959964) ** 2


def _cannot(groups: Sequence[Group], seeds: Sequence[int], measure: Measure) -> str:
    """Why these runs say nothing about more labels; empty when they may."""
    if measure == "log_loss":
        return "log loss has no upper end to grow towards; choose another measure."
    if len(groups) < _LEAST_BUDGETS:
        return f"it takes {_LEAST_BUDGETS} budgets or more to see a curve's bend, and there are {len(groups)}."
    if len(seeds) < 2:
        return "it takes two seeds or more that have run at every budget, to tell a bend from chance in training."
    return "the test set has fewer than two items." if len(groups[0].labels) < 2 else ""


def _shape(components: Components) -> str:
    """Why a curve of this shape is not continued; empty when it is."""
    many = len(components.means)
    for place in range(many - 1):
        fall = np.zeros(many)
        fall[[place, place + 1]] = 1.0, -1.0
        spread = components.spread(fall, float(fall @ components.means))
        if spread.centre > spread.half_width(TAIL / (many - 1)):
            return "its score falls, beyond chance, as labels are added."
    gain = np.zeros(many)
    gain[[0, -1]] = -1.0, 1.0
    spread = components.spread(gain, float(gain @ components.means))
    return (
        ""
        if spread.centre > spread.half_width(TAIL)
        else "its score does not rise beyond chance over the budgets that were run."
    )


def _bend(budgets: FloatArray, scores: FloatArray) -> str:
    """Why a curve that bends upwards is not continued: a power law flattens in log labels, the start of an S does not."""
    half = (len(budgets) + 1) // 2
    first, last = (
        np.polyfit(np.log(budgets[part]), scores[part], 1)[0] for part in (slice(None, half), slice(len(budgets) - half, None))
    )
    return "its curve is not flattening yet, so nothing shows where it will." if last > first else ""


def _chance_of(misfit: float, degrees: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, max(misfit, 0.0)))


def _point(law: PowerLaw, budget: int) -> GrowthPoint:
    score, gain = law.score(budget), law.gain(budget)
    return GrowthPoint(
        budget=budget, score=score.estimate, low=score.low, high=score.high,
        gain=gain.estimate, gain_low=gain.low, gain_high=gain.high,
    )  # fmt: skip


def _sentence(points: Sequence[GrowthPoint], largest: int, measure: Measure, name: str) -> str:
    doubled = next((point for point in points if point.budget >= 2 * largest), points[-1])
    score, gain = (
        Interval(doubled.score, doubled.low, doubled.high),
        Interval(doubled.gain, doubled.gain_low, doubled.gain_high),
    )
    return (
        f"With {labels_words(doubled.budget)} instead of {largest:,}, {in_sentence(name)} would score about"
        f" {tenths(score.estimate)} % {MEASURE_NAMES[measure]} {interval_words(score)}: {tenths(gain.estimate)} points more"
        f" {interval_words(gain)}."
    )


def _refused(groups: Sequence[Group], measure: Measure, name: str, reason: str) -> Growth:
    found = _growth(groups, measure, (), f"What more labels would bring {in_sentence(name)} cannot be said: {reason}")
    return found.model_copy(update={"refused": reason})


def _growth(groups: Sequence[Group], measure: Measure, points: tuple[GrowthPoint, ...], sentence: str) -> Growth:
    return Growth(
        strategy=groups[0].strategy,
        encoder=groups[0].encoder,
        measure=measure,
        budgets=tuple(group.budget for group in groups),
        points=points,
        seeds=len(groups[0].seeds),
        runs=tuple(run for group in groups for run in group.runs),
        sentence=sentence,
    )


def _reaching(growth: Growth, end: str, target: float) -> int | None:
    """Labels at which the foreseen `end` reaches `target`, even in log labels between two points; None when it does not."""
    place = next((place for place, point in enumerate(growth.points) if getattr(point, end) >= target), None)
    if not place:
        return None if place is None else growth.points[0].budget
    before, point = growth.points[place - 1], growth.points[place]
    share = (target - getattr(before, end)) / (getattr(point, end) - getattr(before, end))
    return int(np.ceil(before.budget * (point.budget / before.budget) ** share))
