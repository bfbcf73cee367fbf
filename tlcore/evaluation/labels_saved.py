"""Labels saved: how many labels the control needs to match a strategy at n labels.

Both sides' scores are uncertain, and so is where two curves cross. The interval therefore comes from turning the test round,
as Fieller (1954) does for a ratio: a number of labels m stays in while the 95 % interval of "control at m minus strategy at n"
holds zero. That difference is paired over seeds and test items like every other (`intervals`), and holds its truth as often;
so, then, does the set of m. Between its budgets the control's curve is smoothed and joined (`monotone`); beyond them nothing is
said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.components import find_components
from tlcore.evaluation.intervals import TAIL
from tlcore.evaluation.items import item_values
from tlcore.evaluation.monotone import join_up
from tlcore.evaluation.outcomes import FloatArray, Group, Measure
from tlcore.evaluation.records import LabelsSaved
from tlcore.evaluation.wording import labels_words, opening, times_words, trained


@dataclass(frozen=True)
class _Reading:
    """Numbers of labels read off the control's curve; None where the curve ends first."""

    reached: float | None
    low: float | None
    """None: the smallest budget may do already."""
    high: float | None
    """None: the largest budget may not do."""
    too_few: bool
    """True when the curve is above the score all along."""


def labels_saved(strategy: Group, controls: Sequence[Group], measure: Measure, names: tuple[str, str]) -> LabelsSaved:
    """Read off how many labels the control needs to match `strategy` at its budget.

    Args:
        strategy: at n labels.
        controls: the control with the same encoder at all its budgets, in any order.
        measure: what to match.
        names: of strategy and control, as users read them.

    Returns:
        `kind` is `unknown` with the reason as its sentence when there is nothing to read off.
    """
    controls, seeds = _shared(strategy, sorted(controls, key=lambda group: group.budget))
    if len(strategy.labels) < 2:
        return _record(strategy, controls, measure, (), "The test set has fewer than two items, so no labels can be compared.")
    if not seeds:
        return _record(
            strategy,
            controls,
            measure,
            (),
            f"{names[1]} has no finished partner with a seed of {labels_words(strategy.budget)}.",
        )
    strategy, controls = strategy.only(seeds), [group.only(seeds) for group in controls]
    reading = _read(strategy, controls, measure)
    return _conclude(strategy, controls, measure, reading, names)


def headline(found: Sequence[LabelsSaved]) -> LabelsSaved | None:
    """The reading of one strategy that says most: a factor with both ends at the most labels, else the largest bound."""
    known = [one for one in found if one.kind != "unknown"]
    closed = [one for one in known if one.kind == "factor" and one.low is not None and one.high is not None]
    bounded = [one for one in known if one.kind == "more_than" and one.low is not None]
    if closed:
        return max(closed, key=lambda one: one.budget)
    if bounded:
        return max(bounded, key=lambda one: one.low or 0.0)
    return max(known, key=lambda one: one.budget, default=None)


def _shared(strategy: Group, controls: Sequence[Group]) -> tuple[list[Group], list[int]]:
    """The controls' budgets and the seeds that all of them and the strategy have; budgets that share the fewest go first."""
    kept = [group for group in controls if set(group.seeds) & set(strategy.seeds)]
    while kept:
        seeds = set(strategy.seeds).intersection(*(group.seeds for group in kept))
        if seeds:
            return kept, sorted(seeds)
        kept.remove(min(kept, key=lambda group: len(set(group.seeds) & set(strategy.seeds))))
    return list(controls), []


def _read(strategy: Group, controls: Sequence[Group], measure: Measure) -> _Reading:
    sign = -1.0 if measure == "log_loss" else 1.0
    components = find_components([sign * item_values(group, measure) for group in (*controls, strategy)])
    curve = join_up(np.array([group.budget for group in controls], dtype=np.float64), components.means[:-1])
    ahead = curve.values - components.means[-1]
    spreads = [
        components.spread(np.append(slopes, -1.0), float(value)) for slopes, value in zip(curve.slopes, ahead, strict=True)
    ]
    centre, half = np.array([one.centre for one in spreads]), np.array([one.half_width(TAIL) for one in spreads])
    return _Reading(
        reached=None if ahead[0] > 0 else _crossing(curve.labels, ahead),
        low=None if centre[0] + half[0] >= 0 else _crossing(curve.labels, centre + half) or float(curve.labels[-1]),
        high=None if centre[-1] - half[-1] <= 0 else _last_crossing(curve.labels, centre - half),
        too_few=bool(ahead[0] > 0),
    )


