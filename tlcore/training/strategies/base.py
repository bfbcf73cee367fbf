"""The one protocol of all strategies."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import DirectFeatures, Encoder, FeatureSource, FloatArray, IntArray
from tlcore.errors import ChoiceError
from tlcore.records import Item
from tlcore.training.hooks import Checkpoints, Hook, NoCheckpoints, Part
from tlcore.training.settings import TrainingSettings

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """The budget's items: all labels a run may use, those for validation included."""

    items: Sequence[Item]
    labels: IntArray
    """`(n,)` class indices."""


@dataclass(frozen=True)
class State:
    """Everything a fitted strategy needs to predict, as data: no pickle."""

    arrays: dict[str, npt.NDArray[Any]]
    facts: dict[str, Any]
    """JSON-able."""


@dataclass
class FitReport:
    """What a fit did, for the record."""

    n_train: int
    n_validation: int = 0
    encode_seconds: float = 0.0
    chosen: dict[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    """What its confidence should be cooled or heated by, from labels held out of the fit (`evaluation.temperature`)."""


@dataclass(frozen=True)
class FitContext:
    """What surrounds a fit: where features come from, who listens, where checkpoints go."""

    features: FeatureSource = field(default_factory=DirectFeatures)
    hook: Hook = field(default_factory=Hook)
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    checkpoint_seconds: float = 30.0
    """Least time between two checkpoints; 0 = after every epoch."""


def frozen_features(encoder: Encoder, items: Sequence[Item], context: FitContext) -> tuple[FloatArray, float]:
    """Features `(n, d)` of the items, and the seconds that encoding them costs, even if they came from a store."""
    started = time.perf_counter()
    features = context.features.features(encoder, items, Part(context.hook, 0, 0).on_items)
    spent = time.perf_counter() - started
    cold = context.features.seconds_cold(encoder, items)
    return features, spent if cold is None else cold


def check_labels(labels: IntArray) -> None:
    """Raise ChoiceError unless there are two classes to tell apart."""
    if len(np.unique(labels)) < 2:
        raise ChoiceError(
            f"Training needs labels of at least two classes, but this budget of {len(labels)} holds one. Raise it."
        )


class Strategy(ABC):
    """A way to get a classifier out of an encoder and labelled items. Same inputs and seed, same result."""

    def __init__(self, n_classes: int, encoder: Encoder, settings: TrainingSettings, seed: int = 0) -> None:
        self.n_classes = n_classes
        self.encoder = encoder
        self.settings = settings
        self.seed = seed

    @property
    def arithmetic(self) -> str | None:
        """The precision it computes in; None where no network does. Here: that of the encoder's features."""
        return self.encoder.precision.name if self.encoder else None

    @abstractmethod
    def fit(self, data: Labelled, context: FitContext) -> FitReport:
        """Learn from the budget's items. Raises TrainingError for what only this run cannot do, Stopped on request."""

    @abstractmethod
    def predict_proba(self, items: Sequence[Item], features: FeatureSource | None = None) -> Probabilities:
        """Probabilities `(n, n_classes)` of items in the order given; rows sum to 1."""

    @abstractmethod
    def state(self) -> State:
        """What `restore` needs to predict the same."""

    @abstractmethod
    def load_state(self, state: State) -> None:
        """Become the fitted strategy that gave `state`."""

    @classmethod
    def restore(cls, state: State, n_classes: int, encoder: Encoder, settings: TrainingSettings) -> Self:
        """A fitted strategy from its state."""
        strategy = cls(n_classes, encoder, settings)
        strategy.load_state(state)
        return strategy
