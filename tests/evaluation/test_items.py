import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.evaluation.items import item_values
from tlcore.evaluation.outcomes import group_outcomes


def macro_f1(labels, predicted, weights):
    with np.errstate(invalid="ignore"):
        return f1_score(labels, predicted, labels=np.unique(labels), average="macro", sample_weight=weights, zero_division=0)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "balanced_accuracy", "log_loss"])
def test_values_average_to_the_score_of_each_run(metric, simulation, make_outcomes):
    (right,) = simulation(3, 50).draw(0.7)
    (group,) = group_outcomes(make_outcomes("scratch", right, classes=("a", "b", "c")))
    expected = [getattr(outcome.run.scores, metric) for outcome in group.outcomes]
    assert item_values(group, metric).mean(axis=1) == pytest.approx(expected)


def test_a_value_is_the_slope_of_macro_f1_in_the_items_weight(simulation, make_outcomes):
    (right,) = simulation(1, 31).draw(0.6)
    (group,) = group_outcomes(make_outcomes("scratch", right, classes=("a", "b", "c", "never seen")))
    labels, predicted = group.labels, group.outcomes[0].predicted
    values = item_values(group, "macro_f1")[0]
    step = 1e-5
    for item in range(len(labels)):
        weights = np.ones(len(labels))
        weights[item] += step
        slope = (macro_f1(labels, predicted, weights) - macro_f1(labels, predicted, np.ones(len(labels)))) / step
        assert values[item] == pytest.approx(values.mean() + len(labels) * slope, abs=1e-3)


def test_a_class_absent_from_the_test_set_does_not_count(make_outcomes):
    (group,) = group_outcomes(make_outcomes("scratch", np.array([[True, False]]), classes=("a", "b", "absent")))
    assert item_values(group, "macro_f1").mean() == pytest.approx(0.5)


def test_a_value_is_the_slope_of_balanced_accuracy_in_the_items_weight(simulation, make_outcomes):
    (right,) = simulation(1, 31).draw(0.6)
    (group,) = group_outcomes(make_outcomes("scratch", right, classes=("a", "b", "c")))
    labels, predicted = group.labels, group.outcomes[0].predicted
    values = item_values(group, "balanced_accuracy")[0]
    for item in range(len(labels)):
        weights = np.ones(len(labels))
        weights[item] += 1e-5
        recalls = [np.average((predicted == k)[labels == k], weights=weights[labels == k]) for k in range(3)]
        slope = (np.mean(recalls) - values.mean()) / 1e-5
        assert values[item] == pytest.approx(values.mean() + len(labels) * slope, abs=1e-3)
