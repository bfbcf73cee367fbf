"""The feature store: an item's features are computed once per encoder and reused by every run, experiment and dataset."""

from collections.abc import Sequence

import numpy as np

from tlcore.encoders.base import Encoder, FloatArray, IntArray, OnProgress
from tlcore.encoders.shards import Keys, Places, Shelf, distinct
from tlcore.records import Item, Modality
from tlcore.settings import Workspace

ITEMS_A_SHARD: dict[Modality, int] = {"text": 2048, "image": 256}
"""As many as take seconds to encode, since a stop loses the shard in hand."""
_KEPT_ANSWERS = 2
"""The last labels and the last test: all runs of an experiment ask for the same test."""
_FEW_NUMBERS = 2**22
"""Size of an answer up to which it is kept: 16 MB."""
_Question = tuple[str, tuple[Item, ...]]
"""An encoder's fingerprint and items."""


class FeatureStore:
    """A `FeatureSource` that keeps what it computes under `<workspace>/features/<encoder fingerprint>/`.

    Items are known by their content, so equal items are computed once, whichever dataset they are in. What is stored is
    checked against its SHA-256 the first time a store reads it; damaged files are computed again. Several processes may use
    one workspace; within a process give each thread a store of its own.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._shelves: dict[str, Shelf] = {}
        self._answers: dict[_Question, FloatArray] = {}

    def features(self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Features `(n, d)` float32 of items in the order given, computing those not stored yet.

        Progress counts distinct items. Stopped midway, all but the last 2,048 texts or 256 pictures at most are kept.
        Raises StorageError when the disk refuses.
        """
        shelf, places, inverse = self._complete(encoder, items, on_progress)
        if len(items) * encoder.card.dim > _FEW_NUMBERS:
            return _gather(shelf, places, inverse, encoder.card.dim)
        question = encoder.fingerprint, tuple(items)
        answer = self._answers.pop(question, None)
        self._answers[question] = _gather(shelf, places, inverse, encoder.card.dim) if answer is None else answer
        if len(self._answers) > _KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]
        return self._answers[question].copy()

    def store(self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None = None) -> None:
        """Compute features that are not stored yet, and give none: memory holds those of one shard at a time.

        Otherwise as `features`.
        """
        self._complete(encoder, items, on_progress)

    def lookup(self, encoder: Encoder, items: Sequence[Item]) -> int:
        """How many of the items are stored."""
        keys, _, inverse = distinct(items)
        return int(self._shelf(encoder).find(keys).stored[inverse].sum())

    def seconds_cold(self, encoder: Encoder, items: Sequence[Item]) -> float | None:
        """Seconds that computing the items' features took, equal items counted once; None if some are not stored."""
        shelf = self._shelf(encoder)
        places = shelf.find(distinct(items)[0])
        if not places.stored.all():
            return None
        return float(sum(shard.seconds[places.row[rows]].sum() for shard, rows in shelf.each(places)))

    def _shelf(self, encoder: Encoder) -> Shelf:
        name = encoder.fingerprint[:32]
        if name not in self._shelves:
            self._shelves[name] = Shelf(self._workspace.features / name)
        self._shelves[name].refresh()
        return self._shelves[name]

    def _complete(
        self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None
    ) -> tuple[Shelf, Places, IntArray]:
        """Store what is lacking: the shelf, where the distinct items lie on it, and which of them each item is."""
        shelf = self._shelf(encoder)
        keys, first, inverse = distinct(items)
        places = shelf.find(keys)
        while not places.stored.all():  # a second time only when a shard was damaged in between
            self._compute(encoder, [items[position] for position in first], keys, on_progress)
            places = shelf.find(keys)
        if on_progress:
            on_progress(len(keys), len(keys))
        return shelf, places, inverse

    def _compute(self, encoder: Encoder, items: Sequence[Item], keys: Keys, on_progress: OnProgress | None) -> None:
        """Store features of all items that have none, shard by shard."""

        def compute(chunk: IntArray, report: OnProgress) -> FloatArray:
            return encoder.encode([items[position] for position in chunk], report)

        encoder.load()
        self._shelf(encoder).complete(keys, ITEMS_A_SHARD[encoder.card.modality], compute, on_progress)


def _gather(shelf: Shelf, places: Places, inverse: IntArray, dim: int) -> FloatArray:
    """Features `(n, d)` from where they are stored: of each item, that of the distinct item `(n,)` which it is."""
    features = np.empty((len(inverse), dim), dtype=np.float32)
    for shard, rows in shelf.each(Places(places.shard[inverse], places.row[inverse])):
        features[rows] = shard.vectors[places.row[inverse[rows]]]
    return features
