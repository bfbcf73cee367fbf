"""Why transfer may have lost, as far as finished runs can show it, each with something to try next.

Each cause is a question to the runs that has a yes or no; none is a guess. What to try is data: fields of an experiment's spec.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.alarm_records import Cause, Familiarity, NextStep
from tlcore.evaluation.comparison import CLASSIC, CONTROL, compare
from tlcore.evaluation.intervals import Interval, difference_interval, find_difference_spread
from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import Group
from tlcore.evaluation.wording import in_sentence, interval_words, labels_words, listed, tenths
from tlcore.records import RunRecord

FROZEN = "feature_extraction"
_FEW = 10
"""Labels a class below which a network has hardly anything to learn from."""
_RISE = 1.1
"""Times its lowest point that the validation loss ends at, in an overfitted run."""
_UNSTABLE = 0.03
"""Standard deviation of the accuracy over seeds from which training counts as unstable."""
_NEAR = 0.05
"""Points over always naming the commonest class below which frozen features say little."""


@dataclass(frozen=True)
class Scene:
    """Who lost, and what else was run."""

    loser: Group
    name: str
    groups: Sequence[Group]
    n_train: int | None
    """Size of the training part; None when it is unknown."""
    familiar: Sequence[Familiarity] = ()
    """Of each encoder, as far as it is known."""


def find_causes(scene: Scene) -> tuple[Cause, ...]:
    """All that the runs show, the likeliest first; empty when they show none."""
    return tuple(cause for look in _LOOKS if (cause := look(scene)))


def more_labels(budget: int, n_train: int | None) -> NextStep | None:
    """All labels beside those that were used; None when they were all used."""
    if n_train is not None and budget >= n_train:
        return None
    return NextStep(label="Compare again with all labels", changes={"budgets": [budget, "all"]})


def more_seeds(seeds: int) -> NextStep:
    """Two more than there were, five at least."""
    wanted = max(seeds + 2, 5)
    return NextStep(label=f"Run {wanted} seeds", changes={"seeds": wanted})


def _few_labels(scene: Scene) -> Cause | None:
    each = scene.loser.budget / scene.loser.classes
    if each >= _FEW:
        return None
    step = more_labels(scene.loser.budget, scene.n_train) or more_seeds(len(scene.loser.seeds))
    sentence = f"Few labels: {labels_words(scene.loser.budget)} are only {each:.1f} for each of {scene.loser.classes} classes."
    return Cause(code="few_labels", sentence=sentence, next_step=step)


def _overfitting(scene: Scene) -> Cause | None:
    """Validation loss that ends well above its lowest point while the training loss goes on falling, in most runs."""
    best = [_overfitted_from(outcome.run) for outcome in scene.loser.outcomes]
    found = [epoch for epoch in best if epoch is not None]
    if 2 * len(found) <= len(best):
        return None
    epoch = int(np.median(found))
    sentence = (
        f"Overfitting: in {len(found)} of {len(best)} runs the validation loss rises after epoch {epoch} or so, while"
        " the training loss goes on falling."
    )
    changes = {"settings": {scene.loser.strategy: {"early_stopping": True, "epochs": max(epoch, 1)}}}
    return Cause(
        code="overfitting",
        sentence=sentence,
        next_step=NextStep(label=f"Stop after epoch {epoch} at the latest", changes=changes),
    )


def _overfitted_from(run: RunRecord) -> int | None:
    curve = [(one.epoch, one.train_loss, one.validation_loss) for one in run.curve if one.validation_loss is not None]
    if len(curve) < 2:
        return None
    best, last = min(curve, key=lambda one: one[2] or 0.0), curve[-1]
    rises = last[0] > best[0] and (last[2] or 0.0) > _RISE * (best[2] or 0.0) and last[1] < best[1]
    return best[0] if rises else None


def _poor_features(scene: Scene) -> Cause | None:
    """Frozen features that hardly beat naming the commonest class."""
    frozen = _other(scene, FROZEN)
    if frozen is None or len(frozen.labels) < 2:
        return None
    commonest = (frozen.labels == np.bincount(frozen.labels).argmax()).astype(np.float64)
    lead = item_values(frozen, "accuracy") - commonest
    found = difference_interval(find_difference_spread(lead), float(lead.mean()))
    if found.estimate > _NEAR and found.low > 0:
        return None
    ahead = f"{tenths(found.estimate)} points {interval_words(Interval(*found))}"
    sentence = f"Poor features: a head on the frozen encoder is only {ahead} ahead of always naming the commonest class."
    step = NextStep(label="Let the whole encoder adapt", changes={"strategies": [CLASSIC, CONTROL, "full_fine_tuning"]})
    return Cause(code="poor_features", sentence=sentence, next_step=step)


def _unstable(scene: Scene) -> Cause | None:
    scores = item_values(scene.loser, "accuracy").mean(axis=1)
    if len(scores) < 3 or float(scores.std(ddof=1)) < _UNSTABLE:
        return None
    spread = f"from {tenths(float(scores.min()))} to {tenths(float(scores.max()))} % accuracy"
    sentence = f"Unstable training: with nothing but the seed changed, {in_sentence(scene.name)} scores {spread}."
    return Cause(code="unstable", sentence=sentence, next_step=more_seeds(len(scores)))


def _forgetting(scene: Scene) -> Cause | None:
    """The same encoder does better when it is left alone."""
    frozen = _other(scene, FROZEN)
    pair = compare(frozen, scene.loser, "accuracy") if frozen and frozen.strategy != scene.loser.strategy else None
    if pair is None or len(scene.loser.labels) < 2 or pair.interval().low <= 0:
        return None
    found = pair.interval()
    sentence = (
        f"Forgetting: left frozen, the same encoder scores {tenths(found.estimate)} points more {interval_words(found)}, so"
        " training it destroys what it knew."
    )
    step = NextStep(label="Keep the encoder frozen", changes={"strategies": [CLASSIC, CONTROL, FROZEN]})
    return Cause(code="forgetting", sentence=sentence, next_step=step)


def _far_data(scene: Scene) -> Cause | None:
    """Items unlike what the encoder learned from."""
    known = next((one for one in scene.familiar if one.encoder == scene.loser.encoder), None)
    if known is None or not known.strange:
        return None
    sentence = f"Far from home: the encoder learned from other things than these {known.looked_at:,} items: "
    step = NextStep(label="Let the whole encoder adapt", changes={"strategies": [CLASSIC, CONTROL, "full_fine_tuning"]})
    return Cause(code="far_data", sentence=f"{sentence}{listed(known.strange)}.", next_step=step)


def _other(scene: Scene, strategy: str) -> Group | None:
    wanted = (strategy, scene.loser.encoder, scene.loser.budget)
    return next((group for group in scene.groups if (group.strategy, group.encoder, group.budget) == wanted), None)


_LOOKS: tuple[Callable[[Scene], Cause | None], ...] = (
    _overfitting,
    _forgetting,
    _poor_features,
    _far_data,
    _unstable,
    _few_labels,
)
