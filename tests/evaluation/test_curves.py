import numpy as np
import pytest

from tlcore.evaluation.curves import MEASURES, curves_of
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.summary import summarise
from tlcore.records import RunStatus


def test_points_agree_with_the_summary_and_name_their_runs(simulation, make_outcomes):
    low, high = simulation(3, 80).draw(0.6, 0.8)
    outcomes = [*make_outcomes("scratch", high, budget=100), *make_outcomes("scratch", low, budget=20)]
    (curve,) = curves_of(group_outcomes(outcomes), "accuracy")
    assert [point.budget for point in curve.points] == [20, 100]
    for point, row in zip(curve.points, summarise(outcomes), strict=True):
        assert (point.score, point.low, point.high) == (row.accuracy, row.accuracy_low, row.accuracy_high)
        assert point.runs == tuple(f"scratch-{point.budget}-{seed}" for seed in range(3)) and point.train_seconds == 10.0


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_lies_inside_its_interval_and_on_its_scale(measure, simulation, make_outcomes):
    (right,) = simulation(3, 60).draw(0.7)
    (curve,) = curves_of(group_outcomes(make_outcomes("scratch", right, classes=("a", "b", "c"))), measure)
    (point,) = curve.points
    assert 0 <= point.low < point.score < point.high
    assert point.high <= 1 or measure == "log_loss"


def test_one_test_item_leaves_the_loss_without_an_interval(make_outcomes):
    (curve,) = curves_of(group_outcomes(make_outcomes("scratch", np.ones((2, 1), dtype=bool))), "log_loss")
    assert curve.points[0].low is None and curve.points[0].high is None


def test_unfinished_runs_are_left_out(make_outcomes):
    failed = make_outcomes("scratch", np.ones((1, 4), dtype=bool), status=RunStatus.FAILED)
    assert curves_of(group_outcomes(failed), "accuracy") == ()