def _crossing(labels: FloatArray, values: FloatArray) -> float | None:
    """Labels at which `values` first reach zero, even in log labels; None when they never do."""
    above = np.flatnonzero(values >= 0)
    if not len(above):
        return None
    return _between(labels, values, int(above[0]))


def _last_crossing(labels: FloatArray, values: FloatArray) -> float:
    """Labels from which `values` stay above zero; the smallest when they always are."""
    below = np.flatnonzero(values <= 0)
    return _between(labels, values, int(below[-1]) + 1 if len(below) else 0)


def _between(labels: FloatArray, values: FloatArray, place: int) -> float:
    if place == 0:
        return float(labels[0])
    share = -values[place - 1] / (values[place] - values[place - 1])
    return float(np.exp(np.log(labels[place - 1]) * (1 - share) + np.log(labels[place]) * share))


def _conclude(
    strategy: Group, controls: Sequence[Group], measure: Measure, reading: _Reading, names: tuple[str, str]
) -> LabelsSaved:
    """Put a reading into words: ratios to the strategy's budget."""
    other = opening(trained(names[1]))
    n, largest, smallest = strategy.budget, controls[-1].budget, controls[0].budget
    low, high = (end / n if end else None for end in (reading.low, reading.high))
    start = f"{trained(names[0])} with {labels_words(n)}"
    if reading.too_few:
        found = (None, None, high)
        sure = "" if high is not None else " That may be chance: its interval reaches further."
        fewer = "no more of them" if smallest >= n else f"fewer than {times_words(smallest / n)} as many"
        sentence = f"{other} matches {start} with {fewer}: its smallest run of {labels_words(smallest)} scores higher.{sure}"
        return _record(strategy, controls, measure, found, sentence, "fewer_than")
    if reading.reached is None:
        sure = "" if low == largest / n else f" Chance allowed for, {_at_least(low)}."
        if largest <= n:
            sure = " That may be chance." if low is None else ""
        more = f"needs more than {times_words(largest / n)} as many labels to match {start}" if largest > n else ""
        sentence = (
            f"{other} {more}: it never got there, with up to {labels_words(largest)}.{sure}"
            if more
            else f"{other} does not match {start}, the most that it was given itself.{sure}"
        )
        return _record(strategy, controls, measure, (None, low, None), sentence, "more_than")
    factor = reading.reached / n
    ends = _ends(low, high, smallest / n, largest / n)
    sentence = f"{other} needs about {times_words(factor)} as many labels to match {start} ({ends})."
    return _record(strategy, controls, measure, (factor, low, high), sentence, "factor")


def _at_least(low: float | None) -> str:
    return "the runs rule out no smaller number" if low is None else f"it is at least {times_words(low)} as many"


def _ends(low: float | None, high: float | None, smallest: float, largest: float) -> str:
    if low is None and high is None:
        return f"but the runs rule out nothing between {times_words(smallest)} and {times_words(largest)} as many, nor beyond"
    if low is None:
        return f"95 % interval: up to {times_words(high or 0.0)}"
    if high is None:
        return f"95 % interval: {times_words(low)} or more; the runs do not show an upper end"
    return f"95 % interval {times_words(low, bare=True)} to {times_words(high)}"


def _record(
    strategy: Group,
    controls: Sequence[Group],
    measure: Measure,
    found: tuple[float | None, ...],
    sentence: str,
    kind: str = "unknown",
) -> LabelsSaved:
    factor, low, high = found or (None, None, None)
    seeds = len(strategy.seeds) if found else 0
    lone = " Only one seed was run, so chance in training is not in the interval." if seeds == 1 else ""
    return LabelsSaved.model_validate({
        "strategy": strategy.strategy, "control": controls[0].strategy if controls else "scratch",
        "encoder": strategy.encoder, "measure": measure, "budget": strategy.budget, "kind": kind, "factor": factor,
        "low": low, "high": high, "seeds": seeds, "budgets": tuple(group.budget for group in controls),
        "runs": (*strategy.runs, *(run for group in controls for run in group.runs)), "sentence": sentence + lone,
    })  # fmt: skip
