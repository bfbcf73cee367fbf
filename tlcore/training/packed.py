"""Attention with gradients and dropout among tokens that lie end to end, for training `PackedBlock`s."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlcore.encoders.base import IntArray
from tlcore.encoders.blocks import TOGETHER, Attend
from tlcore.training.masks import Masks

_WIDTH = 16
"""Fewest keys that attention computes over: shorter rows fall out of torch's fast softmax."""
_STEP = 4
"""Attention's rows are a multiple of this wide: odd widths are multiplied more slowly."""
_WORTH = 1 << 13
"""Scores of a head that two groups must save over one: computing a group takes as long as so many."""
_MOST = 1 << 15
"""Scores of a head in a group, unless it is one item: those of all heads then stay in the processor's cache."""
_UNSEEN = -1e30
"""Added to the scores of padding."""


@dataclass(frozen=True)
class Group:
    """Items next to each other that attention pads to the same width `t`."""

    items: int
    width: int
    start: int
    """Its first token among the batch's."""
    places: Tensor
    """`(m,)` place of each of its tokens among the `items * t` padded ones."""
    tokens: Tensor
    """`(items * t,)` the token at each place, among the batch's; any of its own where there is only padding."""
    bias: Tensor
    """`(items, 1, 1, t)` fp32, added to the scores of keys."""

    @classmethod
    def of(cls, lengths: Tensor, start: int) -> "Group":
        """The group of items of these lengths whose first token is `start`."""
        width = _wide(int(lengths.max()))
        real, places = _real(lengths, width)
        tokens = torch.full((real.numel(),), start).index_copy_(0, places, torch.arange(start, start + len(places)))
        bias = torch.zeros(real.shape).masked_fill_(~real, _UNSEEN)[:, None, None]
        return cls(len(lengths), width, start, places, tokens, bias)

    def of_batch(self, packed: Tensor) -> Tensor:
        """A view of its tokens `(m, …)` among the batch's `(n, …)`."""
        return packed[self.start : self.start + len(self.places)]


@dataclass(frozen=True)
class Layout:
    """Where the tokens of `b` items lie: one after another, `(n, d)`; padded to the longest, `(b, l, d)`; and in groups.

    The last few of the `n` repeat the first one to make the number round; nothing comes of them.
    """

    rows: Tensor
    """`(n,)` place of each token among the `b * l` padded ones."""
    real: int
    """How many of them are no repeats."""
    mask: Tensor
    """`(b, l)`: what is real."""
    groups: tuple[Group, ...]
    """All items, in their order."""

    @classmethod
    def of(cls, lengths: Tensor) -> "Layout":
        """The layout of items of these lengths `(b,)`; like lengths next to each other make for little padding."""
        mask, rows = _real(lengths, int(lengths.max()))
        filled = torch.cat([rows, rows[:1].expand(-len(rows) % TOGETHER)])
        starts = (lengths.cumsum(0) - lengths).tolist()
        spans = _spans(np.array([_wide(length) for length in lengths.tolist()]), 0)
        groups = tuple(Group.of(lengths[first:last], starts[first]) for first, last in spans)
        return cls(filled, len(rows), mask, groups)

    def packed(self, padded: Tensor) -> Tensor:
        """`(b, l, d)` → `(n, d)`."""
        return padded.flatten(0, 1).index_select(0, self.rows)

    def filled(self, packed: Tensor) -> Tensor:
        """All tokens but the repeats → `(n, d)`."""
        return torch.cat([packed, packed[:1].expand(len(self.rows) - self.real, -1)])

    def padded(self, packed: Tensor) -> Tensor:
        """`(n, …)`, with the repeats or without → `(b, l, …)` with zeros."""
        return _placed(packed[: self.real], self.rows[: self.real], self.mask.numel()).unflatten(0, self.mask.shape)


