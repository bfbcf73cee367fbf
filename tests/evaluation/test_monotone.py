import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import isotonic_regression

from tlcore.evaluation.monotone import join_up, rising

BUDGETS = np.array([25.0, 50.0, 100.0, 400.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_smoothing_is_isotonic_regression(scores):
    assert rising(np.array(scores)) == pytest.approx(isotonic_regression(scores))


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_joined_curve_never_falls_and_stays_between_its_scores(scores):
    curve = join_up(BUDGETS, np.array(scores))
    assert (np.diff(curve.values) >= -1e-9).all()
    assert min(scores) - 1e-9 <= curve.values.min() and curve.values.max() <= max(scores) + 1e-9


def test_a_rising_curve_goes_through_its_scores_and_each_moves_with_its_own():
    scores = np.array([0.5, 0.6, 0.72, 0.8])
    curve = join_up(BUDGETS, scores)
    at = np.searchsorted(curve.labels, BUDGETS)
    assert curve.values[at] == pytest.approx(scores) and curve.slopes[at] == pytest.approx(np.eye(4), abs=1e-4)
    assert curve.slopes.sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_a_dip_is_shared_by_both_its_budgets():
    curve = join_up(BUDGETS, np.array([0.5, 0.7, 0.6, 0.8]))
    place = int(np.searchsorted(curve.labels, 50.0))
    assert curve.values[place] == pytest.approx(0.65) and curve.slopes[place] == pytest.approx([0, 0.5, 0.5, 0], abs=1e-4)


def test_one_budget_is_one_point():
    curve = join_up(np.array([30.0]), np.array([0.6]))
    assert (curve.labels, curve.values) == (30.0, 0.6)
