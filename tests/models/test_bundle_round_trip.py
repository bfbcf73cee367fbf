"""What a strategy predicts before it is saved, it predicts to the last bit after it is loaded."""

from pathlib import Path

import numpy as np
import pytest

from tlcore import load_model
from tlcore.encoders.catalogue import load_encoder
from tlcore.errors import EncoderError
from tlcore.models.bundle import copy_bundle, save_bundle, zip_bundle
from tlcore.models.card import ModelCard
from tlcore.runtime import seeded
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.strategies.base import FitContext, Labelled

UNSEEN = ["we had soup again", "zebra!", "a very long " + "train " * 300, "好", "the coach saw the match"]


def fitted(strategy: str, card: ModelCard, workspace: Workspace, toy_texts):
    """A strategy fitted on the toy texts, and the card its bundle would have."""
    chosen = STRATEGIES[strategy]
    encoder = load_encoder("tiny", workspace) if chosen.uses_encoder else None
    settings = chosen.defaults.model_copy(update={"epochs": 2, "head_learning_rate": 0.01})
    with seeded(3):
        model = strategy_class(strategy)(3, encoder, settings, seed=3)
        model.fit(Labelled(toy_texts.texts, toy_texts.labels), FitContext())
    return model, card.model_copy(
        update={
            "strategy": strategy,
            "encoder": encoder and encoder.card,
            "encoder_fingerprint": encoder and encoder.fingerprint,
            "precision": model.arithmetic,
            "classes": toy_texts.classes,
            "settings": settings,
        }
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_reloaded_model_gives_the_same_probabilities(
    strategy: str, card: ModelCard, tiny_workspace: Workspace, toy_texts, tmp_path: Path
) -> None:
    model, card = fitted(strategy, card, tiny_workspace, toy_texts)
    before = model.predict_proba(UNSEEN)
    save_bundle(tmp_path / "saved", card, model.state())
    zip_bundle(tmp_path / "saved", tmp_path / "packed.zip")
    copy_bundle(tmp_path / "packed.zip", tmp_path / "unpacked")
    assert len({tuple(row) for row in np.round(before, 6)}) > 1
    for name in ("saved", "packed.zip", "unpacked"):
        loaded = load_model(tmp_path / name, tiny_workspace)
        assert loaded.card == card
        assert loaded.notes == ()
        np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), before)
        labels = [toy_texts.classes[place] for place in before.argmax(axis=1)]
        assert [answer.label for answer in loaded.predict(UNSEEN)] == labels


def test_missing_encoder_is_named_with_the_cure(card: ModelCard, tiny_workspace: Workspace, toy_texts, tmp_path: Path) -> None:
    model, card = fitted("feature_extraction", card, tiny_workspace, toy_texts)
    save_bundle(tmp_path / "saved", card, model.state())
    with pytest.raises(EncoderError, match=r"needs the encoder “tiny”.*encoders add"):
        load_model(tmp_path / "saved", Workspace(tmp_path / "elsewhere"))


def test_encoder_with_other_weights_is_refused(card: ModelCard, tiny_workspace: Workspace, toy_texts, tmp_path: Path) -> None:
    model, card = fitted("feature_extraction", card, tiny_workspace, toy_texts)
    save_bundle(tmp_path / "saved", card.model_copy(update={"encoder_fingerprint": "0" * 64}), model.state())
    with pytest.raises(EncoderError, match="other weights"):
        load_model(tmp_path / "saved", tiny_workspace)


@pytest.mark.parametrize("can", [True, False])
def test_model_trained_in_another_precision_reads_features_in_that_or_says_so(
    card: ModelCard, tiny_workspace: Workspace, toy_texts, tmp_path: Path, monkeypatch, can: bool
) -> None:
    model, card = fitted("feature_extraction", card, tiny_workspace, toy_texts)
    before = model.predict_proba(UNSEEN)
    other = "fp32" if card.precision != "fp32" else "bf16"
    encoder = load_encoder("tiny", tiny_workspace)
    elsewhere = card.model_copy(update={"precision": other, "encoder_fingerprint": encoder.fingerprint_in(other)})
    save_bundle(tmp_path / "saved", elsewhere, model.state())
    monkeypatch.setattr("tlcore.models.bundle.computes", lambda name: can)
    read = load_model(tmp_path / "saved", tiny_workspace)
    if can:
        assert not read.notes
        assert not np.array_equal(read.predict_proba(UNSEEN), before)
    else:
        (note,) = read.notes
        assert other in note
