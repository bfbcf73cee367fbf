"""The whole of a worker's work, in this process: every strategy on the toy texts."""

import json
from dataclasses import replace

import mlflow
import numpy as np
import pytest
from experiment_toys import QUICK, make_spec, submit_quietly

from tlcore.errors import Stopped
from tlcore.experiments import artifacts
from tlcore.experiments.race import Race
from tlcore.experiments.results import results
from tlcore.experiments.store import RunStore
from tlcore.files import sha256_of
from tlcore.models.bundle import load_model
from tlcore.records import RunStatus
from tlcore.training.catalogue import STRATEGIES
from tlcore.training.strategies.classic import Classic


@pytest.fixture
def store(tiny_workspace):
    return RunStore(tiny_workspace)


def race(control, store):
    """Race as the worker does."""
    running = Race(control, store)
    status, reason = running.run()
    running.recorder.close(status, reason)
    control.write_ending(status, reason)
    return status, reason


def test_every_strategy_leaves_scores_predictions_and_a_model_that_says_the_same(tiny_workspace, dataset, store, toy_texts):
    control = submit_quietly(tiny_workspace, make_spec(dataset, strategies=tuple(STRATEGIES), seeds=1))
    assert race(control, store) == (RunStatus.FINISHED, "")
    found = results(tiny_workspace, control.id)
    assert (found.status, found.dataset_name, found.n_train, found.n_test) == (RunStatus.FINISHED, "toys", 48, 12)
    assert [run.status for run in found.runs] == [RunStatus.FINISHED] * 5
    assert {summary.strategy for summary in found.summary} == set(STRATEGIES)
    assert found.verdict.transfer
    for run in found.runs:
        predictions = store.predictions(run.id)
        accuracy = float((predictions.probabilities.argmax(axis=1) == predictions.labels).mean())
        assert run.accuracy == run.scores.accuracy == pytest.approx(accuracy)
        model = load_model(store.bundle(run.id), tiny_workspace)
        texts = [toy_texts.texts[item] for item in predictions.items]
        np.testing.assert_allclose(model.predict_proba(texts), predictions.probabilities, atol=1e-6)
        assert model.card.id == run.id
        assert (run.curve != ()) == STRATEGIES[run.strategy].trains_network
        assert run.train_seconds > 0
        assert run.versions["numpy"] == np.__version__ and {"tlcore", "torch"} <= run.versions.keys()
    assert {run.strategy: run.encoder for run in found.runs}["classic"] == "none"
    assert "Full fine-tuning, seed 1 of 1: accuracy" in control.log()
    assert control.progress().done == pytest.approx(1, abs=0.3)
    assert not list(control.checkpoints.glob("*/*"))


def test_the_answer_is_there_for_mlflow_too(tiny_workspace, control, store):
    race(control, store)
    parent = store.experiment(control.id).parent
    client = mlflow.MlflowClient(store.uri)
    found = results(tiny_workspace, control.id)
    assert client.get_run(parent).data.tags["mlflow.note.content"] == found.verdict.sentence
    assert client.get_run(parent).info.status == "FINISHED"
    path = client.download_artifacts(parent, artifacts.RESULTS)
    assert json.loads(open(path).read())["verdict"]["sentence"] == found.verdict.sentence  # noqa: PTH123, SIM115


def test_a_run_that_fails_is_said_and_the_next_goes_on(tiny_workspace, dataset, store, monkeypatch):
    def fit(self, data, context):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory" if self.seed else "no\nsuch thing")

    monkeypatch.setattr(Classic, "fit", fit)
    control = submit_quietly(tiny_workspace, make_spec(dataset))
    status, reason = race(control, store)
    assert (status, reason) == (RunStatus.FINISHED, "2 of 4 runs failed")
    classic = {run.seed: run for run in store.runs(control.id) if run.strategy == "classic"}
    assert {run.status for run in classic.values()} == {RunStatus.FAILED}
    assert classic[0].reason == "It broke off for a reason nobody foresaw (RuntimeError); the log has the details."
    assert classic[1].reason == "This run needs more memory than there is. Try a batch size of 8."
    assert {run.status for run in store.runs(control.id) if run.strategy != "classic"} == {RunStatus.FINISHED}
    assert "failed. This run needs more memory" in control.log()


@pytest.mark.parametrize(("strategy", "encodes"), [("partial_fine_tuning", False), ("full_fine_tuning", True)])
def test_items_are_encoded_for_those_who_read_features(strategy, encodes, tiny_workspace, dataset, store):
    control = submit_quietly(tiny_workspace, make_spec(dataset, strategies=(strategy,), seeds=1))
    race(control, store)
    assert ("Encoding" in control.log()) == encodes


