"""Image encoders: any network that can be cut into blocks as an `Encoder`."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from tlcore.encoders.backbone import batches
from tlcore.encoders.base import Batch, FloatArray, Inputs, IntArray, OnProgress, Weights, counted, pictures_in
from tlcore.encoders.image_backbone import ImageBackbone, PixelInputs
from tlcore.encoders.pixels import DirectPixels, PixelSource, View
from tlcore.records import EncoderCard, Item, Picture
from tlcore.runtime import Precision, device, precision, side_by_side

_ALGORITHM = "2"
"""Part of every fingerprint; raise it when features come out differently for the same weights."""
_TOGETHER = 256
"""Pictures that are made ready at a time."""
_AHEAD = 4
"""Batches that are made ready while the network computes."""
T = TypeVar("T")


class ImageSource(Protocol):
    """Where an image network comes from."""

    resample: str
    """The filter that its pictures are scaled with."""

    @property
    def content(self) -> str:
        """SHA-256 in hex over everything that shapes features, the working resolution excepted."""

    def backbone(self, weights: Weights, seed: int, size: int) -> ImageBackbone:
        """A fresh network for pictures of `size` pixels a side: on the CPU, in fp32."""


class ImageEncoder:
    """An `Encoder` for pictures at one working resolution.

    Features are scaled to length 1. Loading draws no random numbers; afterwards an encoder never changes, so threads may
    share it. Raises EncoderError when the source is incomplete or damaged.
    """

    def __init__(
        self,
        source: ImageSource,
        card: EncoderCard,
        image_size: int,
        pixels: PixelSource | None = None,
        arithmetic: Precision | None = None,
    ) -> None:
        self.card = card
        self.precision = arithmetic or precision()
        self.view = View(image_size, source.resample)
        self._source = source
        self._pixels = pixels or DirectPixels()

    @cached_property
    def _frozen(self) -> nn.Module:
        """The network that encodes, read when it is first needed: what the feature store holds needs none."""
        with torch.inference_mode(False):  # weights made in inference mode would be of no use outside it
            return self.network("pretrained").frozen(self.precision.dtype, device())

    @property
    def image_size(self) -> int:
        """Working resolution: pixels a side."""
        return self.view.size

    @property
    def content(self) -> str:
        """SHA-256 in hex over everything in the source that shapes features."""
        return self._source.content

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, preprocessing, working resolution and precision: equal fingerprints give equal features."""
        return self.fingerprint_in(self.precision.name)

    def fingerprint_in(self, precision: str) -> str:
        """The fingerprint this encoder would have in one of `PRECISIONS`: tells other weights from another arithmetic."""
        parts = (_ALGORITHM, self._source.content, self.view.name, precision)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def load(self) -> None:
        """See `Encoder.load`."""
        _ = self._frozen

    def encode(self, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Features `(n, d)` float32 of length 1, in the order given.

        On a CPU a picture's features are the same to the last bit whatever else is in `items`; on a GPU the same list gives
        the same features, and another list may change the last digits.
        """
        features = np.empty((len(items), self.card.dim), dtype=np.float32)
        self.load()
        parts = _ahead(self._batches(pictures_in(items)))
        for rows, found in counted(side_by_side(self._features, parts), len(items), on_progress):
            features[rows] = found
        return features

    @torch.inference_mode()
    def _features(self, part: tuple[IntArray, Batch]) -> tuple[IntArray, FloatArray]:
        """Rows and their features."""
        rows, batch = part
        return rows, self._frozen(batch)[: len(rows)].cpu().numpy()

    def prepare(self, items: Sequence[Item], max_length: int | None = None, on_progress: OnProgress | None = None) -> Inputs:
        """Pixels of each picture at the working resolution; decoded now when they are kept, when read otherwise."""
        pictures = pictures_in(items)
        return PixelInputs(self._pixels.ready(pictures, self.view, on_progress), len(pictures), self.image_size)

    def network(self, weights: Weights, seed: int = 0) -> ImageBackbone:
        """A fresh copy to train (on the CPU, fp32, channels last): pre-trained, or random weights from `seed`."""
        return self._source.backbone(weights, seed, self.image_size)

    def trial(self) -> FloatArray:
        """Features `(1, d)` of noise, to see that it works."""
        noise = np.random.default_rng(0).integers(0, 256, (1, self.image_size, self.image_size, 3), dtype=np.uint8)
        with torch.inference_mode():
            return self._frozen({"pixels": torch.from_numpy(noise).permute(0, 3, 1, 2).to(device())}).cpu().numpy()

    def _batches(self, pictures: list[Picture]) -> Iterator[tuple[IntArray, Batch]]:
        """All pictures in batches, some of them made ready at a time: (rows, batch on the device)."""
        for first in range(0, len(pictures), _TOGETHER):
            for rows, batch in batches(self.prepare(pictures[first : first + _TOGETHER]), device()):
                yield rows + first, batch


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, some of them made in a thread while the caller works on those before."""
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, items, None) for _ in range(_AHEAD))
        try:
            while (item := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, items, None))
                yield item
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
