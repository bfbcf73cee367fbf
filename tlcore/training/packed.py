"""Attention with gradients and dropout among tokens that lie end to end, for training `PackedBlock`s."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tlcore.encoders.blocks import TOGETHER, Attend
from tlcore.training.masks import Masks

_WIDTH = 16
"""Fewest keys that attention computes over: shorter rows fall out of torch's fast softmax."""
_STEP = 4
"""Attention's rows are a multiple of this wide: odd widths are multiplied more slowly."""
_UNSEEN = -1e30
"""Added to the scores of padding."""


@dataclass(frozen=True)
class Layout:
    """Where the tokens of `b` items lie: one after another, `(n, d)`, and padded to `t` each for attention.

    The last few of the `n` repeat the first one to make the number round; nothing comes of them.
    """

    rows: Tensor
    """`(n,)` place of each token among the `b * t` padded ones."""
    real: int
    """How many of them are no repeats."""
    tokens: Tensor
    """`(b * t,)` the token at each place; any where there is only padding."""
    bias: Tensor
    """`(b, 1, 1, t)` fp32, added to the scores of keys."""
    mask: Tensor
    """`(b, l)`: what is real, up to the longest item."""

    @classmethod
    def of(cls, lengths: Tensor) -> "Layout":
        """The layout of items of these lengths `(b,)`."""
        longest = int(lengths.max())
        width = max(-(-longest // _STEP) * _STEP, _WIDTH)
        real = torch.arange(width) < lengths[:, None]
        rows = real.flatten().nonzero()[:, 0]
        tokens = torch.zeros(real.numel(), dtype=torch.int64).index_copy_(0, rows, torch.arange(len(rows)))
        filled = torch.cat([rows, rows[:1].expand(-len(rows) % TOGETHER)])
        bias = torch.zeros(real.shape).masked_fill_(~real, _UNSEEN)[:, None, None]
        return cls(filled, len(rows), tokens, bias, real[:, :longest])

    @property
    def shape(self) -> tuple[int, int]:
        """`(b, t)`."""
        return self.bias.shape[0], self.bias.shape[3]

    def packed(self, padded: Tensor) -> Tensor:
        """`(b, t or less, d)` → `(n, d)`."""
        lacking = self.shape[1] - padded.shape[1]
        return functional.pad(padded, (0, 0, 0, lacking)).flatten(0, 1).index_select(0, self.rows)

    def filled(self, packed: Tensor) -> Tensor:
        """All tokens but the repeats → `(n, d)`."""
        return torch.cat([packed, packed[:1].expand(len(self.rows) - self.real, -1)])

    def padded(self, packed: Tensor) -> Tensor:
        """`(n, …)`, with the repeats or without → `(b, t, …)` with zeros."""
        places = packed.new_zeros(self.tokens.shape[0], *packed.shape[1:])
        places = places.index_copy(0, self.rows[: self.real], packed[: self.real])
        return places.unflatten(0, self.shape)


class _Attention(torch.autograd.Function):
    """Queries, keys and values `(n, 3 d)` → contexts `(n, d)`, softmax and its neighbours in fp32."""

    @staticmethod
    def forward(ctx: Any, together: Tensor, layout: Layout, heads: int, masks: Masks) -> Tensor:
        items, width = layout.shape
        split = together.index_select(0, layout.tokens).view(items, width, 3, heads, -1).permute(2, 0, 3, 1, 4)
        apart = torch.empty(split.shape).copy_(split).flatten(1, 2)
        query, key, value = apart
        scores = torch.bmm(query, key.transpose(1, 2)).mul_(query.shape[2] ** -0.5)
        scores.view(items, heads, width, width).add_(layout.bias)
        shares = torch.softmax(scores, -1)
        ctx.save_for_backward(apart, shares)
        ctx.layout, ctx.heads, ctx.mask = layout, heads, masks.like(shares)
        found = torch.bmm(shares if ctx.mask is None else shares * ctx.mask, value)
        return _side_by_side(found[None], ctx.heads, together.dtype).index_select(0, layout.rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        apart, shares = ctx.saved_tensors
        query, key, value = apart
        items, width = ctx.layout.shape
        padded = ctx.layout.padded(gradient).view(items, width, ctx.heads, -1).transpose(1, 2)
        inner = torch.empty(padded.shape).copy_(padded).flatten(0, 1)
        out = torch.empty_like(apart)
        torch.bmm((shares if ctx.mask is None else shares * ctx.mask).transpose(1, 2), inner, out=out[2])
        scores = torch.bmm(inner, value.transpose(1, 2))
        scores = scores if ctx.mask is None else scores.mul_(ctx.mask)
        scores = torch._softmax_backward_data(scores, shares, -1, scores.dtype).mul_(query.shape[2] ** -0.5)
        torch.bmm(scores, key, out=out[0])
        torch.bmm(scores.transpose(1, 2), query, out=out[1])
        found = _side_by_side(out, ctx.heads, gradient.dtype).index_select(0, ctx.layout.rows)
        found[ctx.layout.real :] = 0
        return found, None, None, None


def _side_by_side(apart: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """`(p, b * heads, t, d / heads)` → `(b * t, p * d)`."""
    split = apart.unflatten(1, (-1, heads)).permute(1, 3, 0, 2, 4)
    return torch.empty(split.shape, dtype=dtype).copy_(split).flatten(2).flatten(0, 1)


def attending(layout: Layout, masks: Masks) -> Attend:
    """Attention in a batch of that layout."""
    return lambda together, heads: _Attention.apply(together, layout, heads, masks)


def longest_mask(batch_size: int, longest: int, heads: int, dim: int) -> int:
    """Most numbers that a mask has: of hidden states, or of attention's shares."""
    width = max(-(-longest // _STEP) * _STEP, _WIDTH)
    return int(np.max([batch_size * longest * dim, batch_size * heads * width * width]))
