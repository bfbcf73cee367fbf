import numpy as np
import pytest

from tlcore.evaluation.calibration import calibration
from tlcore.evaluation.outcomes import Group, Outcome
from tlcore.records import RunRecord, RunStatus


def draw(items, sharpness=1.0, seeds=3, seed=0, classes=3):
    """Labels drawn from the softmax of logits; what is claimed is sharper or flatter than that."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (items, classes))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return logits * sharpness, labels


def group(items, sharpness=1.0, seeds=3, seed=0, temperatures=(None, None, None)):
    logits, labels = draw(items, sharpness, seed=seed)
    raised = np.exp(logits)
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    runs = [
        RunRecord(
            id=str(k), experiment="x", strategy="s", encoder="e", budget=9, seed=k, status=RunStatus.FINISHED, temperature=heat
        )
        for k, heat in zip(range(seeds), temperatures, strict=False)
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


def test_the_right_temperatures_mend_what_is_too_sure():
    found = calibration(group(1000, 3.0, temperatures=(3.0, 2.9, 3.1)), "Model")
    assert found.temperatures == (3.0, 2.9, 3.1) and found.error_debiased > 0.1 > 0.03 > found.scaled_error_debiased
    assert "temperatures of 2.9 to 3.1" in found.scaled_sentence and "held-out" in found.scaled_sentence
    assert sum(one.count for one in found.scaled_bins) == 3000


def test_without_a_temperature_of_every_run_nothing_is_scaled():
    found = calibration(group(1000, 3.0, temperatures=(3.0, None, 3.1)), "Model")
    assert found.temperatures == () == found.scaled_bins and found.scaled_error_debiased is None
    assert "Too few labels were held out" in found.scaled_sentence
