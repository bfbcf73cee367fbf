"""What every strategy keeps, whatever it does inside."""

import json
import random

import numpy as np
import pytest
import torch
from fitting import THOROUGH, Listener, build, fit, labelled

from tlcore.encoders.base import DirectFeatures
from tlcore.errors import ChoiceError, Stopped
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.strategies.base import FitContext, Labelled, State

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


@every_strategy
def test_probabilities_have_a_row_an_item_and_sum_to_one(strategy, toy):
    probabilities = fit(strategy, toy.encoder, labelled(toy)).predict_proba(toy.items[:7])
    assert probabilities.shape == (7, 3)
    assert probabilities.dtype == np.float64
    assert (probabilities >= 0).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-12)


@every_strategy
def test_learns_what_can_be_learned(strategy, toy):
    fitted = fit(strategy, toy.encoder, labelled(toy, np.random.default_rng(0).permutation(60)), **THOROUGH)
    assert (fitted.predict_proba(toy.items).argmax(axis=1) == toy.labels).mean() >= 0.6  # guessing gets a third


@every_strategy
def test_a_row_does_not_depend_on_the_order_of_items(strategy, toy):
    fitted, order = fit(strategy, toy.encoder, labelled(toy)), np.random.default_rng(1).permutation(60)
    shuffled = fitted.predict_proba([toy.items[row] for row in order])
    assert np.allclose(shuffled, fitted.predict_proba(toy.items)[order], atol=1e-6)


@every_strategy
def test_state_is_plain_data_and_restores_the_very_same_probabilities(strategy, toy):
    fitted = fit(strategy, toy.encoder, labelled(toy))
    state = fitted.state()
    assert all(array.dtype.kind in "fiu" for array in state.arrays.values())
    stored = State({name: array.copy() for name, array in state.arrays.items()}, json.loads(json.dumps(state.facts)))
    restored = strategy_class(strategy).restore(stored, 3, toy.encoder, fitted.settings)
    assert np.array_equal(restored.predict_proba(toy.items), fitted.predict_proba(toy.items))


@every_strategy
def test_what_ran_before_does_not_matter(strategy, toy):
    data = labelled(toy)
    alone = fit(strategy, toy.encoder, data, seed=3).predict_proba(toy.items)
    for other in sorted(STRATEGIES, reverse=True):
        fit(other, toy.encoder, data, seed=4)
    random.seed(99), np.random.seed(99), torch.manual_seed(99)  # noqa: NPY002
    assert np.array_equal(fit(strategy, toy.encoder, data, seed=3).predict_proba(toy.items), alone)


@every_strategy
def test_a_fit_leaves_the_encoder_and_the_global_generators_as_they_were(strategy, toy):
    features = toy.encoder.encode(toy.items)
    weights = toy.encoder.network("pretrained").state_dict()
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    fit(strategy, toy.encoder, labelled(toy))
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert np.array_equal(toy.encoder.encode(toy.items), features)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in toy.encoder.network("pretrained").state_dict().items())


@every_strategy
@pytest.mark.parametrize("top_blocks", [1, 3])
def test_reads_frozen_features_as_its_card_says(strategy, top_blocks, toy):
    class Watched(DirectFeatures):
        asked = False

        def features(self, *arguments):
            self.asked = True
            return super().features(*arguments)

    source = Watched()
    fit(strategy, toy.encoder, labelled(toy), context=FitContext(features=source), top_blocks=top_blocks)
    assert source.asked == STRATEGIES[strategy].reads_features


@every_strategy
@pytest.mark.parametrize("early_stopping", [True, False])
def test_labels_for_fit_and_validation_add_up_to_the_budget(strategy, early_stopping, toy):
    report = build(strategy, toy.encoder, early_stopping=early_stopping).fit(labelled(toy, range(40)), FitContext())
    assert report.n_train + report.n_validation == 40
    wants_validation = early_stopping and STRATEGIES[strategy].trains_network
    assert report.n_validation == (8 if wants_validation else 0)


@every_strategy
def test_says_what_it_does_and_stops_at_any_step(strategy, toy):
    listener = Listener()
    fit(strategy, toy.encoder, labelled(toy), context=FitContext(hook=listener), early_stopping=True)
    assert listener.phases
    assert listener.shares == sorted(listener.shares)
    assert min(listener.shares) >= 0
    assert max(listener.shares) <= 1
    steps = len(listener.shares)
    assert steps > 5
    for stop_at in range(len(listener.phases) + 1, steps + 1, max(steps // 5, 1)):
        stopping = Listener(stop_at)
        with pytest.raises(Stopped):
            fit(strategy, toy.encoder, labelled(toy), context=FitContext(hook=stopping), early_stopping=True)
        assert len(stopping.shares) <= stop_at + len(listener.phases)


@every_strategy
def test_balanced_class_weights_lift_the_rare_class(strategy, toy):
    rare = np.flatnonzero(toy.labels == 0)[:4]
    rows = np.concatenate([rare, np.flatnonzero(toy.labels > 0)])
    mean = {
        kind: fit(strategy, toy.encoder, labelled(toy, rows), class_weights=kind, epochs=4).predict_proba(toy.items)
        for kind in ("none", "balanced")
    }
    assert mean["balanced"][:, 0].mean() > mean["none"][:, 0].mean() + 0.01


@every_strategy
@pytest.mark.parametrize("per_class", [1, 2])
def test_works_with_a_handful_of_labels(strategy, per_class, toy):
    data = labelled(toy, range(3 * per_class))
    probabilities = fit(strategy, toy.encoder, data, early_stopping=True).predict_proba(toy.items)
    assert np.isfinite(probabilities).all()


@every_strategy
def test_a_class_without_a_label_gets_its_column_and_is_not_predicted(strategy, toy):
    fitted = fit(strategy, toy.encoder, labelled(toy), n_classes=5, **THOROUGH)
    probabilities = fitted.predict_proba(toy.items)
    assert probabilities.shape == (60, 5)
    assert probabilities.argmax(axis=1).max() <= 2


@every_strategy
def test_one_class_is_refused_in_a_sentence(strategy, toy):
    data = Labelled(toy.items[:4], np.zeros(4, dtype=np.int64))
    with pytest.raises(ChoiceError, match="at least two classes"):
        build(strategy, toy.encoder).fit(data, FitContext())


@every_strategy
def test_predicts_a_single_item(strategy, toy):
    assert fit(strategy, toy.encoder, labelled(toy)).predict_proba(toy.items[:1]).shape == (1, 3)


@every_strategy
def test_predicts_an_unknown_script(strategy, tiny_encoder, toy_texts):
    assert fit(strategy, tiny_encoder, labelled(toy_texts)).predict_proba(["ありがとう 🎉"]).shape == (1, 3)
