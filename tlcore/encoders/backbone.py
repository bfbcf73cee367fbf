"""A transformers text network cut into blocks, and the inputs it takes: token ids, or the stored output of a prefix."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tlcore.encoders.base import Backbone, Batch, Computed, Inputs, IntArray, OnProgress, counted, pad
from tlcore.encoders.blocks import FrozenBlocks, embedded, end_to_end, pooled, runs_of
from tlcore.encoders.families import Family
from tlcore.encoders.room import Room
from tlcore.runtime import side_by_side

Pass = Callable[[tuple[IntArray, Batch]], tuple[IntArray, Tensor]]
"""Rows and their batch → rows and what comes of them."""
_TOKENS_A_BATCH = {"cpu": 1024, "cuda": 65536}


class RaggedInputs(Inputs):
    """Items of different lengths, kept end to end.

    A batch holds them under `key`, padded, and `mask` `(b, t)` of what is real; no `mask` when all are equally long.
    """

    def __init__(self, key: str, flat: Tensor | Room, lengths: IntArray) -> None:
        self._key = key
        self._flat = flat
        self._lengths = lengths
        self._starts = np.cumsum(lengths) - lengths

    @property
    def lengths(self) -> IntArray:
        """`(n,)` tokens of each item."""
        return self._lengths

    def batch(self, rows: IntArray) -> Batch:
        """The items at `rows`: `ids` `(b, t)` int32 or `hidden` `(b, t, d)` fp32, and `mask` `(b, t)` where it is needed."""
        starts, lengths = self._starts[rows], self._lengths[rows]
        if (lengths == lengths[:1]).all():
            slots = starts[:, None] + np.arange(lengths[0])
            return {self._key: _unrounded(self._flat[torch.from_numpy(slots)])}
        spans = zip(starts.tolist(), lengths.tolist(), strict=True)
        padded, mask = pad([self._flat[start : start + length] for start, length in spans], self._flat.dtype)
        return {self._key: _unrounded(padded), "mask": mask}

    def end_to_end(self, rows: IntArray) -> Batch:
        """See `Inputs.end_to_end`: `ids` `(n,)` or `hidden` `(n, d)`."""
        starts, lengths = self._starts[rows], self._lengths[rows]
        return {self._key: _unrounded(self._flat[_slots(starts, lengths)]), "lengths": torch.from_numpy(lengths)}


def _unrounded(items: Tensor) -> Tensor:
    """Hidden states in fp32, as a network trained under autocast expects them, however they are kept."""
    return items.float() if items.is_floating_point() else items


class TextBackbone(Backbone):
    """The embeddings and blocks of a transformers network, with mean or first-token pooling and unit-length features."""

    def __init__(self, network: Any, family: Family, pooling: str) -> None:
        super().__init__()
        self.dim = network.config.hidden_size
        self.pooling = pooling
        self.as_bert = family.as_bert
        self.embeddings = network.embeddings
        self.blocks = network.get_submodule(family.blocks)
        self.position_bias: Any = None
        if family.position_bias:
            self.position_bias = network.get_submodule(family.position_bias)
            self.position_bias.layer = nn.ModuleList()  # the blocks live in `blocks` alone

    @property
    def vocabulary(self) -> nn.Embedding:
        """One row a token id."""
        return self.embeddings.word_embeddings

    def embed(self, batch: Batch) -> Tensor:
        """Token ids `(b, t)` → hidden states `(b, t, d)`."""
        return self.embeddings(input_ids=batch["ids"])

    def run_block(self, index: int, hidden: Tensor, batch: Batch) -> Tensor:
        """Hidden states `(b, t, d)` → the same shape, padding unseen."""
        mask = batch.get("mask")
        if mask is not None:  # (b, heads, queries, keys), added to the attention scores
            mask = torch.zeros_like(mask, dtype=hidden.dtype).masked_fill(mask == 0, torch.finfo(hidden.dtype).min)[
                :, None, None
            ]
        if self.position_bias is None:
            return self.blocks[index](hidden, mask)
        return self.blocks[index](hidden, mask, self.position_bias.compute_position_bias(hidden))[0]

    def pool(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Hidden states `(b, t, d)` → features `(b, d)` of length 1, in fp32."""
        hidden = hidden.float()
        if self.pooling == "cls":
            pooled = hidden[:, 0]
        elif "mask" in batch:
            real = batch["mask"][:, :, None].to(hidden.dtype)
            pooled = (hidden * real).sum(1) / real.sum(1)
        else:
            pooled = hidden.mean(1)
        return nn.functional.normalize(pooled, dim=1)

    def below(self, inputs: Inputs, start: int, on_progress: OnProgress | None = None) -> Inputs:
        """The hidden states in front of block `start`, kept in bf16 under a bf16 autocast and in fp32 without.

        Runs on a copy in eval mode, so this network keeps its mode and gradients. What is above gives the same as the whole
        network, up to the rounding of what is kept: 1e-5 in fp32, 1e-2 in bf16. More than 500 MB lie in a file (`Room`).
        """
        if start == 0:
            return inputs
        dtype = self._arithmetic()
        lengths = inputs.lengths
        starts = np.cumsum(lengths) - lengths
        flat = Room((int(lengths.sum()), self.dim), dtype)
        with torch.inference_mode():
            for rows, states in counted(self._copy_below(start).states(inputs), len(inputs), on_progress):
                flat[_slots(starts[rows], lengths[rows])] = states.to("cpu", dtype)
        return RaggedInputs("hidden", flat, lengths)

    def states(self, inputs: Inputs, start: int = 0) -> Computed[Tensor]:
        """Rows, and what the last block gives for them `(n, d)`, their tokens end to end; until all inputs are through.

        For a network in eval mode and a caller in inference mode; `start` is as in `forward`. On a CPU an item's states do not
        depend on its neighbours.
        """
        packs = self.as_bert and self._place.type == "cpu"
        compute = self._packed(start) if packs else self._plain(start)
        return side_by_side(compute, end_to_end(inputs) if packs else batches(inputs, self._place))

    def _plain(self, start: int) -> Pass:
        """Batches of equally long items through the network as it is."""

        def compute(part: tuple[IntArray, Batch]) -> tuple[IntArray, Tensor]:
            rows, batch = part
            return rows, self.hidden(batch, start)[: len(rows)].flatten(0, 1)

        return compute

    def _packed(self, start: int) -> Pass:
        """Batches of items end to end through copies of the blocks' weights, rounded once instead of in each batch."""
        frozen = FrozenBlocks(self.blocks, self._arithmetic())

        def compute(part: tuple[IntArray, Batch]) -> tuple[IntArray, Tensor]:
            rows, batch = part
            runs = runs_of(batch["lengths"].tolist())
            if "hidden" in batch:
                return rows, frozen(batch["hidden"], runs, start)
            return rows, frozen(embedded(self.embed, batch, runs), runs)

        return compute

    def _copy_below(self, start: int) -> "TextBackbone":
        """A copy in eval mode of what lies below block `start`."""
        blocks, self.blocks = self.blocks, self.blocks[:start]
        try:
            return copy.deepcopy(self).eval()
        finally:
            self.blocks = blocks

    @property
    def _place(self) -> torch.device:
        return next(self.parameters()).device

    def _arithmetic(self) -> torch.dtype:
        """What products are computed in: autocast's type, fp32 without it."""
        place = self._place.type
        return torch.get_autocast_dtype(place) if torch.is_autocast_enabled(place) else torch.float32


