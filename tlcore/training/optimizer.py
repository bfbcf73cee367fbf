"""What learns how fast: AdamW with lower rates for lower blocks, and a rate that rises, then falls to zero."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.training.classifier import Classifier
from tlcore.training.settings import TrainingSettings
from tlcore.training.working import Copies, Rounded

_LARGEST_GRADIENT = 1.0
"""Gradients are scaled down to this norm."""
_AT_ONCE = 1 << 20
"""Numbers that are moved together where gradients are widened: few enough to stay in a processor's cache."""
_ADAM: dict[str, Any] = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": False, "maximize": False}


class MixedAdamW(torch.optim.Optimizer):
    """AdamW in fp32 (Loshchilov & Hutter 2019) for weights of which some are computed with in another type.

    Those have their gradient in that type, and their copy follows them. Gradients are scaled down on the way to a norm of 1.
    """

    def __init__(self, groups: list[dict[str, Any]], copies: Copies) -> None:
        super().__init__(groups, {"lr": 0.0})
        self._copies = copies
        self._wholes = list({id(copy.whole): copy.whole for copy in copies.values()}.values())
        self._others = [weight for group in self.param_groups for weight in group["params"] if weight not in copies]
        rooms = [_AT_ONCE, *(weight.numel() for weight in copies)]
        self._wide = torch.empty(max(rooms) if copies else 0)

    def norm(self) -> Tensor:
        """The norm of all gradients together."""
        given = [weight.grad for weight in (*self._wholes, *self._others) if weight.grad is not None]
        return torch.linalg.vector_norm(torch.stack([norm.float() for norm in torch._foreach_norm(given)]))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for weight in (*self._wholes, *self._others):
            weight.grad = None

    @torch.no_grad()
    def refresh(self) -> None:
        """Let the copies follow weights that something else has set."""
        for weight, copy in self._copies.items():
            copy.values.copy_(weight)

    @torch.no_grad()
    def step(self, norm: Tensor) -> None:  # type: ignore[override]
        """Move all weights; `norm` is the one that their gradients have."""
        scale = (norm / _LARGEST_GRADIENT).clamp(min=1.0)
        for group, portions in zip(self.param_groups, self._portions, strict=True):
            plain = [weight for weight in group["params"] if weight.grad is not None]
            if plain:
                self._move(group, plain, [weight.grad for weight in plain], scale)
            for portion in portions:
                torch._foreach_copy_(portion.gradients, [copy.gradient for copy in portion.copies])
                self._move(group, portion.weights, portion.gradients, scale)
                torch._foreach_copy_(portion.values, portion.weights)

    @cached_property
    def _portions(self) -> list[list["_Portion"]]:
        """Of each group, the weights with copies, a few at a time."""
        copied = [[weight for weight in group["params"] if weight in self._copies] for group in self.param_groups]
        return [list(self._cut(weights)) for weights in copied]

    def _cut(self, weights: Sequence[Tensor]) -> Iterator["_Portion"]:
        """Weights in portions of at most `_AT_ONCE` numbers, or of one weight."""
        some: list[Tensor] = []
        for weight in weights:
            if some and sum(one.numel() for one in some) + weight.numel() > _AT_ONCE:
                yield _Portion.of(some, self._copies, self._wide)
                some = []
            some.append(weight)
        if some:
            yield _Portion.of(some, self._copies, self._wide)

    def _move(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Any], scale: Tensor) -> None:
        """One step of some weights of a group."""
        states = [self._state(weight) for weight in weights]
        steps = [state["step"] for state in states]
        torch._foreach_add_(steps, 1)
        torch._fused_adamw_(
            weights,
            gradients,
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            steps,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            grad_scale=scale,
            **_ADAM,
        )

    def _state(self, weight: Tensor) -> dict[str, Tensor]:
        """A weight's moments, zero before its first step."""
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), device=weight.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
        return state


@dataclass(frozen=True)
class _Portion:
    """Weights with copies that are moved together."""

    weights: list[Tensor]
    copies: list[Rounded]
    values: list[Tensor]
    """Those of the copies."""
    gradients: list[Tensor]
    """fp32, in memory that all portions use."""

    @classmethod
    def of(cls, weights: list[Tensor], copies: Copies, memory: Tensor) -> "_Portion":
        """The portion of these weights."""
        own, sizes = [copies[weight] for weight in weights], [weight.numel() for weight in weights]
        parts = memory[: sum(sizes)].split(sizes)
        gradients = [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]
        return cls(weights, own, [copy.values for copy in own], gradients)


def build_optimizer(network: Classifier, settings: TrainingSettings, copies: Copies) -> MixedAdamW:
    """AdamW over what learns; each group keeps its highest rate as `peak`.

    The top block learns at `learning_rate`, each lower one at `layer_decay` times the one above (Howard & Ruder 2018);
    what is not in a block counts as below all of them. Biases and norms are not decayed.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter, rate in _rates(network, settings):
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    named = [{"params": members, "peak": rate, "weight_decay": decay} for (rate, decay), members in groups.items()]
    return MixedAdamW(named, copies)


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