def _real(lengths: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Of items padded to a width: what is real `(b, width)`, and the places `(m,)` of that among all."""
    real = torch.arange(width) < lengths[:, None]
    return real, real.flatten().nonzero()[:, 0]


def _placed(values: Tensor, places: Tensor, count: int) -> Tensor:
    """The values `(m, …)` at their places among `count` rows of zeros."""
    return values.new_zeros(count, *values.shape[1:]).index_copy_(0, places, values)


def _wide(length: int) -> int:
    """What attention pads an item of that length to, alone."""
    return max(-(-length // _STEP) * _STEP, _WIDTH)


def _spans(widths: IntArray, first: int) -> Iterator[tuple[int, int]]:
    """Which items, from `first` on, make a group: cut in two wherever that saves enough scores, or there would be too many."""
    many = len(widths)
    sizes = np.arange(1, many)
    before, behind = np.maximum.accumulate(widths)[:-1], np.maximum.accumulate(widths[::-1])[-2::-1]
    scores = many * int(widths.max()) ** 2
    in_two = sizes * before**2 + sizes[::-1] * behind**2
    cut = 0
    if many > 1 and scores - in_two.min() >= _WORTH:
        cut = int(in_two.argmin()) + 1
    elif many > 1 and scores > _MOST:
        cut = many // 2
    if cut:
        yield from _spans(widths[:cut], first)
        yield from _spans(widths[cut:], first + cut)
    else:
        yield first, first + many


class _Attention(torch.autograd.Function):
    """Queries, keys and values `(n, 3 d)` → contexts `(n, d)`, softmax and its neighbours in fp32."""

    @staticmethod
    def forward(ctx: Any, together: Tensor, layout: Layout, heads: int, masks: Masks) -> Tensor:
        contexts = together.new_zeros(len(together), together.shape[1] // 3)
        kept: list[Tensor] = []
        ctx.masks, ctx.layout, ctx.heads = [], layout, heads
        for group in layout.groups:
            split = together.index_select(0, group.tokens).view(group.items, group.width, 3, heads, -1).permute(2, 0, 3, 1, 4)
            apart = torch.empty(split.shape).copy_(split).flatten(1, 2)
            query, key, value = apart
            scores = torch.bmm(query.mul_(_scale(query)), key.transpose(1, 2))
            scores.view(group.items, heads, group.width, group.width).add_(group.bias)
            shares = torch.softmax(scores, -1)
            mask = masks.like(shares)
            seen = shares if mask is None else torch.mul(shares, mask, out=scores)
            found = _side_by_side(torch.bmm(seen, value)[None], heads, together.dtype)
            torch.index_select(found, 0, group.places, out=group.of_batch(contexts))
            kept += [apart, shares, seen]
            ctx.masks.append(mask)
        ctx.save_for_backward(*kept)
        return contexts

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        found = gradient.new_zeros(len(gradient), 3 * gradient.shape[1])
        for place, (group, mask) in enumerate(zip(ctx.layout.groups, ctx.masks, strict=True)):
            apart, shares, seen = ctx.saved_tensors[3 * place : 3 * place + 3]
            query, key, value = apart
            padded = _placed(group.of_batch(gradient), group.places, len(group.tokens))
            split = padded.view(group.items, group.width, ctx.heads, -1).transpose(1, 2)
            inner = torch.empty(split.shape).copy_(split).flatten(0, 1)
            out = torch.empty_like(apart)
            torch.bmm(seen.transpose(1, 2), inner, out=out[2])
            scores = torch.bmm(inner, value.transpose(1, 2))
            scores = scores if mask is None else scores.mul_(mask)
            scores = torch._softmax_backward_data(scores, shares, -1, scores.dtype)
            torch.bmm(scores, key, out=out[0]).mul_(_scale(query))
            torch.bmm(scores.transpose(1, 2), query, out=out[1])  # the query is scaled already
            changes = _side_by_side(out, ctx.heads, gradient.dtype)
            torch.index_select(changes, 0, group.places, out=group.of_batch(found))
        return found, None, None, None


def _scale(query: Tensor) -> float:
    """What queries `(…, d)` are multiplied by."""
    return float(query.shape[-1] ** -0.5)


def _side_by_side(apart: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """`(p, b * heads, t, d / heads)` → `(b * t, p * d)`."""
    split = apart.unflatten(1, (-1, heads)).permute(1, 3, 0, 2, 4)
    return torch.empty(split.shape, dtype=dtype).copy_(split).flatten(2).flatten(0, 1)


def attending(layout: Layout, masks: Masks) -> Attend:
    """Attention in a batch of that layout."""
    return lambda together, heads: _Attention.apply(together, layout, heads, masks)


def longest_mask(batch_size: int, longest: int, heads: int, dim: int) -> int:
    """Most numbers that a mask has: of hidden states, or of attention's shares."""
    return max(batch_size * longest * dim, heads * max(_MOST, _wide(longest) ** 2))
