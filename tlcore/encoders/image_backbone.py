"""An image network cut into blocks, and the inputs it takes: pixels, or the stored output of a prefix."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from tlcore.encoders.backbone import batches
from tlcore.encoders.base import Backbone, Batch, Inputs, IntArray, OnProgress, counted
from tlcore.encoders.image_frozen import Parts, frozen
from tlcore.encoders.pixels import Pixels
from tlcore.encoders.room import Room
from tlcore.runtime import side_by_side

Pooling = Literal["mean", "first"]
_PATCH = 16
_FILLED = 1024
"""Tokens of every batch on a CPU: six pictures of 224 pixels, whose maps stay in its caches. Convolutions of fewer pictures may
round differently, so every batch is filled up to as many."""
_MOMENTUM = 0.1
"""Of batch norms, whatever a network brings: TensorFlow's 0.01 takes hundreds of steps to forget the statistics it starts
from, which short runs do not have, and what transformers makes of it, 0.99, keeps those of the last batch."""


@dataclass(frozen=True)
class Scaling:
    """What a network wants done to pixels in 0-255: `(pixels - mean) / std`, a value for each of red, green and blue."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class ImageBackbone(Backbone):
    """Stem and blocks of an image network, averaged over the picture (or its first token) and scaled to length 1.

    All that can learn lies in `stem` and `blocks`; whatever follows the last block belongs to it, so that it learns when
    the top block does.
    """

    def __init__(self, parts: Parts, dim: int, scaling: Scaling, pooling: Pooling = "mean") -> None:
        super().__init__()
        self.dim = dim
        self.pooling = pooling
        self.scaling = scaling
        self.stem = parts.stem
        self.blocks = parts.blocks
        self.size, self.exact = parts.size, parts.exact
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = _MOMENTUM
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch takes it, its stubs do not

    def frozen(self, dtype: torch.dtype, place: torch.device) -> "ImageBackbone":
        """A copy that only encodes, on `place`, in fp32 or bf16: faster, and the same up to rounding."""
        parts = Parts(self.stem, list(self.blocks), self.size, self.exact)
        return ImageBackbone(frozen(parts, dtype, place), self.dim, self.scaling, self.pooling).eval()

    def set_dropout(self, share: float) -> None:
        """Drop this share of activations while training, and of whole residual branches up to this share at the top."""
        super().set_dropout(share)
        for module in self.modules():
            if isinstance(module, DropBranches):
                module.share = share
        theirs: list[Any] = [module for module in self.modules() if type(module).__name__.endswith("DropPath")]
        for place, module in enumerate(theirs):
            module.drop_prob = share * (place + 1) / len(theirs)

    def embed(self, batch: Batch) -> Tensor:
        """`pixels` `(b, 3, s, s)`, uint8 or float in 0-1 → what the first block takes; scaled and normalised in fp32."""
        return self.stem(self.normalised(batch["pixels"]))

    def normalised(self, pixels: Tensor) -> Tensor:
        """Pixels, uint8 or float in 0-1, as the network was trained on them: float32, channels last.

        Whole rows of a picture are scaled at once, as three numbers at a time would take four times as long.
        """
        behind = pixels.permute(0, 2, 3, 1)
        rows = behind.float() if pixels.dtype == torch.uint8 else behind.float() * 255
        rows = rows.flatten(2)
        mean, std = (rows.new_tensor(values).repeat(pixels.shape[3]) for values in (self.scaling.mean, self.scaling.std))
        return ((rows - mean) / std).view(behind.shape).permute(0, 3, 1, 2)

    def run_block(self, index: int, hidden: Tensor, batch: Batch) -> Tensor:
        """Pass a map `(b, c, h, w)` or tokens `(b, t, d)` through block `index`."""
        return self.blocks[index](hidden)

    def pool(self, hidden: Tensor, batch: Batch) -> Tensor:
        """The last block's output → features `(b, d)` of length 1, in fp32."""
        hidden = hidden.float()
        if hidden.ndim == 4:
            hidden = hidden.mean((2, 3))
        elif hidden.ndim == 3:
            hidden = hidden[:, 0] if self.pooling == "first" else hidden.mean(1)
        return nn.functional.normalize(hidden, dim=1)

    def below(self, inputs: Inputs, start: int, on_progress: OnProgress | None = None) -> Inputs:
        """What comes in front of block `start`, kept in bf16 under a bf16 autocast and in fp32 without; see `Backbone.below`.

        Runs on a copy in eval mode, batch norms included, so this network keeps its mode, gradients and statistics. More
        than 500 MB lie in a file (`Room`).
        """
        if start == 0:
            return inputs
        place = next(self.parameters()).device
        dtype = torch.get_autocast_dtype(place.type) if torch.is_autocast_enabled(place.type) else torch.float32
        prefix = self.frozen(dtype, place)
        stored: Room | None = None

        def compute(part: tuple[IntArray, Batch]) -> tuple[IntArray, Tensor]:
            rows, batch = part
            hidden = prefix.embed(batch)
            for index in range(start):
                hidden = prefix.run_block(index, hidden, batch)
            return rows, _channels_behind(hidden[: len(rows)]).to("cpu", dtype)

        with torch.inference_mode(), torch.autocast(place.type, enabled=False):
            for rows, kept in counted(side_by_side(compute, batches(inputs, place)), len(inputs), on_progress):
                if stored is None:
                    stored = Room((len(inputs), *kept.shape[1:]), dtype)
                stored[torch.from_numpy(rows)] = kept
        return HiddenInputs(torch.empty(0, 1) if stored is None else stored, inputs.lengths)


