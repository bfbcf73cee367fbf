"""What learns how fast: AdamW with lower rates for lower blocks, and a rate that rises, then falls to zero."""

from collections.abc import Iterator

import torch
from torch import nn

from tlcore.training.classifier import Classifier
from tlcore.training.settings import TrainingSettings


def build_optimizer(network: Classifier, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) over what learns; each group keeps its highest rate as `peak`.

    The top block learns at `learning_rate`, each lower one at `layer_decay` times the one above (Howard & Ruder 2018);
    what is not in a block counts as below all of them. Biases and norms are not decayed.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter, rate in _rates(network, settings):
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "peak": rate, "weight_decay": decay} for (rate, decay), members in groups.items()],
        lr=0.0,
        fused=True,
    )


def set_rates(optimizer: torch.optim.Optimizer, step: int, steps: int, warmup: float) -> None:
    """Set the rates of step `step` (from 0) of `steps`: up to the peak over the warm-up, then linearly down to zero."""
    rising = max(round(warmup * steps), 1)
    share = min((step + 1) / rising, (steps - step) / max(steps - rising, 1))
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def _rates(network: Classifier, settings: TrainingSettings) -> Iterator[tuple[nn.Parameter, float]]:
    """Each weight that learns with its peak rate."""
    blocks = network.backbone.blocks
    depths = {id(parameter): depth for depth, block in enumerate(blocks) for parameter in block.parameters()}
    for parameter in network.backbone.parameters():
        if parameter.requires_grad:
            distance = len(blocks) - 1 - depths.get(id(parameter), -1)
            yield parameter, settings.learning_rate * settings.layer_decay**distance
    for parameter in network.head.parameters():
        yield parameter, settings.head_learning_rate
