"""A finished model: items in, labels with their probabilities out. Importing this module loads no torch."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlcore.models.card import ModelCard
from tlcore.models.items import Prediction, readable, remarks, unfit
from tlcore.models.pictures import predict_files
from tlcore.records import Item

if TYPE_CHECKING:
    from tlcore.training.strategies.base import Probabilities, Strategy


class Model:
    """A fitted strategy with its card. `notes` are plain sentences about this machine that its user should see."""

    def __init__(self, card: ModelCard, strategy: "Strategy", notes: tuple[str, ...] = ()) -> None:
        self.card = card
        self.notes = notes
        self._strategy = strategy

    def predict(self, items: Sequence[Item | None]) -> list[Prediction]:
        """One prediction an item, in the order given; a blank or missing text gets a reason instead of a label."""
        reasons = remarks(items, self.card.writing)
        return [self._prediction(row, reason) for row, reason in zip(self.predict_proba(items).tolist(), reasons, strict=True)]

    def predict_files(self, paths: Sequence[Path | str]) -> list[Prediction]:
        """One prediction a picture file, in the order given; what cannot be read gets a reason instead of a label.

        Raises ChoiceError for a model of texts.
        """
        return predict_files(self, paths)

    def predict_proba(self, items: Sequence[Item | None]) -> "Probabilities":
        """Probabilities `(n, k)`, columns in the order of `card.classes`; a row of NaN for a blank or missing text."""
        table = np.full((len(items), len(self.card.classes)), np.nan)
        fit = {row: readable(item) for row, item in enumerate(items) if item is not None and not unfit(item)}
        if fit:
            table[list(fit)] = self._strategy.predict_proba(list(fit.values()))
        return table

    def _prediction(self, row: list[float], reason: str) -> Prediction:
        """A row of probabilities in words."""
        if math.isnan(row[0]):
            return Prediction(label=None, confidence=None, probabilities={}, reason=reason)
        best = max(range(len(row)), key=row.__getitem__)
        probabilities = dict(zip(self.card.classes, row, strict=True))
        return Prediction(label=self.card.classes[best], confidence=row[best], probabilities=probabilities, reason=reason)
