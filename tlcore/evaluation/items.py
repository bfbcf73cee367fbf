"""What each test item adds to a score, so that one way of finding intervals serves every metric.

The value of an item is the score plus the item's influence on it: n times the slope of the score in that item's weight.
Values average to the score itself, and their spread is the spread of the score (the infinitesimal jackknife: Jaeckel 1972;
Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982, chapter 6). For accuracy the value is 1 for a right
answer and 0 for a wrong one.
"""

from collections.abc import Callable

import numpy as np

from tlcore.evaluation.outcomes import FloatArray, Group, IntArray, Measure, Outcome


def item_values(group: Group, measure: Measure) -> FloatArray:
    """`(seeds, n_test)` values whose row means are the scores of the group's runs; log loss in nats."""
    if measure == "log_loss":
        return np.stack([_log_loss_values(outcome) for outcome in group.outcomes])
    value_of = _VALUES[measure]
    return np.stack([value_of(group.labels, outcome.predicted) for outcome in group.outcomes])


def _log_loss_values(outcome: Outcome) -> FloatArray:
    """As `metrics.score` has it: probabilities are kept off zero by one rounding step."""
    probabilities = outcome.probabilities
    of_truth = probabilities[np.arange(len(outcome.labels)), outcome.labels].astype(np.float64)
    return -np.log(np.clip(of_truth, np.finfo(probabilities.dtype).eps, 1.0))


def _accuracy_values(labels: IntArray, predicted: IntArray) -> FloatArray:
    return (labels == predicted).astype(np.float64)


def _macro_f1_values(labels: IntArray, predicted: IntArray) -> FloatArray:
    """A class's F1 is 2 hits / (times true + times predicted); classes absent from the test set do not count."""
    size = int(max(labels.max(), predicted.max())) + 1
    right = labels == predicted
    support = np.bincount(labels, minlength=size)
    both = np.maximum(support + np.bincount(predicted, minlength=size), 1)
    f1 = 2 * np.bincount(labels[right], minlength=size) / both
    present = support > 0
    slope = np.where(present, f1 / both, 0.0)
    influence = 2 * right / both[labels] - slope[labels] - slope[predicted]
    return (f1[present].sum() + len(labels) * influence) / present.sum()


def _balanced_accuracy_values(labels: IntArray, predicted: IntArray) -> FloatArray:
    """The mean of the recalls; a right answer to a rare class weighs more. Classes absent from the test set do not count."""
    right = (labels == predicted).astype(np.float64)
    support = np.bincount(labels)
    present = support > 0
    recall = np.bincount(labels, weights=right) / np.maximum(support, 1)
    influence = (right - recall[labels]) / support[labels]
    return (recall[present].sum() + len(labels) * influence) / present.sum()


_VALUES: dict[str, Callable[[IntArray, IntArray], FloatArray]] = {
    "accuracy": _accuracy_values,
    "macro_f1": _macro_f1_values,
    "balanced_accuracy": _balanced_accuracy_values,
}
