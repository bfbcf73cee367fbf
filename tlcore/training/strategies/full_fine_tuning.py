"""Full fine-tuning: everything learns."""

from tlcore.training.strategies.network import NetworkStrategy


class FullFineTuning(NetworkStrategy):
    """Every weight of the pre-trained network learns, from a head fitted first; lower blocks at lower rates."""
