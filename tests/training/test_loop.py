"""The epoch loop: resuming, stopping early, breaking off."""

import json

import numpy as np
import pytest
import torch
from fitting import Listener, MemoryCheckpoints, fit, labelled

from tlcore import runtime
from tlcore.errors import DivergedError, Stopped
from tlcore.training.checkpoint import Keeper
from tlcore.training.classifier import Classifier
from tlcore.training.hooks import Hook, NoCheckpoints
from tlcore.training.loop import Examples, Job, Loop
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import FitContext

NETWORKS = ["scratch", "partial_fine_tuning", "full_fine_tuning"]


def loop(encoder, toy, hook=None, checkpoints=None, validation=20, **changes):
    """A loop over the toy texts, the last `validation` of them held out."""
    chosen = {"epochs": 4, "learning_rate": 5e-3, "head_learning_rate": 1e-2, "layer_decay": 1.0, **changes}
    settings, cut = TrainingSettings(**chosen), 60 - validation
    parts = [Examples(encoder.prepare(toy.texts[part]), toy.labels[part]) for part in (slice(cut), slice(cut, None))]
    with runtime.seeded(0):
        network = Classifier(encoder.network("pretrained"), 3, settings.dropout)
    job = Job(parts[0], parts[1] if validation else None, settings, 0)
    return Loop(network, job, hook or Hook(), Keeper(checkpoints or NoCheckpoints(), 0, str(job)))


def weights(network):
    return {name: tensor.detach().clone() for name, tensor in network.learned().items()}


