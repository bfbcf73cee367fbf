"""The protocol every encoder keeps, whatever its modality.

An `Encoder` turns items into features and hands out networks to train; a `Backbone` is one such network, cut into blocks;
`Inputs` are items made ready for it (token ids, pixels, or the stored output of a frozen prefix).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tlcore.errors import EncoderError
from tlcore.records import EncoderCard, Item, Picture
from tlcore.runtime import Precision

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Batch = dict[str, Tensor]
OnProgress = Callable[[int, int], None]
"""Called with (items done, items in all); may raise `Stopped`."""
Weights = Literal["pretrained", "random"]
_Found = TypeVar("_Found")
Computed = Generator[tuple[IntArray, _Found], None, None]
"""Rows of some items and what was computed of them, until all items are through; to be closed when nobody listens any more."""


class Inputs(ABC):
    """`n` items ready to be batched for a backbone."""

    fewest: int = 64
    """Tokens that are at least computed together: products of very few rows round differently."""

    @property
    @abstractmethod
    def lengths(self) -> IntArray:
        """`(n,)` cost of each item in tokens (a picture: its patches of 16 px); batches of like lengths waste least."""

    @abstractmethod
    def batch(self, rows: IntArray) -> Batch:
        """The items at `rows` as padded tensors on the CPU."""

    def end_to_end(self, rows: IntArray) -> Batch:
        """The tokens of the items at `rows` one after another, without padding, and their `lengths` `(b,)`; texts only."""
        raise TypeError("These items are no texts.")

    def __len__(self) -> int:
        return len(self.lengths)


class Backbone(nn.Module, ABC):
    """A network cut at its blocks: `embed` → `blocks[0]` … `blocks[-1]` → `pool`."""

    blocks: nn.ModuleList
    """Bottom to top, as named in `EncoderCard.blocks`."""
    dim: int

    @property
    def vocabulary(self) -> nn.Embedding | None:
        """The table that a batch's `ids` look rows up in; None where items are no tokens."""
        return None

    def set_dropout(self, share: float) -> None:
        """Drop this share of activations while training, everywhere the architecture drops any."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = share

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """What comes before the first block: hidden states, e.g. `(b, t, d)` for text."""

    @abstractmethod
    def run_block(self, index: int, hidden: Tensor, batch: Batch) -> Tensor:
        """Pass hidden states through block `index`."""

    @abstractmethod
    def pool(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Hidden states of the last block → features `(b, d)`."""

    @abstractmethod
    def below(self, inputs: Inputs, start: int, on_progress: OnProgress | None = None) -> Inputs:
        """Run the frozen part under block `start` once over all items and keep its output as new `Inputs`.

        `forward(batch, start)` on the result equals `forward(batch)` on the original with the frozen part in eval mode.
        """

    def forward(self, batch: Batch, start: int = 0) -> Tensor:
        """Features `(b, d)`; with `start` > 0 the batch may come from `below(…, start)` and carry `hidden`."""
        return self.pool(self.hidden(batch, start), batch)

    def hidden(self, batch: Batch, start: int = 0) -> Tensor:
        """What the last block gives; `start` as in `forward`."""
        first, hidden = (start, batch["hidden"]) if "hidden" in batch else (0, self.embed(batch))
        for index in range(first, len(self.blocks)):
            hidden = self.run_block(index, hidden, batch)
        return hidden


class Encoder(Protocol):
    """A pre-trained network as the rest of the project sees it. Nothing here changes the encoder's own state."""

    card: EncoderCard
    precision: Precision
    """The arithmetic that features are computed in."""

    @property
    def fingerprint(self) -> str:
        """Hash of weights, preprocessing and precision: equal fingerprints give equal features."""

    def fingerprint_in(self, precision: str) -> str:
        """The fingerprint it would have in one of `PRECISIONS`: tells other weights from another arithmetic."""

    def load(self) -> None:
        """Read the network now, where nothing needed it yet: an encode or a fit that is timed must not pay for that."""

    def encode(self, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Features `(n, d)` float32 of items in the order given; same items, same features."""

    def prepare(self, items: Sequence[Item], max_length: int | None = None, on_progress: OnProgress | None = None) -> Inputs:
        """Items → inputs for `network`; `max_length` (tokens) below the encoder's own cuts texts earlier."""

    def network(self, weights: Weights, seed: int = 0) -> Backbone:
        """A fresh copy to train (on the CPU, fp32): pre-trained, or the same architecture with random weights from `seed`."""


class FeatureSource(Protocol):
    """Where strategies get frozen features from: normally the feature store."""

    def features(self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Features `(n, d)` float32 of items in the order given."""

    def seconds_cold(self, encoder: Encoder, items: Sequence[Item]) -> float | None:
        """What encoding the items costs when nothing is stored; None when unknown."""


class DirectFeatures:
    """A `FeatureSource` that stores nothing: for prediction and tests."""

    def features(self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Encode the items now."""
        return encoder.encode(items, on_progress)

    def seconds_cold(self, encoder: Encoder, items: Sequence[Item]) -> None:
        """Not known in advance."""


def counted(parts: Computed[_Found], total: int, on_progress: OnProgress | None) -> Computed[_Found]:
    """The same parts of `total` items; tells how many items are through whenever the caller is done with a part."""
    done = 0
    with closing(parts):  # at once when telling raises, lest threads go on
        for rows, found in parts:
            yield rows, found
            done += len(rows)
            if on_progress:
                on_progress(done, total)


def texts_in(items: Sequence[Item]) -> list[str]:
    """The items as texts. Raises EncoderError when one is a picture."""
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) < len(items):
        raise EncoderError("A text encoder cannot read pictures. Choose an image encoder.")
    return texts


def pictures_in(items: Sequence[Item]) -> list[Picture]:
    """The items as pictures. Raises EncoderError when one is a text."""
    pictures = [item for item in items if isinstance(item, Picture)]
    if len(pictures) < len(items):
        raise EncoderError("An image encoder cannot read texts. Choose a text encoder.")
    return pictures


def pad(rows: Sequence[Tensor], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Stack ragged `(t_i, …)` tensors into `(b, t, …)` with zeros, and the mask `(b, t)` int64 of what is real."""
    padded = nn.utils.rnn.pad_sequence([row.to(dtype) for row in rows], batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(padded.shape[1])[None, :] < lengths[:, None]).long()
    return padded, mask