def test_a_diverged_run_names_its_step(tiny_workspace, dataset, store):
    wild = QUICK.model_copy(update={"learning_rate": 1.0, "epochs": 50, "warmup": 0.0, "max_length": 16})
    spec = make_spec(dataset, strategies=("scratch",), seeds=1, settings={"scratch": wild})
    control = submit_quietly(tiny_workspace, spec)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tlcore.training.loop.Loop._loss", diverging_loss)
        status, reason = race(control, store)
    assert status is RunStatus.FAILED
    assert "epoch 1, step 1" in reason
    [run] = store.runs(control.id)
    assert (run.status, run.reason) == (RunStatus.FAILED, reason)
    assert results(tiny_workspace, control.id).verdict is None


def diverging_loss(self, rows):
    import torch

    return sum(parameter.sum() for parameter in self.network.parameters()) * torch.tensor(float("nan"))


def test_a_cancel_stops_in_the_middle_and_keeps_what_is_finished(tiny_workspace, dataset, store):
    control = submit_quietly(tiny_workspace, make_spec(dataset, seeds=1))
    running = Race(control, store)
    kept = running._keep

    def keep(run, fitted):
        kept(run, fitted)
        control.ask_cancel()

    running._keep = keep
    with pytest.raises(Stopped):
        running.run()
    running.recorder.close(RunStatus.KILLED, "cancelled")
    assert [(run.status, run.reason) for run in store.runs(control.id)] == [
        (RunStatus.FINISHED, ""),
        (RunStatus.KILLED, "cancelled"),
    ]
    found = results(tiny_workspace, control.id)
    assert [curve.strategy for curve in found.evidence.curves if curve.measure == "accuracy"] == ["classic"]


def test_the_test_labels_choose_nothing(tiny_workspace, dataset, store):
    """With the labels of all test items swapped, every model, epoch, setting and temperature is the same; scores are not."""
    spec = make_spec(dataset, strategies=tuple(STRATEGIES), seeds=1)
    honest, swapped = (submit_quietly(tiny_workspace, spec, letter * 12) for letter in "ab")
    race(honest, store)
    running = Race(swapped, store)
    opened = running.recorder.open

    def swap():
        prepared, runs = opened()
        labels = prepared.labels.copy()
        labels[prepared.split.test] = (labels[prepared.split.test] + 1) % len(prepared.classes)
        return replace(prepared, labels=labels), runs

    running.recorder.open = swap
    running.run()
    pairs = list(zip(store.runs(honest.id), store.runs(swapped.id), strict=True))
    assert len(pairs) == len(STRATEGIES) and any(one.accuracy != other.accuracy for one, other in pairs)
    for one, other in pairs:
        assert (one.chosen, one.temperature, one.n_validation) == (other.chosen, other.temperature, other.n_validation)
        assert [epoch.model_dump(exclude={"seconds"}) for epoch in one.curve] == [
            epoch.model_dump(exclude={"seconds"}) for epoch in other.curve
        ]
        arrays = [sha256_of(next(store.bundle(run.id).glob("*.safetensors"))) for run in (one, other)]
        assert arrays[0] == arrays[1]
        np.testing.assert_array_equal(store.predictions(one.id).probabilities, store.predictions(other.id).probabilities)


def test_a_second_attempt_does_what_is_left_and_gets_the_same_numbers(tiny_workspace, dataset, store):
    spec = make_spec(dataset, seeds=1)
    whole = submit_quietly(tiny_workspace, spec, "a" * 12)
    race(whole, store)
    halves = submit_quietly(tiny_workspace, spec, "b" * 12)
    first = Race(halves, store)
    first._attempt, attempt = lambda run, part: attempt(run, part) if run.plan.position == 0 else stop(), first._attempt
    with pytest.raises(Stopped):
        first.run()
    before = store.runs(halves.id)[0]
    race(halves, store)
    assert store.runs(halves.id)[0] == before
    for one, other in zip(store.runs(whole.id), store.runs(halves.id), strict=True):
        np.testing.assert_array_equal(store.predictions(one.id).probabilities, store.predictions(other.id).probabilities)
    assert results(tiny_workspace, halves.id).verdict.sentence == results(tiny_workspace, whole.id).verdict.sentence


def stop():
    raise Stopped("killed")


def test_a_damaged_results_file_is_named_and_history_still_comes(tiny_workspace, control, store):
    race(control, store)
    path = store.artifact_folder(store.experiment(control.id).parent) / artifacts.RESULTS
    path.write_bytes(path.read_bytes()[:-20])
    found = results(tiny_workspace, control.id)
    assert found.verdict is None
    assert "results.json" in found.notes[0]
    assert [run.accuracy for run in found.runs] == [run.accuracy for run in store.runs(control.id)]
    assert all(run.accuracy is not None for run in found.runs)
