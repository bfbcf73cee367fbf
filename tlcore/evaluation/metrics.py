"""Scores of one run on the locked test."""

from collections.abc import Sequence

import numpy as np

from tlcore.evaluation.outcomes import FloatArray, IntArray
from tlcore.records import ClassScore, Scores


def score(labels: IntArray, probabilities: FloatArray, classes: Sequence[str]) -> Scores:
    """Score predicted probabilities against the truth.

    What is undefined is None: the recall and F1 of a class that does not occur in the test set, the precision of a class
    that was never predicted. The averages leave such classes out. A class that occurs but is never predicted has F1 zero,
    and counts.

    Args:
        labels: `(n,)` true classes as positions in `classes`.
        probabilities: `(n, k)`, each row sums to 1.
        classes: `k` names in class order.

    Returns:
        Fractions in 0-1; the log loss in nats, with probabilities kept off zero by one rounding step.

    Raises:
        ValueError: the shapes do not fit, there are no items, or a probability is not a finite number in 0-1.
    """
    _check(labels, probabilities, len(classes))
    from sklearn.metrics import accuracy_score, confusion_matrix

    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, predicted, labels=np.arange(len(classes)))
    per_class = tuple(_class_score(name, confusion, position) for position, name in enumerate(classes))
    present = [each for each in per_class if each.support]
    return Scores(
        accuracy=float(accuracy_score(labels, predicted)),
        macro_f1=_mean([each.f1 for each in present]),
        balanced_accuracy=_mean([each.recall for each in present]),
        log_loss=_log_loss(labels, probabilities),
        per_class=per_class,
        cells=tuple((int(true), int(guess), int(confusion[true, guess])) for true, guess in np.argwhere(confusion)),
    )


def _check(labels: IntArray, probabilities: FloatArray, classes: int) -> None:
    if labels.ndim != 1 or len(labels) == 0 or probabilities.shape != (len(labels), classes):
        raise ValueError(f"Expected one row of {classes} probabilities for each label, got {probabilities.shape}.")
    if not np.isfinite(probabilities).all() or probabilities.min() < 0 or probabilities.max() > 1 + 1e-6:
        raise ValueError("A probability is not a finite number in 0-1.")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"A label is not a position among the {classes} classes.")


def _class_score(name: str, confusion: IntArray, position: int) -> ClassScore:
    hits = int(confusion[position, position])
    support, predicted = int(confusion[position].sum()), int(confusion[:, position].sum())
    return ClassScore(
        label=name,
        precision=hits / predicted if predicted else None,
        recall=hits / support if support else None,
        f1=2 * hits / (support + predicted) if support else None,
        support=support,
    )


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known))


def _log_loss(labels: IntArray, probabilities: FloatArray) -> float:
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(of_truth, np.finfo(probabilities.dtype).eps, 1.0)).mean())
