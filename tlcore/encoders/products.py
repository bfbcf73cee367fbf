"""Products of 8-bit numbers by oneDNN, and the grids that values are rounded to."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tlcore.encoders.blocks import TOKENS

_LEVELS = 255
_LEAST = 1e-6
"""Ranges and weights of nothing count as this much."""

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
        # Laid out for as many rows as a batch has; any other number of rows is right.
        self._weight = torch.ops.onednn.qlinear_prepack(rounded.to(torch.int8), [TOKENS, weight.shape[1]])
        self._zeros = torch.zeros(len(weight), dtype=torch.int64)

    def rounded(self, values: Tensor) -> Tensor:
        """fp32 `(n, k)` → 8-bit numbers on the grid."""
        placed = torch.addcmul(self._start, values, self._to_grid).clamp_(0, _LEVELS)
        return placed.to(torch.int16).to(torch.uint8)  # in two steps a quarter of the time of one

    def __call__(self, values: Tensor) -> Tensor:
        """8-bit `(n, k)` → fp32 `(n, m)`."""
        return self._product(values, (1.0, 0, torch.float32, "none", [], ""))

    def onto(self, values: Tensor, sums: Tensor) -> Tensor:
        """8-bit `(n, k)` → fp32 `(n, m)` added to `sums`, in place."""
        there = (self._weight, self._steps, self._zeros, sums, self._bias)
        return torch.ops.onednn.qlinear_pointwise.binary(
            values, 1.0, 0, *there, 1.0, 0, torch.float32, 1.0, 0, "sum", 1.0, "none", [], ""
        )

    def gelu(self, values: Tensor, grid: Grid) -> Tensor:
        """8-bit `(n, k)` → 8-bit `(n, m)` on `grid`, through the exact GELU; all in one pass."""
        return self._product(values, (float(grid.step[0]), int(grid.zero[0]), torch.uint8, "gelu", [], "none"))

    def _product(self, values: Tensor, result: tuple[Any, ...]) -> Tensor:
        return torch.ops.onednn.qlinear_pointwise(values, 1.0, 0, self._weight, self._steps, self._zeros, self._bias, *result)
