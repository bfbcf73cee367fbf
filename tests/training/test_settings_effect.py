"""Every setting that a form offers changes what is trained."""

import numpy as np
import pytest
import torch
from fitting import Listener, build, fit, labelled

from tlcore.training.catalogue import STRATEGIES
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import FitContext, Labelled

OTHER = {
    "learning_rate": 4e-3,
    "head_learning_rate": 9e-2,
    "layer_decay": 0.3,
    "epochs": 5,
    "batch_size": 5,
    "weight_decay": 0.9,
    "warmup": 0.7,
    "label_smoothing": 0.4,
    "class_weights": "balanced",
    "top_blocks": 1,
    "early_stopping": True,
    "patience": 1,
    "validation_share": 0.4,
    "max_length": 8,
    "dropout": 0.6,
}
IMAGE_OTHER = {
    "augmentation": "strong",
    "flip": 1.0,
    "crop": 0.6,
    "rotation": 90.0,
    "scale": 0.5,
    "colour": 0.8,
    "erasing": 1.0,
}
BASE = {"epochs": 8, "learning_rate": 2e-2, "head_learning_rate": 1e-2, "layer_decay": 0.9, "patience": 6, "top_blocks": 2}
FIELDS = [(card.id, name) for card in STRATEGIES.values() for name in card.fields if name != "patience"]
NETWORKS = [card.id for card in STRATEGIES.values() if card.trains_network]


def test_the_table_above_names_every_setting():
    assert set(OTHER) | set(IMAGE_OTHER) == set(TrainingSettings.model_fields)


@pytest.mark.parametrize(("strategy", "name"), FIELDS)
def test_the_setting_has_an_effect(strategy, name, tiny_encoder, toy_texts):
    data, changes = labelled(toy_texts, [row for row in range(60) if row % 3 or row < 12]), {**BASE}
    changes["early_stopping"] = name == "validation_share"
    texts = [f"{text} {text}" for text in toy_texts.texts]
    first, second = (
        fit(strategy, tiny_encoder, data, **settings).predict_proba(texts)
        for settings in (changes, changes | {name: OTHER[name]})
    )
    assert not np.allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_defaults_are_valid_and_their_form_names_known_settings(strategy):
    card = STRATEGIES[strategy]
    assert set(card.fields) <= set(TrainingSettings.model_fields)
    assert len(set(card.fields)) == len(card.fields)
    assert TrainingSettings.model_validate(card.defaults.model_dump()) == card.defaults


@pytest.mark.parametrize("strategy", NETWORKS)
def test_patience_is_how_long_training_waits_for_a_better_epoch(strategy, tiny_encoder, toy_texts):
    data = Labelled(toy_texts.texts, np.random.default_rng(0).permutation(toy_texts.labels))  # nothing to be learned
    waits = []
    for patience in (1, 3):
        listener, changes = Listener(), {**BASE, "epochs": 40, "early_stopping": True, "patience": patience}
        fit(strategy, tiny_encoder, data, context=FitContext(hook=listener), **changes)
        waits.append(len(listener.epochs) - 1 - int(np.argmin([record.validation_loss for record in listener.epochs])))
    assert waits == [1, 3]


def test_validation_share_is_a_share_of_the_budget(tiny_encoder, toy_texts):
    strategy = build("full_fine_tuning", tiny_encoder, early_stopping=True, validation_share=0.25)
    report = strategy.fit(labelled(toy_texts), FitContext())
    assert (report.n_train, report.n_validation) == (45, 15)


def test_batch_size_is_the_most_items_of_a_step(tiny_encoder, toy_texts):
    sizes = []
    strategy = build("scratch", tiny_encoder, batch_size=7, epochs=1)
    built = strategy._build

    def watched():
        network = built()
        network.head.register_forward_pre_hook(
            lambda _, arguments: sizes.append(len(arguments[0])) if torch.is_grad_enabled() else None
        )
        return network

    strategy._build = watched
    strategy.fit(labelled(toy_texts), FitContext())
    assert max(sizes) <= 7
    assert sum(sizes) == 60


IMAGE_FIELDS = [(card.id, name) for card in STRATEGIES.values() for name in card.fields_for("image") if name != "patience"]


@pytest.mark.parametrize(("strategy", "name"), IMAGE_FIELDS)
def test_the_setting_has_an_effect_on_pictures(strategy, name, picture_toy):
    changes, other = {**BASE, "augmentation": "none"}, {**OTHER, **IMAGE_OTHER}
    changes["early_stopping"] = name == "validation_share"
    data = labelled(picture_toy, [row for row in range(60) if row % 3 or row < 12])
    first, second = (
        fit(strategy, picture_toy.encoder, data, **settings).predict_proba(picture_toy.items)
        for settings in (changes, changes | {name: other[name]})
    )
    assert not np.allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_defaults_for_pictures_are_valid_and_their_form_names_known_settings(strategy):
    card = STRATEGIES[strategy]
    fields, defaults = card.fields_for("image"), card.defaults_for("image")
    assert set(fields) <= set(TrainingSettings.model_fields) - {"max_length"}
    assert len(set(fields)) == len(fields)
    assert TrainingSettings.model_validate(defaults.model_dump()) == defaults


def test_only_what_learns_from_whole_pictures_offers_to_vary_them():
    offers = {card.id for card in STRATEGIES.values() if "augmentation" in card.fields_for("image")}
    assert offers == {"scratch", "full_fine_tuning"}
    assert all(card.defaults_for("image").augmentation == "none" for card in STRATEGIES.values() if card.id not in offers)
    assert not any(set(IMAGE_OTHER) & set(card.fields_for("text")) for card in STRATEGIES.values())


def test_texts_keep_their_own_defaults_and_words():
    for card in STRATEGIES.values():
        assert (card.defaults_for("text"), card.fields_for("text")) == (card.defaults, card.fields)
        assert card.about_for("text") == card.about
    assert "ixels" in STRATEGIES["classic"].about_for("image")
    assert "ord" not in STRATEGIES["classic"].about_for("image")
