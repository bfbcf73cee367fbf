"""Measures in a few seconds what an encoder costs on this machine. Imports torch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tlcore import runtime
from tlcore.encoders.base import Encoder
from tlcore.encoders.catalogue import load_encoder, token_counter
from tlcore.experiments.estimate import Calibration, Pace, keep_calibration
from tlcore.files import sha256_of
from tlcore.records import EpochRecord, Item, Picture
from tlcore.settings import Workspace
from tlcore.training.catalogue import strategy_card, strategy_class
from tlcore.training.hooks import Hook
from tlcore.training.strategies.base import FitContext, Labelled

_TEXT = "the parcel came late but this small lamp works well and looks better than in the picture so it stays with us "
_ITEMS = 32
_EPOCHS = 2
_SHORT, _LONG = 8, 40
"""Words of the texts that are timed."""
_SIDE = 256
"""Pixels a side of the pictures that are timed."""


@dataclass(frozen=True)
class _Batch:
    """Items to time, with their load: tokens, or pictures."""

    items: Sequence[Item]
    load: int


def calibrate(workspace: Workspace, encoder: str, image_size: int | None = None) -> Calibration:
    """Time encoding and training on a few made-up items, and keep what was found for `estimate`."""
    runtime.configure_threads()
    loaded = load_encoder(encoder, workspace, image_size, keep_pixels=False)
    with TemporaryDirectory() as folder:
        small, large = _pictures(Path(folder)) if loaded.card.modality == "image" else _texts(encoder, workspace)
        loaded.encode(small.items)
        started = time.perf_counter()
        loaded.encode(large.items)
        encode = (time.perf_counter() - started) / large.load
        full, partial = (_pace(name, loaded, small, large) for name in ("full_fine_tuning", "partial_fine_tuning"))
    found = Calibration(encode=encode, full=full, partial=partial)
    keep_calibration(workspace, encoder, found, image_size)
    return found


class _Watch(Hook):
    """Notes what each epoch took."""

    def __init__(self) -> None:
        self.epochs: list[float] = []

    def on_epoch(self, record: EpochRecord) -> None:
        """Note it."""
        self.epochs.append(record.seconds)


def _pace(strategy: str, encoder: Encoder, small: _Batch, large: _Batch) -> Pace:
    """Two loads in as many steps tell the price of a step from that of a unit."""
    settings = strategy_card(strategy).defaults_for(encoder.card.modality)
    top = min(settings.top_blocks, len(encoder.card.blocks))
    settings = settings.model_copy(update={"epochs": _EPOCHS, "early_stopping": False, "top_blocks": top})
    if encoder.card.modality == "image":
        settings = settings.model_copy(update={"batch_size": _ITEMS})
    epochs, ready = [], []
    for batch in (small, large):
        watch, started = _Watch(), time.perf_counter()
        labels = np.arange(len(batch.items)) % 2
        strategy_class(strategy)(2, encoder, settings).fit(Labelled(batch.items, labels), FitContext(hook=watch))
        ready.append(time.perf_counter() - started - sum(watch.epochs))
        epochs.append(min(watch.epochs))  # the first one also pays for what torch sets up
    unit = max(epochs[1] - epochs[0], 0.0) / (large.load - small.load)
    steps = -(-len(large.items) // settings.batch_size)
    return Pace(step=max(epochs[0] - unit * small.load, 0.0) / steps, unit=unit, ready=min(ready))


def _texts(encoder: str, workspace: Workspace) -> tuple[_Batch, _Batch]:
    """Short and long texts, each begun at another word."""
    endless, count = (_TEXT * 4).split(), token_counter(encoder, workspace)
    texts = {size: [" ".join(endless[start : start + size]) for start in range(_ITEMS)] for size in (_SHORT, _LONG)}
    small, large = (_Batch(texts[size], int(count(texts[size]).sum())) for size in (_SHORT, _LONG))
    return small, large


def _pictures(folder: Path) -> tuple[_Batch, _Batch]:
    """Half a batch and a whole one of pictures that hold noise."""
    from PIL import Image

    rng, pictures = np.random.default_rng(0), []
    for number in range(_ITEMS):
        path = folder / f"{number}.jpg"
        Image.fromarray(rng.integers(0, 256, (_SIDE, _SIDE, 3), dtype=np.uint8)).save(path)
        pictures.append(Picture(path, sha256_of(path)))
    return _Batch(pictures[: _ITEMS // 2], _ITEMS // 2), _Batch(pictures, _ITEMS)
