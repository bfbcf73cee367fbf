"""Short ways to say what the training tests do over and over."""

import numpy as np

from tlcore.errors import Stopped
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.hooks import Hook
from tlcore.training.strategies.base import FitContext, Labelled

QUICK = {"epochs": 2, "early_stopping": False, "batch_size": 16, "top_blocks": 1}
"""Just enough to run."""
THOROUGH = {**QUICK, "epochs": 20, "learning_rate": 5e-3, "head_learning_rate": 1e-2, "top_blocks": 2}
"""Enough for a tiny network to learn the toy texts."""


def settings_of(strategy, encoder=None, **changes):
    defaults = STRATEGIES[strategy].defaults_for(encoder.card.modality if encoder else "text")
    return defaults.model_copy(update={**QUICK, **changes})


def build(strategy, encoder, n_classes=3, seed=0, **changes):
    return strategy_class(strategy)(n_classes, encoder, settings_of(strategy, encoder, **changes), seed)


def fit(strategy, encoder, data, seed=0, context=None, n_classes=3, **changes):
    fitted = build(strategy, encoder, n_classes, seed, **changes)
    fitted.fit(data, context or FitContext())
    return fitted


def labelled(toy, rows=None):
    items = toy.items if hasattr(toy, "items") else toy.texts
    rows = np.arange(len(items)) if rows is None else np.asarray(rows)
    return Labelled([items[row] for row in rows], toy.labels[rows])


class Listener(Hook):
    """Writes down all it hears; stops the run at the step asked for."""

    def __init__(self, stop_at=None):
        self.phases, self.shares, self.epochs, self.stop_at = [], [], [], stop_at

    def on_phase(self, name, share):
        self.phases.append(name)
        self.shares.append(share)

    def on_step(self, share):
        self.shares.append(share)
        if self.stop_at is not None and len(self.shares) >= self.stop_at:
            raise Stopped("cancelled")

    def on_epoch(self, record):
        self.epochs.append(record)


class MemoryCheckpoints:
    """Keeps every checkpoint, as copies."""

    def __init__(self):
        self.saved = []

    def save(self, arrays, state):
        self.saved.append(({name: np.array(array) for name, array in arrays.items()}, dict(state)))

    def load(self):
        return self.saved[-1] if self.saved else None
