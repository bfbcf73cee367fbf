"""Blocks of the BERT family on tokens that lie end to end: what transformers' compute, without padding and in fewer steps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tlcore.encoders.base import Batch, Inputs, IntArray

TOGETHER = 16
"""Tokens are filled up to a multiple of this: oneDNN builds a kernel for every number of rows that it has not met."""
TOKENS = 512
"""Tokens of a batch: most numbers of a block then stay in a core's cache."""

Attend = Callable[[Tensor, int], Tensor]
"""Queries, keys and values `(n, 3 d)` and the number of heads → contexts `(n, d)`."""
Mask = Callable[[Tensor], Tensor | None]
"""What to multiply values by while training, of their shape and type; None where nothing is dropped."""


@dataclass(frozen=True)
class Run:
    """Equally long items that lie one after another among the tokens of a batch."""

    start: int
    """The first one's first token."""
    items: int
    length: int

    def of(self, flat: Tensor) -> Tensor:
        """All tokens `(n, …)` → a view of those of the run `(items, length, …)`."""
        return flat[self.start : self.start + self.items * self.length].unflatten(0, (self.items, self.length))


def runs_of(lengths: Sequence[int]) -> list[Run]:
    """What items of these lengths make up, end to end."""
    runs, start = [], 0
    for length, group in groupby(lengths):
        runs.append(Run(start, len(list(group)), length))
        start += runs[-1].items * length
    return runs


def embedded(embed: Callable[[Batch], Tensor], batch: Batch, runs: Sequence[Run]) -> Tensor:
    """What `embed` makes `(n, d)` of a batch's `ids` `(n,)`, which count their positions within each item."""
    return torch.cat([embed({"ids": run.of(batch["ids"])}).flatten(0, 1) for run in runs])


def filled(hidden: Tensor) -> Tensor:
    """A copy of hidden states `(n, d)` with zeros behind them, up to a multiple of `TOGETHER`."""
    return functional.pad(hidden, (0, 0, 0, -len(hidden) % TOGETHER))


def pooled(pool: Callable[[Tensor, Batch], Tensor], hidden: Tensor, runs: Sequence[Run]) -> Tensor:
    """What `pool` makes `(b, d)` of the items whose hidden states `(n, d)` lie end to end."""
    return torch.cat([pool(run.of(hidden), {}) for run in runs])


def end_to_end(inputs: Inputs) -> Iterator[tuple[IntArray, Batch]]:
    """All inputs, longest first, in batches of items end to end, whatever their lengths: (rows, `Inputs.end_to_end`)."""
    order = np.argsort(-inputs.lengths, kind="stable")
    ends = np.cumsum(inputs.lengths[order])
    done = 0
    while done < len(order):
        most = TOKENS + (ends[done - 1] if done else 0)
        rows = order[done : max(done + 1, int(np.searchsorted(ends, most, side="right")))]
        yield rows, inputs.end_to_end(rows)
        done += len(rows)


@dataclass(frozen=True)
class Product:
    """Weights of a matrix product as they are computed with."""

    weight: Tensor
    bias: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        """`(n, d)` → `(n, d')`."""
        return functional.linear(values, self.weight, self.bias)


@dataclass(frozen=True)
class PackedBlock:
    """The weights of one block as they are computed with."""

    heads: int
    together: Product
    """Queries, keys and values in one."""
    mixed: Product
    """What becomes of the contexts."""
    first_norm: nn.LayerNorm
    up: Product
    activation: nn.Module
    down: Product
    second_norm: nn.LayerNorm

    @classmethod
    def of(cls, block: Any, product: Callable[..., Product]) -> "PackedBlock":
        """A block of transformers; `product` makes one of several linear layers on the same values."""
        own = block.attention.self
        return cls(
            heads=own.num_attention_heads,
            together=product(own.query, own.key, own.value),
            mixed=product(block.attention.output.dense),
            first_norm=block.attention.output.LayerNorm,
            up=product(block.intermediate.dense),
            activation=block.intermediate.intermediate_act_fn,
            down=product(block.output.dense),
            second_norm=block.output.LayerNorm,
        )

    def __call__(self, hidden: Tensor, attend: Attend, mask: Mask) -> Tensor:
        """Hidden states `(n, d)` → the same shape."""
        contexts = attend(self.together(hidden), self.heads)
        middle = _normed(self.first_norm, hidden, self.mixed(contexts), mask)
        return _normed(self.second_norm, middle, self.down(self.activation(self.up(middle))), mask)


def _normed(norm: nn.LayerNorm, past: Tensor, change: Tensor, mask: Mask) -> Tensor:
    """The norm of the sum, some of the change dropped."""
    factors = mask(change)
    return norm(past + change if factors is None else torch.addcmul(past, change, factors))


class FrozenBlocks:
    """Blocks of a network that only computes, with copies of their weights in one type."""

    def __init__(self, blocks: Iterable[nn.Module], dtype: torch.dtype) -> None:
        self._dtype = dtype
        with torch.no_grad():
            self._blocks = [PackedBlock.of(block, self._product) for block in blocks]

    def _product(self, *layers: nn.Linear) -> Product:
        weight, bias = (torch.cat([getattr(layer, name).to(self._dtype) for layer in layers]) for name in ("weight", "bias"))
        return Product(weight, bias)

    def __call__(self, hidden: Tensor, runs: Sequence[Run], first: int = 0) -> Tensor:
        """Hidden states `(n, d)` in front of block `first` → behind the last one; an item's do not depend on its neighbours."""
        states = filled(hidden.to(self._dtype))

        def attend(triples: Tensor, heads: int) -> Tensor:
            contexts = torch.zeros_like(states)
            for run in runs:
                run.of(contexts).copy_(_contexts(run.of(triples), heads))
            return contexts

        for block in self._blocks[first:]:
            states = block(states, attend, lambda values: None)
        return states[: len(hidden)]


def _contexts(triples: Tensor, heads: int) -> Tensor:
    """Queries, keys and values `(b, t, 3 d)` → contexts `(b, t, d)`, computed in fp32."""
    split = triples.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    queries, keys, values = torch.empty(split.shape).copy_(split).flatten(1, 2)
    shares = torch.bmm(queries.mul_(queries.shape[2] ** -0.5), keys.transpose(1, 2)).softmax(2)
    return torch.bmm(shares, values).unflatten(0, (-1, heads)).transpose(1, 2).flatten(2)