def same(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def losses(listener):
    return [(record.epoch, record.train_loss, record.validation_loss) for record in listener.epochs]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("strategy", NETWORKS)
def test_resumed_training_gives_the_very_same_model_and_repeats_no_epoch(strategy, early_stopping, tiny_encoder, toy_texts):
    data, changes = labelled(toy_texts), {"epochs": 5, "early_stopping": early_stopping, "patience": 9, "learning_rate": 2e-3}
    whole = Listener()
    expected = fit(strategy, tiny_encoder, data, context=FitContext(hook=whole), **changes)

    class Kill(Listener):
        def on_epoch(self, record):
            super().on_epoch(record)
            self.armed = record.epoch == 3

        def on_step(self, share):
            super().on_step(share)
            if getattr(self, "armed", False):
                raise Stopped("cancelled")

    first, second, kept = Kill(), Listener(), MemoryCheckpoints()
    with pytest.raises(Stopped):
        fit(strategy, tiny_encoder, data, context=FitContext(hook=first, checkpoints=kept, checkpoint_seconds=0), **changes)
    torch.manual_seed(77)
    resumed = fit(strategy, tiny_encoder, data, context=FitContext(hook=second, checkpoints=kept), **changes)
    assert np.array_equal(resumed.predict_proba(toy_texts.texts), expected.predict_proba(toy_texts.texts))
    assert losses(first) + losses(second) == losses(whole)
    assert [record.epoch for record in second.epochs] == [4, 5]


def test_a_finished_checkpoint_is_not_trained_further(tiny_encoder, toy_texts):
    kept, again = MemoryCheckpoints(), Listener()
    done = loop(tiny_encoder, toy_texts, checkpoints=kept)
    done.run()
    resumed = loop(tiny_encoder, toy_texts, again, kept)
    assert resumed.run() == done.snapshot.standing
    assert again.epochs == []
    assert same(weights(done.network), weights(resumed.network))


def test_a_checkpoint_of_another_job_is_left_alone(tiny_encoder, toy_texts):
    kept, listener = MemoryCheckpoints(), Listener()
    loop(tiny_encoder, toy_texts, checkpoints=kept, epochs=2).run()
    loop(tiny_encoder, toy_texts, listener, kept, epochs=3).run()
    assert [record.epoch for record in listener.epochs] == [1, 2, 3]


def test_checkpoints_keep_their_distance(tiny_encoder, toy_texts):
    seldom, often = MemoryCheckpoints(), MemoryCheckpoints()
    fit("scratch", tiny_encoder, labelled(toy_texts), context=FitContext(checkpoints=seldom))
    fit("scratch", tiny_encoder, labelled(toy_texts), context=FitContext(checkpoints=often, checkpoint_seconds=0))
    assert (len(seldom.saved), len(often.saved)) == (0, 2)


def test_a_checkpoint_is_arrays_and_json(tiny_encoder, toy_texts):
    kept = MemoryCheckpoints()
    loop(tiny_encoder, toy_texts, checkpoints=kept, epochs=1).run()
    arrays, state = kept.saved[-1]
    assert json.loads(json.dumps(state)) == state
    assert all(array.dtype.kind in "fiu" for array in arrays.values())


def test_patience_ends_training_and_the_best_weights_are_kept(tiny_encoder, toy_texts):
    copies = []

    class Copy(Listener):
        def on_epoch(self, record):
            super().on_epoch(record)
            copies.append(weights(trained.network))

    listener = Copy()
    trained = loop(tiny_encoder, toy_texts, listener, epochs=60, patience=2, learning_rate=2e-2)
    standing = trained.run()
    found = [record.validation_loss for record in listener.epochs]
    best = int(np.argmin(found))
    assert standing.best_epoch == best + 1
    assert standing.best_loss == found[best]
    assert standing.epoch == best + 1 + 2 < 60
    assert same(copies[best], weights(trained.network))
    assert not same(copies[-1], weights(trained.network))


def test_without_validation_all_epochs_run_and_the_last_weights_stay(tiny_encoder, toy_texts):
    listener = Listener()
    trained = loop(tiny_encoder, toy_texts, listener, validation=0, epochs=6, patience=1)
    standing = trained.run()
    assert (standing.epoch, standing.best_epoch, len(listener.epochs)) == (6, 0, 6)
    assert all(record.validation_loss is None and record.validation_accuracy is None for record in listener.epochs)
    assert listener.epochs[-1].train_loss < listener.epochs[0].train_loss


def test_validation_labels_teach_nothing(tiny_encoder, toy_texts):
    told, listeners = [toy_texts.labels.copy(), toy_texts.labels.copy()], [Listener(), Listener()]
    told[1][40:] = 0
    for labels, listener in zip(told, listeners, strict=True):
        with runtime.seeded(1):
            loop(tiny_encoder, toy_texts._replace(labels=labels), listener, patience=9).run()
    first, second = ([(record.train_loss, record.validation_loss) for record in listener.epochs] for listener in listeners)
    assert [loss for loss, _ in first] == [loss for loss, _ in second]
    assert all(mine != other for (_, mine), (_, other) in zip(first, second, strict=True))


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_broken_loss_breaks_off_naming_epoch_and_step_with_weights_untouched(broken, tiny_encoder, toy_texts, monkeypatch):
    kept, listener = MemoryCheckpoints(), Listener()
    trained = loop(tiny_encoder, toy_texts, listener, kept)
    healthy, calls, before = trained._loss, [], {}

    def loss(rows):
        calls.append(rows)
        if len(calls) == 5:
            before.update(weights(trained.network))
            return healthy(rows) * broken
        return healthy(rows)

    monkeypatch.setattr(trained, "_loss", loss)
    with pytest.raises(DivergedError, match=r"epoch 2, step 2.*learning rate, now 0\.005"):
        trained.run()
    assert len(calls) == 5
    assert same(before, weights(trained.network))
    assert all(np.isfinite(array).all() for array in kept.saved[-1][0].values())
    assert kept.saved[-1][1]["epoch"] == 1 == len(listener.epochs)


def test_a_gradient_that_overflows_breaks_off_too(tiny_encoder, toy_texts):
    trained = loop(tiny_encoder, toy_texts)
    trained.network.head.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(DivergedError, match="epoch 1, step 1"):
        trained.run()


def test_a_stop_ends_training_within_the_step(tiny_encoder, toy_texts):
    trained = loop(tiny_encoder, toy_texts, Listener(stop_at=2))
    steps = []
    trained.snapshot.optimizer.register_step_post_hook(lambda *_: steps.append(1))
    with pytest.raises(Stopped):
        trained.run()
    assert len(steps) == 2


def test_shares_rise_to_the_end(tiny_encoder, toy_texts):
    listener = Listener()
    loop(tiny_encoder, toy_texts, listener, patience=9).run()
    assert listener.shares == sorted(listener.shares)
    assert listener.shares[-1] == 1
