import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, precision_score

from tlcore.evaluation.metrics import score


def random_case(seed: int, items: int, classes: int):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, items), rng.dirichlet(np.ones(classes), items)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(2, 6))
def test_averages_agree_with_the_library_over_classes_that_occur(seed, items, classes):
    labels, probabilities = random_case(seed, items, classes)
    predicted, present = probabilities.argmax(axis=1), np.unique(labels)
    scores = score(labels, probabilities, [f"c{i}" for i in range(classes)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert scores.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, predicted))
        assert scores.macro_f1 == pytest.approx(f1_score(labels, predicted, labels=present, average="macro", zero_division=0))
        precision = precision_score(labels, predicted, labels=range(classes), average=None, zero_division=np.nan)
    assert scores.log_loss == pytest.approx(log_loss(labels, probabilities, labels=range(classes)))
    assert [each.precision for each in scores.per_class] == pytest.approx([None if np.isnan(p) else p for p in precision])
    assert np.array(scores.confusion).sum(axis=1).tolist() == [each.support for each in scores.per_class]


def test_what_is_undefined_is_none_and_what_is_missed_is_zero():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1]])
    first, missed, absent = score(np.array([0, 1, 0]), probabilities, ["first", "missed", "absent"]).per_class
    assert (first.precision, first.recall, first.f1) == (1.0, 1.0, 1.0)
    assert (missed.precision, missed.recall, missed.f1, missed.support) == (None, 0.0, 0.0, 1)
    assert (absent.precision, absent.recall, absent.f1, absent.support) == (0.0, None, None, 0)


def test_log_loss_is_natural_and_finite_where_the_truth_got_no_chance():
    assert score(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]]), "ab").log_loss == pytest.approx(np.log(2))
    assert 30 < score(np.array([1]), np.array([[1.0, 0.0]]), "ab").log_loss < 40


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        ([], np.empty((0, 2))),
        ([0, 1], np.array([[0.5, 0.5]])),
        ([0], np.array([[0.2, 0.3, 0.5]])),
        ([0], np.array([[np.nan, 0.5]])),
        ([0], np.array([[1.5, -0.5]])),
        ([2], np.array([[0.5, 0.5]])),
        ([-1], np.array([[0.5, 0.5]])),
    ],
)
def test_what_does_not_fit_is_refused(labels, probabilities):
    with pytest.raises(ValueError, match=r"probabilit|label"):
        score(np.array(labels, dtype=np.int64), probabilities, ["a", "b"])
