"""The form of a network that training computes with: weights in the arithmetic's type, kept beside the exact ones.

Weights are learned in fp32 and computed with in bf16 (Micikevicius et al. 2018). Autocast would round all of them, and widen
all of their gradients, at every step; here each is rounded once, when the optimizer has moved it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tlcore import runtime
from tlcore.encoders.backbone import TextBackbone
from tlcore.encoders.base import Batch, Inputs, IntArray
from tlcore.encoders.blocks import PackedBlock, Product
from tlcore.training.classifier import Classifier, autocast
from tlcore.training.masks import Masks
from tlcore.training.packed import Layout, attending, longest_mask


@dataclass(frozen=True)
class Rounded:
    """The rows of a tensor that is computed with which stand for one weight."""

    whole: Tensor
    first: int
    last: int

    @property
    def values(self) -> Tensor:
        """They share memory with the whole."""
        return self.whole.detach()[self.first : self.last]

    @property
    def gradient(self) -> Tensor:
        """Of the last backward pass."""
        assert self.whole.grad is not None
        return self.whole.grad[self.first : self.last]


Copies = dict[Tensor, Rounded]
"""What is computed with, by the weight that it stands for."""


class Form(Protocol):
    """What the loop trains by."""

    copies: Copies

    def batch(self, inputs: Inputs, rows: IntArray) -> Batch:
        """The items at `rows` as it takes them."""

    def __call__(self, batch: Batch) -> Tensor:
        """Logits `(b, k)` fp32 of items, with gradients."""


class PlainForm:
    """Any network, as it is."""

    def __init__(self, network: Classifier) -> None:
        self._network = network
        self.copies: Copies = {}

    def batch(self, inputs: Inputs, rows: IntArray) -> Batch:
        """See `Form`."""
        return inputs.batch(rows)

    def __call__(self, batch: Batch) -> Tensor:
        """See `Form`."""
        with autocast():
            return self._network(batch)


class PackedForm:
    """A network of BERT's blocks on a CPU."""

    def __init__(self, network: Classifier, masks: Masks, dtype: torch.dtype) -> None:
        self._network, self._masks, self._dtype = network, masks, dtype
        self.copies: Copies = {}
        self._blocks = [PackedBlock.of(block, self._product) for block in network.backbone.blocks[network.start or 0 :]]

    def batch(self, inputs: Inputs, rows: IntArray) -> Batch:
        """See `Form`."""
        return inputs.end_to_end(rows)

    def __call__(self, batch: Batch) -> Tensor:
        """See `Form`."""
        layout, backbone = Layout.of(batch["lengths"]), self._network.backbone
        hidden = self._first(batch, layout)
        attend = attending(layout, self._masks)
        for block in self._blocks:
            hidden = block(hidden, attend, self._masks.like)
        features = backbone.pool(layout.padded(hidden), {"mask": layout.mask})
        return self._network.head(self._network.dropout(features))

    def _first(self, batch: Batch, layout: Layout) -> Tensor:
        """What the first of the blocks takes `(n, d)`."""
        if "hidden" in batch:
            return layout.filled(batch["hidden"].to(self._dtype))
        backbone = self._network.backbone
        backbone.get_submodule("embeddings").eval()  # what it drops is dropped here
        embedded = backbone.embed({"ids": layout.padded(batch["ids"])})
        hidden = layout.packed(embedded.to(self._dtype))
        return hidden if self._network.start == 0 else self._masks.dropped(hidden)

    def _product(self, *layers: nn.Linear) -> Product:
        """Several products of the same values as one."""
        return Product(self._copied([layer.weight for layer in layers]), self._copied([layer.bias for layer in layers]))

    def _copied(self, weights: Sequence[Tensor]) -> Tensor:
        """The weights below each other, to compute with."""
        whole = torch.cat([weight.detach() for weight in weights]).to(self._dtype, copy=True).requires_grad_()
        first = 0
        for weight in weights:
            self.copies[weight] = Rounded(whole, first, first + len(weight))
            first += len(weight)
        return whole


def form_of(network: Classifier, batch_size: int, longest: int, seed: int) -> Form:
    """The form to train a network by, on batches of at most `batch_size` items of at most `longest` tokens."""
    backbone, dtype = network.backbone, runtime.precision().dtype
    if not (isinstance(backbone, TextBackbone) and backbone.as_bert and runtime.device().type == "cpu"):
        return PlainForm(network)
    first: Any = backbone.blocks[0]
    heads = first.attention.self.num_attention_heads
    largest = longest_mask(batch_size, longest, heads, backbone.dim)
    return PackedForm(network, Masks(network.dropout.p, seed, largest, dtype), dtype)
