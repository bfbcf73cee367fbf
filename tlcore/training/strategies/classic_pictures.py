"""What the classic baseline sees of pictures: a very small version of each, and how its colours are spread."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from tlcore.encoders.base import FloatArray
from tlcore.errors import DataError
from tlcore.records import Item, Picture
from tlcore.training.hooks import Part
from tlcore.training.strategies.base import State

_SIDE = 16
"""Pixels a side of the small version."""
_COLOUR_SIDE = 64
"""Of the version whose colours are counted."""
_BINS = 8
"""Of each channel's histogram."""
_PIXELS = 3 * _SIDE**2
_STATISTICS = 3 * (2 + _BINS)


class PictureView:
    """16 x 16 pixels in RGB; mean, spread and histogram of each channel. Every column is brought to mean 0 and spread 1.

    Pixels and colour statistics count the same in all, however many columns they have.
    """

    phase = "Looking at small pictures"
    strengths: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    few_items = 1.0

    def learn(self, items: Sequence[Item], hook: Part) -> FloatArray:
        """Note each column's mean and spread; gives the items' features."""
        table = _looks(items, hook)
        self._centre = table.mean(axis=0)
        spread = table.std(axis=0)
        many = np.repeat(np.sqrt([_PIXELS, _STATISTICS]), [_PIXELS, _STATISTICS]).astype(np.float32)
        self._scale = np.where(spread > 1e-6, spread, 1).astype(np.float32) * many
        return (table - self._centre) / self._scale

    def features(self, items: Sequence[Item]) -> FloatArray:
        """`(n, 798)` float32."""
        return (_looks(items) - self._centre) / self._scale

    def state(self) -> State:
        """Each column's mean and spread."""
        return State({"centre": self._centre, "scale": self._scale}, {"pixels": _SIDE, "bins": _BINS})

    def load_state(self, state: State) -> None:
        """Become the view that gave `state`."""
        self._centre, self._scale = state.arrays["centre"], state.arrays["scale"]


def _looks(items: Sequence[Item], hook: Part | None = None) -> FloatArray:
    """What is seen of each picture, as it is: `(n, 798)` float32 in 0-1."""
    table = np.empty((len(items), _PIXELS + _STATISTICS), dtype=np.float32)
    for row, item in enumerate(items):
        table[row] = _look(cast("Picture", item))
        if hook:
            hook.on_items(row + 1, len(items))
    return table


def _look(picture: Picture) -> FloatArray:
    """One picture's pixels and colour statistics `(798,)`. Raises DataError when its file cannot be read."""
    from PIL import Image

    try:
        with Image.open(picture.path) as image:
            image.draft("RGB", (2 * _COLOUR_SIDE, 2 * _COLOUR_SIDE))  # a JPEG is decoded small from the start
            small = image.convert("RGB").resize((_COLOUR_SIDE, _COLOUR_SIDE), Image.Resampling.BOX)
    except (OSError, ValueError) as error:
        raise DataError(f"The picture {picture.path.name} cannot be read ({error}). Import the dataset again.") from error
    colours = np.asarray(small, dtype=np.float32) / 255
    step = _COLOUR_SIDE // _SIDE
    pixels = colours.reshape(_SIDE, step, _SIDE, step, 3).mean(axis=(1, 3))
    flat = colours.reshape(-1, 3)
    histograms = [np.histogram(channel, bins=_BINS, range=(0, 1))[0] / len(flat) for channel in flat.T]
    return np.concatenate([pixels.ravel(), flat.mean(axis=0), flat.std(axis=0), *histograms]).astype(np.float32)
