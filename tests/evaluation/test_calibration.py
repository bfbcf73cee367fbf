import numpy as np
import pytest

from tlcore.evaluation.calibration import apply_temperature, calibration, fit_temperature
from tlcore.evaluation.outcomes import Group, Outcome
from tlcore.records import RunRecord, RunStatus


def draw(items, sharpness=1.0, seeds=3, seed=0, classes=3):
    """Labels drawn from the softmax of logits; what is claimed is sharper or flatter than that."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (items, classes))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return logits * sharpness, labels


def group(items, sharpness=1.0, seeds=3, seed=0):
    logits, labels = draw(items, sharpness, seed=seed)
    raised = np.exp(logits)
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    runs = [
        RunRecord(id=str(k), experiment="x", strategy="s", encoder="e", budget=9, seed=k, status=RunStatus.FINISHED)
        for k in range(seeds)
    ]
    return Group("s", "e", 9, tuple(Outcome(run, labels, probabilities) for run in runs))


def test_an_honest_model_is_off_by_little_once_chance_is_taken_off():
    found = [calibration(group(300, seed=seed), "Model") for seed in range(40)]
    assert np.mean([one.error for one in found]) > 0.07 and np.mean([one.error_debiased for one in found]) < 0.03
    assert np.mean([one.overconfidence_low <= 0 <= one.overconfidence_high for one in found]) >= 0.85


@pytest.mark.parametrize(("sharpness", "words", "sign"), [(3.0, "too sure of itself", 1), (0.3, "too modest", -1)])
def test_the_wrong_confidence_is_named(sharpness, words, sign):
    found = calibration(group(1000, sharpness), "Model")
    assert words in found.sentence and sign * found.overconfidence > 0.05 and found.error_debiased > 0.05


def test_bins_hold_equally_many_and_every_prediction_once():
    found = calibration(group(100), "Model")
    counts = [one.count for one in found.bins]
    assert sum(counts) == 300 == sum(found.histogram) and max(counts) - min(counts) <= 1
    assert all(one.low <= one.accuracy <= one.high for one in found.bins)
    assert [one.confidence for one in found.bins] == sorted(one.confidence for one in found.bins)


@pytest.mark.parametrize("items", [1, 2, 10])
def test_few_items_give_few_bins_and_no_nan(items):
    found = calibration(group(items, seeds=1), "Model")
    assert len(found.bins) == max(items // 10, 1) and np.isfinite([found.error, found.error_debiased]).all()
    assert (found.overconfidence_low is None) == (items == 1)


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_the_sharpness(sharpness):
    logits, labels = draw(4000, sharpness)
    assert fit_temperature(logits, labels) == pytest.approx(sharpness, rel=0.1)


def test_a_temperature_keeps_the_order_and_stays_in_its_range():
    logits, _ = draw(50)
    raised = np.exp(logits)
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    cooler = apply_temperature(probabilities, 2.5)
    assert (cooler.argmax(axis=1) == probabilities.argmax(axis=1)).all() and cooler.sum(axis=1) == pytest.approx(1.0)
    assert cooler.max() < probabilities.max() and apply_temperature(probabilities, 1.0) == pytest.approx(probabilities)
    assert 0.05 <= fit_temperature(np.eye(3) * 5, np.arange(3)) < 0.2
    assert np.isfinite(apply_temperature(np.array([[1.0, 0.0]]), 3.0)).all()


@pytest.mark.parametrize(
    ("logits", "labels"), [(np.zeros((0, 2)), []), (np.zeros((2, 2)), [0]), (np.full((1, 2), np.nan), [0])]
)
def test_what_does_not_fit_is_refused(logits, labels):
    with pytest.raises(ValueError, match="finite logits"):
        fit_temperature(logits, np.array(labels, dtype=np.int64))
