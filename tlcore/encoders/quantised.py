"""Frozen networks of the BERT family in 8-bit products, which processors with VNNI do twice as fast as bf16.

Weights are rounded once, a step for each row; activations on a fixed grid, a step and a zero for each channel, with the
channel's step moved into the weights half-way (SmoothQuant, Xiao et al. 2023). Sums of products are exact integers and grids
never depend on what is in a batch, so an item's features are the same whatever its neighbours. All else runs in fp32.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from tlcore.encoders.backbone import TextBackbone, batches
from tlcore.encoders.base import Batch, Inputs

VERSION = "int8-1"
"""Part of every fingerprint; raise it when features come out differently for the same weights."""
_LEVELS = 255
_LEAST = 1e-6
"""Ranges and weights of nothing count as this much."""
_SHORT = 16
"""Items of up to so many tokens: their scores are normalised a row of keys at a time, which has the longer runs in memory."""
_ROWS = 512
"""Rows of a typical product, for which oneDNN lays out the weights; any number of rows is right."""

Range = tuple[Tensor, Tensor]
"""Lowest and highest value `(k,)` of each channel."""


@dataclass(frozen=True)
class Grid:
    """8-bit numbers `q` in 0-255 that stand for `step * (q - zero)`."""

    step: Tensor
    """`(k,)`, one a channel."""
    zero: Tensor
    """`(k,)`; no integers as a rule."""

    @classmethod
    def of_channels(cls, low: Tensor, high: Tensor, weight: Tensor) -> "Grid":
        """A step for each channel, between fine for narrow ranges and fine for large weights `(m, k)`."""
        span, most = (high - low).clamp_min(_LEAST), weight.abs().amax(0).clamp_min(_LEAST)
        smooth = torch.sqrt(span / most)
        step = smooth * (span / smooth).max() / _LEVELS
        return cls(step, _LEVELS / 2 - (low + high) / 2 / step)

    @classmethod
    def of_all(cls, low: Tensor, high: Tensor) -> "Grid":
        """One range and a whole zero for all channels, as a product can write its results."""
        least, most = low.min().clamp_max(0), high.max()
        step = (most - least).clamp_min(_LEAST) / _LEVELS
        zero = torch.round(-least / step)
        return cls(step.expand_as(low), zero.expand_as(low))


class QuantisedLinear:
    """`x W' + b` with 8-bit `x` on a grid and 8-bit `W`."""

    def __init__(self, weight: Tensor, bias: Tensor, grid: Grid) -> None:
        self.grid = grid
        self._to_grid, self._start = 1 / grid.step, grid.zero + 0.5  # numbers are cut off, so half a step rounds them
        scaled = weight * grid.step
        self._steps = (scaled.abs().amax(1) / 127).clamp_min(1e-12)
        rounded = (scaled / self._steps[:, None]).round()
        self._bias = bias - rounded @ grid.zero * self._steps
        self._weight = torch.ops.onednn.qlinear_prepack(rounded.to(torch.int8), [_ROWS, weight.shape[1]])
        self._zeros = torch.zeros(len(weight), dtype=torch.int64)

    def rounded(self, values: Tensor) -> Tensor:
        """fp32 `(n, k)` → 8-bit numbers on the grid."""
        placed = torch.addcmul(self._start, values, self._to_grid).clamp_(0, _LEVELS)
        return placed.to(torch.int16).to(torch.uint8)  # in two steps a quarter of the time of one

    def __call__(self, values: Tensor) -> Tensor:
        """8-bit `(n, k)` → fp32 `(n, m)`."""
        return self._product(values, (1.0, 0, torch.float32, "none", [], ""))

    def gelu(self, values: Tensor, grid: Grid) -> Tensor:
        """8-bit `(n, k)` → 8-bit `(n, m)` on `grid`, through the exact GELU; all in one pass."""
        return self._product(values, (float(grid.step[0]), int(grid.zero[0]), torch.uint8, "gelu", [], "none"))

    def _product(self, values: Tensor, result: tuple[Any, ...]) -> Tensor:
        return torch.ops.onednn.qlinear_pointwise(values, 1.0, 0, self._weight, self._steps, self._zeros, self._bias, *result)


class QuantisedBlock:
    """One block of a BERT network: attention, then two wide layers, each added to its input and normalised."""

    def __init__(self, block: Any, ranges: Mapping[str, Range]) -> None:
        inner = block.attention.self
        self._heads = inner.num_attention_heads
        scale = inner.attention_head_size**-0.5  # moved into the queries: one pass less over the scores
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

    def __call__(self, hidden: Tensor, shape: tuple[int, int]) -> Tensor:
        """Hidden states `(b * t, d)` of `(b, t)` equally long items → the same shape."""
        seen = self._attention(self._seen(self._seen.rounded(hidden)), shape)
        hidden = _normalised(self._mixed(self._mixed.rounded(seen)).add_(hidden), self._norms[0])
        wide = self._wide.gelu(self._wide.rounded(hidden), self._narrow.grid)
        return _normalised(self._narrow(wide).add_(hidden), self._norms[1])

    def _attention(self, triples: Tensor, shape: tuple[int, int]) -> Tensor:
        """Queries, keys and values `(b * t, 3 d)` → what each token takes from the others `(b * t, d)`.

        Plain products of small matrices: on texts of some twenty tokens they take a quarter of the fused attention's time.
        """
        items, length = shape
        split = triples.view(items, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4).contiguous()
        queries, keys, values = split.flatten(1, 2)
        if length <= _SHORT:
            shares = torch.softmax(torch.bmm(keys, queries.transpose(1, 2)), dim=1).transpose(1, 2)
        else:
            shares = torch.softmax(torch.bmm(queries, keys.transpose(1, 2)), dim=2)
        taken = torch.bmm(shares, values)
        return taken.view(items, self._heads, length, -1).transpose(1, 2).reshape(items * length, -1)


class QuantisedBackbone:
    """A frozen `TextBackbone` in 8-bit products: batches of equally long items → features."""

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
        """Token ids without padding → features `(b, d)` fp32 of length 1."""
        hidden = self._embed(batch)
        items, length, width = hidden.shape
        flat = hidden.reshape(items * length, width)
        for block in self._blocks:
            flat = block(flat, (items, length))
        return self._pool(flat.view(items, length, width), batch)


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
        for _, batch in batches(inputs, torch.device("cpu"), None):
            backbone(batch)
    for hook in hooks:
        hook.remove()
    return {place: (_coarse(low, torch.floor), _coarse(high, torch.ceil)) for place, (low, high) in seen.items()}


def _coarse(values: Tensor, rounding: Callable[[Tensor], Tensor]) -> Tensor:
    """Values rounded to some three digits."""
    unit = torch.exp2(torch.floor(torch.log2(values.abs().clamp_min(1e-6))) - 7)
    return rounding(values / unit) * unit