def features_of(backbone: Backbone, inputs: Inputs, start: int) -> Computed[Tensor]:
    """Rows and their features `(b, d)` fp32, until all inputs are through; see `TextBackbone.states`."""
    if isinstance(backbone, TextBackbone):
        for rows, states in backbone.states(inputs, start):
            yield rows, pooled(backbone.pool, states, runs_of(inputs.lengths[rows].tolist()))
        return

    def compute(part: tuple[IntArray, Batch]) -> tuple[IntArray, Tensor]:
        rows, batch = part
        return rows, backbone(batch, start if "hidden" in batch else 0)[: len(rows)].float()

    yield from side_by_side(compute, batches(inputs, next(backbone.parameters()).device))


def _slots(starts: IntArray, lengths: IntArray) -> Tensor:
    """Where the tokens of items lie that begin at `starts`."""
    return torch.from_numpy(np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum()))


def batches(inputs: Inputs, place: torch.device) -> Computed[Batch]:
    """All inputs, longest first, in batches of equally long items: (rows, batch on `place`).

    Nothing is padded, so that on a CPU an item's result does not depend on its neighbours. Matrix products of very few rows
    round differently, so a last batch of few tokens is filled up with repeats: it may have more items than `rows`.
    """
    lengths, budget = inputs.lengths, _TOKENS_A_BATCH[place.type]
    order = np.argsort(-lengths, kind="stable")
    done = 0
    while done < len(order):
        length = int(lengths[order[done]])
        fewest = -(-inputs.fewest // length)
        rows = order[done : done + max(fewest, budget // length)]
        rows = rows[lengths[rows] == length]
        filled = np.resize(rows, max(len(rows), fewest))
        yield rows, {key: tensor.to(place) for key, tensor in inputs.batch(filled).items()}
        done += len(rows)
