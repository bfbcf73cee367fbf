"""Measures in a few seconds what an encoder costs on this machine. Imports torch."""

import time

import numpy as np

from tlcore import runtime
from tlcore.encoders.base import Encoder
from tlcore.encoders.catalogue import load_encoder, token_counter
from tlcore.experiments.estimate import Calibration, Pace, keep_calibration
from tlcore.records import EpochRecord
from tlcore.settings import Workspace
from tlcore.training.catalogue import strategy_card, strategy_class
from tlcore.training.hooks import Hook
from tlcore.training.strategies.base import FitContext, Labelled

_TEXT = "the parcel came late but this small lamp works well and looks better than in the picture so it stays with us "
_ITEMS = 32
_EPOCHS = 2
_SHORT, _LONG = 8, 40
"""Words of the texts that are timed."""


def calibrate(workspace: Workspace, encoder: str) -> Calibration:
    """Time encoding and training on a few made-up texts, and keep what was found for `estimate`."""
    runtime.configure_threads()
    loaded, count = load_encoder(encoder, workspace), token_counter(encoder, workspace)
    tokens = {words: int(count(_texts(words)).sum()) for words in (_SHORT, _LONG)}
    loaded.encode(_texts(_SHORT))
    started = time.perf_counter()
    loaded.encode(_texts(_LONG))
    encode = (time.perf_counter() - started) / tokens[_LONG]
    found = Calibration(
        encode=encode, full=_pace("full_fine_tuning", loaded, tokens), partial=_pace("partial_fine_tuning", loaded, tokens)
    )
    keep_calibration(workspace, encoder, found)
    return found


class _Watch(Hook):
    """Notes what each epoch took."""

    def __init__(self) -> None:
        self.epochs: list[float] = []

    def on_epoch(self, record: EpochRecord) -> None:
        """Note it."""
        self.epochs.append(record.seconds)


def _pace(strategy: str, encoder: Encoder, tokens: dict[int, int]) -> Pace:
    """Two lengths of text tell the price of a step from that of a token."""
    settings = strategy_card(strategy).defaults.model_copy(update={"epochs": _EPOCHS, "early_stopping": False})
    settings = settings.model_copy(update={"top_blocks": min(settings.top_blocks, len(encoder.card.blocks))})
    epochs, ready = {}, []
    for words in (_SHORT, _LONG):
        watch, started = _Watch(), time.perf_counter()
        labels = np.arange(_ITEMS) % 2
        strategy_class(strategy)(2, encoder, settings).fit(Labelled(_texts(words), labels), FitContext(hook=watch))
        ready.append(time.perf_counter() - started - sum(watch.epochs))
        epochs[words] = min(watch.epochs)  # the first one also pays for what torch sets up
    token = max(epochs[_LONG] - epochs[_SHORT], 0.0) / (tokens[_LONG] - tokens[_SHORT])
    steps = -(-_ITEMS // settings.batch_size)
    return Pace(step=max(epochs[_SHORT] - token * tokens[_SHORT], 0.0) / steps, token=token, ready=min(ready))


def _texts(words: int) -> list[str]:
    """Texts of so many words, each begun at another one."""
    endless = (_TEXT * 4).split()
    return [" ".join(endless[start : start + words]) for start in range(_ITEMS)]
