import numpy as np
import pytest

from tlcore.evaluation.temperature import apply_temperature, fit_temperature


def draw(items, sharpness=1.0, classes=3):
    """Labels drawn from the softmax of logits; what is claimed is sharper or flatter than that."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (items, classes))
    return logits * sharpness, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_the_sharpness(sharpness):
    assert fit_temperature(*draw(4000, sharpness)) == pytest.approx(sharpness, rel=0.1)


def test_a_temperature_keeps_the_order_of_classes():
    raised = np.exp(draw(50)[0])
    probabilities = raised / raised.sum(axis=1, keepdims=True)
    cooler = apply_temperature(probabilities, 2.5)
    assert (cooler.argmax(axis=1) == probabilities.argmax(axis=1)).all() and cooler.sum(axis=1) == pytest.approx(1.0)
    assert cooler.max() < probabilities.max() and apply_temperature(probabilities, 1.0) == pytest.approx(probabilities)
    assert np.isfinite(apply_temperature(np.array([[1.0, 0.0]]), 3.0)).all()


def test_there_is_none_where_nothing_can_be_told():
    logits, labels = draw(19)
    assert fit_temperature(logits, labels) is None  # too few
    assert fit_temperature(np.eye(3)[np.arange(30) % 3] * 5, np.arange(30) % 3) is None  # all right: no peak
    assert fit_temperature(-np.eye(3)[np.arange(30) % 3] * 5, np.arange(30) % 3) is None  # all wrong
    assert fit_temperature(np.zeros((30, 3)), np.arange(30) % 3) is None  # nothing said


@pytest.mark.parametrize(("logits", "labels"), [(np.zeros(2), [0, 1]), (np.zeros((2, 2)), [0]), (np.full((1, 2), np.nan), [0])])
def test_what_does_not_fit_is_refused(logits, labels):
    with pytest.raises(ValueError, match="finite logits"):
        fit_temperature(logits, np.array(labels, dtype=np.int64))
