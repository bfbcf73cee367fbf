"""From scratch: the fair control."""

from collections.abc import Sequence

from tlcore.encoders.base import Weights
from tlcore.records import Item
from tlcore.training.loop import Examples
from tlcore.training.strategies.base import FitContext
from tlcore.training.strategies.network import NetworkStrategy


class Scratch(NetworkStrategy):
    """The encoder's architecture with random weights; all it knows, it learns from the budget's labels.

    Its default settings are its own, chosen by measurement: see docs/scratch-settings.md and docs/image-settings.md.
    """

    weights: Weights = "random"

    def start(self, items: Sequence[Item], fit: Examples, context: FitContext) -> float:
        """From nothing: no head to begin with, and no time spent on encoding."""
        return 0.0
