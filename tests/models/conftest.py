from pathlib import Path

import numpy as np
import pytest

from tlcore.models.bundle import save_bundle
from tlcore.models.card import DatasetReference, ModelCard
from tlcore.records import ClassScore, EncoderCard, Scores
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import State


@pytest.fixture
def card() -> ModelCard:
    scores = Scores(
        accuracy=0.9,
        macro_f1=0.8,
        balanced_accuracy=0.85,
        log_loss=0.3,
        per_class=(
            ClassScore(label="bad", precision=0.9, recall=0.9, f1=0.9, support=50),
            ClassScore(label="so so", precision=None, recall=0.0, f1=None, support=3),
            ClassScore(label="good", precision=0.9, recall=0.9, f1=0.9, support=47),
        ),
        confusion=((45, 0, 5), (1, 0, 2), (5, 0, 42)),
    )
    return ModelCard(
        id="0123456789abcdef",
        name="Reviews, classic",
        strategy="classic",
        classes=("bad", "so so", "good"),
        modality="text",
        task="classification",
        dataset=DatasetReference(id="abc", name="Reviews", sha256="0" * 64, items=500, text_column="review"),
        settings=TrainingSettings(),
        scores=scores,
        budget=400,
        seed=0,
        n_train=400,
        n_test=100,
        created_at="2026-01-01T00:00:00+00:00",
    )


@pytest.fixture
def encoder_card() -> EncoderCard:
    return EncoderCard(
        id="tiny", name="Tiny", modality="text", dim=8, blocks=("a", "b"), max_length=64, licence="MIT", about="A tiny one."
    )


@pytest.fixture
def state() -> State:
    return State(arrays={"weights": np.arange(300, dtype=np.float32).reshape(3, 100)}, facts={"words": ["zwölf", "日本"]})


@pytest.fixture
def folder(tmp_path: Path, card: ModelCard, state: State) -> Path:
    target = tmp_path / "model"
    save_bundle(target, card, state)
    return target
