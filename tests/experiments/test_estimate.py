"""What an estimate must follow from, with made-up prices; and that calibrating finds prices at all."""

import json

import pytest
from experiment_toys import QUICK, make_spec

from tlcore.errors import ChoiceError
from tlcore.experiments import estimate
from tlcore.experiments.calibrate import calibrate
from tlcore.experiments.estimate import Calibration, Pace, calibration, keep_calibration
from tlcore.experiments.plan import prepare
from tlcore.settings import Workspace

PRICES = Calibration(encode=1e-4, full=Pace(step=0.1, unit=1e-3, ready=1.0), partial=Pace(step=0.05, unit=5e-4, ready=1.0))


@pytest.fixture
def priced(tiny_workspace: Workspace, dataset) -> Workspace:
    """A workspace where the tiny encoder was calibrated."""
    keep_calibration(tiny_workspace, "tiny", PRICES)
    return tiny_workspace


def seconds(workspace, dataset, **changes) -> tuple[float, ...]:
    return estimate.estimate(workspace, make_spec(dataset, seeds=1, **changes)).runs


def network(strategy="full_fine_tuning", **settings):
    return {"strategies": (strategy,), "settings": {strategy: QUICK.model_copy(update=settings)}}


def test_nothing_is_said_before_the_machine_was_measured(tiny_workspace, dataset):
    assert estimate.estimate(tiny_workspace, make_spec(dataset)) is None
    assert estimate.estimate(tiny_workspace, make_spec(dataset, strategies=("classic",))).seconds > 0


def test_the_parts_add_up(priced, dataset):
    spec = make_spec(dataset)
    found = estimate.estimate(priced, spec)
    assert len(found.runs) == 4
    assert found.seconds == pytest.approx(estimate.START_SECONDS + found.encoding + sum(found.runs))


def test_more_epochs_labels_and_steps_take_longer_in_proportion(priced, dataset):
    [short], [long] = seconds(priced, dataset, **network(epochs=2)), seconds(priced, dataset, **network(epochs=20))
    [half] = seconds(priced, dataset, budgets=(24,), **network(epochs=20))
    [steps] = seconds(priced, dataset, **network(epochs=20, batch_size=1))
    assert long - short == pytest.approx(18 * (6 * 0.1 + 48 * tokens_of_a_text(priced, dataset) * 1e-3), rel=0.02)
    assert half < 0.7 * long
    assert steps - long == pytest.approx(20 * (48 - 6) * 0.1, rel=0.02)


def tokens_of_a_text(workspace, dataset) -> float:
    from tlcore.data.store import DatasetStore
    from tlcore.encoders.catalogue import token_counter

    return float(
        token_counter("tiny", workspace)(DatasetStore(workspace).items(dataset.id)["text"].tolist()).clip(max=16).mean()
    )


def test_an_item_that_several_seeds_draw_is_encoded_once_and_each_other_one_too(priced, dataset):
    one, three = (make_spec(dataset, strategies=("feature_extraction",), budgets=(6, 12), seeds=seeds) for seeds in (1, 3))
    prepared = prepare(priced, three)
    drawn = {row for plan in prepared.plans for row in prepared.drawn(plan)}
    test = len(prepared.split.test)
    assert 12 < len(drawn) < 36
    ratio = estimate.estimate(priced, three).encoding / estimate.estimate(priced, one).encoding
    assert ratio == pytest.approx((len(drawn) + test) / (12 + test))


def test_early_stopping_and_fewer_blocks_take_less(priced, dataset):
    [whole] = seconds(priced, dataset, **network(epochs=20))
    [early] = seconds(priced, dataset, **network(epochs=20, early_stopping=True))
    assert 0.3 * whole < early < 0.8 * whole
    one, two = (seconds(priced, dataset, **network("partial_fine_tuning", epochs=20, top_blocks=top))[0] for top in (1, 2))
    assert one < two < whole


def test_a_measurement_holds_for_its_encoder_threads_and_precision(priced, monkeypatch):
    assert calibration(priced, "tiny") == PRICES
    assert calibration(priced, "minilm") is None
    monkeypatch.setenv("TLCORE_THREADS", "7")
    assert calibration(Workspace(), "tiny") is None
    monkeypatch.undo()


def test_a_damaged_measurement_is_no_measurement_and_is_replaced(priced):
    path = priced.root / "calibration.json"
    for content in ("{", "[]", json.dumps({key: {"encode": "x"} for key in json.loads(path.read_text())})):
        path.write_text(content)
        assert calibration(priced, "tiny") is None
    keep_calibration(priced, "tiny", PRICES)
    assert calibration(priced, "tiny") == PRICES


def test_what_cannot_be_run_is_not_estimated(priced, dataset):
    with pytest.raises(ChoiceError, match="more than the training part"):
        estimate.estimate(priced, make_spec(dataset, budgets=(1000,)))


def test_calibrating_finds_prices_and_keeps_them(tiny_workspace):
    found = calibrate(tiny_workspace, "tiny")
    assert found.encode > 0
    assert found.full.step + found.full.unit > 0
    assert found.partial.ready > 0
    assert calibration(tiny_workspace, "tiny") == found
