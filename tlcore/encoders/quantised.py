"""Frozen networks of the BERT family in 8-bit products, which processors with VNNI do twice as fast as bf16.

Weights are rounded once, a step for each row; activations on a fixed grid, a step and a zero for each channel, with the
channel's step moved into the weights half-way (SmoothQuant, Xiao et al. 2023). Sums of products are exact integers and grids
never depend on what is in a batch, so an item's features are the same whatever its neighbours. All else runs in fp32.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from tlcore.encoders.backbone import TextBackbone, batches
from tlcore.encoders.base import Batch, Inputs
from tlcore.encoders.blocks import Run, embedded, filled, pooled, runs_of
from tlcore.encoders.products import Grid, QuantisedLinear, Range

VERSION = "int8-2"
"""Part of every fingerprint; raise it when features come out differently for the same weights."""
_VECTOR = 64
"""Numbers are raised in multiples of so many: what is left over after whole vectors is computed in another way."""
_SAFE = 2.0**100
"""Sums of raised scores up to this, and down to one over it, neither overflow nor lose digits."""
_LOG2_E = 1 / math.log(2)


class QuantisedBlock:
    """One block of a BERT network: attention, then two wide layers, each added to its input and normalised."""

    def __init__(self, block: Any, ranges: Mapping[str, Range]) -> None:
        inner = block.attention.self
        self._heads = inner.num_attention_heads
        scale = inner.attention_head_size**-0.5 * _LOG2_E  # in the queries, it costs no pass over the scores
        parts = [(inner.query, scale), (inner.key, 1.0), (inner.value, 1.0)]
        weight = torch.cat([part.weight * times for part, times in parts])
        bias = torch.cat([part.bias * times for part, times in parts])
        self._seen = _layer(weight, bias, ranges["seen"])
        self._mixed, self._wide = (
            _layer(part.weight, part.bias, ranges[name])
            for name, part in (("mixed", block.attention.output.dense), ("wide", block.intermediate.dense))
        )
        last = block.output.dense
        self._narrow = QuantisedLinear(last.weight, last.bias, Grid.of_all(*ranges["narrow"]))
        self._norms = (block.attention.output.LayerNorm, block.output.LayerNorm)

    def __call__(self, hidden: Tensor, runs: Sequence[Run]) -> Tensor:
        """Hidden states `(n, d)`, which are overwritten → the same shape; what lies behind the last run means nothing."""
        triples, seen = self._seen(self._seen.rounded(hidden)), torch.zeros_like(hidden)
        for run in runs:
            self._attend(run.of(triples), run.of(seen))
        hidden = _normalised(self._mixed.onto(self._mixed.rounded(seen), hidden), self._norms[0])
        wide = self._wide.gelu(self._wide.rounded(hidden), self._narrow.grid)
        return _normalised(self._narrow.onto(wide, hidden), self._norms[1])

    def _attend(self, triples: Tensor, seen: Tensor) -> None:
        """Write what each token takes from the others of its item to `seen` `(b, t, d)`.

        `triples` `(b, t, 3 d)` are queries, keys and values. Plain products of small matrices: on texts of some twenty tokens
        they take half the fused attention's time.
        """
        split = triples.unflatten(2, (3, self._heads, -1)).permute(2, 0, 3, 1, 4).contiguous()
        queries, keys, values = split.flatten(1, 2)
        raised, sums = raised_scores(queries, keys)
        taken, sums = (part.unflatten(0, (-1, self._heads)).transpose(1, 2) for part in (torch.bmm(raised, values), sums))
        torch.div(taken, sums, out=seen.unflatten(2, (self._heads, -1)))


def raised_scores(queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Two to the power of the scores, `(m, t, t)`, and the sums over keys `(m, t, 1)` that make them shares.

    Of `m` pairs of queries and keys `(t, s)`. The highest score is taken off beforehand only where it must be, as finding it
    takes longer than all the rest.
    """
    shape = (*queries.shape[:2], keys.shape[1])
    room = queries.new_zeros(-(-math.prod(shape) // _VECTOR) * _VECTOR)
    scores = torch.bmm(queries, keys.transpose(1, 2), out=room[: math.prod(shape)].view(shape))
    room.exp2_()
    sums = scores.sum(2, keepdim=True)
    low, high = (bound.item() for bound in sums.aminmax())
    if not (low >= 1 / _SAFE and high <= _SAFE):
        unsafe = ~((sums >= 1 / _SAFE) & (sums <= _SAFE)).flatten(1).all(1)
        again = torch.bmm(queries[unsafe], keys[unsafe].transpose(1, 2))
        scores[unsafe] = torch.exp2(again - again.amax(2, keepdim=True))
        sums = scores.sum(2, keepdim=True)
    return scores, sums


class QuantisedBackbone:
    """A frozen `TextBackbone` in 8-bit products: batches of items end to end → features."""

    def __init__(self, backbone: TextBackbone, calibration: Inputs) -> None:
        """`backbone` in fp32 and eval mode; `calibration` shows which numbers flow through it."""
        ranges = _ranges(backbone, calibration)
        self._embed, self._pool = backbone.embed, backbone.pool
        with torch.no_grad():
            self._blocks = [
                QuantisedBlock(block, {name: ranges[name, depth] for name in _INPUTS})
                for depth, block in enumerate(backbone.blocks)
            ]
        backbone.blocks = nn.ModuleList()  # their weights in fp32 are of no more use

    def __call__(self, batch: Batch) -> Tensor:
        """Token ids end to end (`Inputs.end_to_end`) → features `(b, d)` fp32 of length 1."""
        runs = runs_of(batch["lengths"].tolist())
        hidden = filled(embedded(self._embed, batch, runs))
        for block in self._blocks:
            hidden = block(hidden, runs)
        return pooled(self._pool, hidden, runs)


_INPUTS: dict[str, Callable[[Any], nn.Module]] = {
    "seen": lambda block: block.attention.self.query,
    "mixed": lambda block: block.attention.output.dense,
    "wide": lambda block: block.intermediate.dense,
    "narrow": lambda block: block.output.dense,
}
"""The linear layers of a block whose inputs are rounded."""


def _layer(weight: Tensor, bias: Tensor, seen: Range) -> QuantisedLinear:
    """A layer whose input has a step for each channel."""
    return QuantisedLinear(weight, bias, Grid.of_channels(*seen, weight))


def _normalised(values: Tensor, norm: Any) -> Tensor:
    return layer_norm(values, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def _ranges(backbone: TextBackbone, inputs: Inputs) -> dict[tuple[str, int], Range]:
    """The range of the inputs of every linear layer, by layer and depth.

    Rounded outwards, so that the last digits of another machine's sums do not move a grid.
    """
    seen: dict[tuple[str, int], Range] = {}

    def watch(place: tuple[str, int]) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def note(_: nn.Module, arguments: tuple[Any, ...]) -> None:
            rows = arguments[0].flatten(0, -2)
            low, high = rows.amin(0), rows.amax(0)
            if place in seen:
                low, high = torch.minimum(low, seen[place][0]), torch.maximum(high, seen[place][1])
            seen[place] = low, high

        return note

    hooks = [
        layer(block).register_forward_pre_hook(watch((name, depth)))
        for depth, block in enumerate(backbone.blocks)
        for name, layer in _INPUTS.items()
    ]
    with torch.inference_mode():
        for _, batch in batches(inputs, torch.device("cpu")):
            backbone(batch)
    for hook in hooks:
        hook.remove()
    return {place: (_coarse(low, torch.floor), _coarse(high, torch.ceil)) for place, (low, high) in seen.items()}


def _coarse(values: Tensor, rounding: Callable[[Tensor], Tensor]) -> Tensor:
    """Values rounded to some three digits."""
    unit = torch.exp2(torch.floor(torch.log2(values.abs().clamp_min(1e-6))) - 7)
    return rounding(values / unit) * unit