class DropBranches(nn.Module):
    """Stochastic depth (Huang et al. 2016): while training, leave a residual branch out for some items of a batch."""

    def __init__(self, depth: float) -> None:
        super().__init__()
        self.share = 0.0
        self.depth = depth
        """0 at the bottom of the network, 1 at its top; the share grows with it."""

    def forward(self, branch: Tensor) -> Tensor:
        """What the branch adds `(b, …)`, zero for the items that go without and scaled up for the others."""
        share = self.share * self.depth
        if not self.training or share == 0:
            return branch
        kept = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= share
        return branch * kept.to(branch.dtype) / (1 - share)


class PixelInputs(Inputs):
    """Pictures as pixels; every item costs as many tokens as it has patches of 16 x 16 pixels."""

    fewest = _FILLED

    def __init__(self, pixels: Pixels, count: int, size: int) -> None:
        self._pixels = pixels
        self._lengths = np.full(count, (size // _PATCH) ** 2, dtype=np.int64)

    @property
    def lengths(self) -> IntArray:
        """`(n,)` the same for all."""
        return self._lengths

    def batch(self, rows: IntArray) -> Batch:
        """`pixels` `(b, 3, s, s)` uint8, channels last."""
        return {"pixels": torch.from_numpy(self._pixels.read(rows)).permute(0, 3, 1, 2)}


class HiddenInputs(Inputs):
    """Stored outputs of a frozen prefix: maps, channels last, or tokens."""

    fewest = _FILLED

    def __init__(self, stored: Tensor | Room, lengths: IntArray) -> None:
        self._stored = stored
        self._lengths = lengths

    @property
    def lengths(self) -> IntArray:
        """`(n,)` as of the pictures they come from."""
        return self._lengths

    def batch(self, rows: IntArray) -> Batch:
        """`hidden` `(b, c, h, w)` or `(b, t, d)`, float32 however it is kept."""
        chosen = self._stored[torch.from_numpy(rows)].float()
        return {"hidden": chosen.permute(0, 3, 1, 2) if chosen.ndim == 4 else chosen}


def _channels_behind(hidden: Tensor) -> Tensor:
    """Maps as `(b, h, w, c)`, the order they lie in memory; tokens as they are."""
    return hidden.permute(0, 2, 3, 1) if hidden.ndim == 4 else hidden
