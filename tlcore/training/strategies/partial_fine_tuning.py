"""Partial fine-tuning: the top learns, the rest is computed once."""

from tlcore.errors import ChoiceError
from tlcore.training.strategies.network import NetworkStrategy


class PartialFineTuning(NetworkStrategy):
    """The top blocks of the pre-trained network learn with the head; what lies below runs once over all items.

    Exact, because the frozen part drops nothing and sees each item once (Liu, Agarwal & Venkataraman 2021, AutoFreeze).
    """

    def first_block(self) -> int:
        """The lowest of the top blocks. Raises ChoiceError when the encoder has fewer."""
        blocks = len(self.encoder.card.blocks)
        if self.settings.top_blocks > blocks:
            raise ChoiceError(
                f"{self.encoder.card.name} has only {blocks} blocks to train, not {self.settings.top_blocks}. Choose fewer."
            )
        return blocks - self.settings.top_blocks
