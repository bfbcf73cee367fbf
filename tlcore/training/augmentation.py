"""Varies pictures every time they are learned from. Deterministic from torch's global generator, which a run seeds."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor

from tlcore import runtime
from tlcore.training.settings import TrainingSettings

Augment = Callable[[Tensor], Tensor]
"""Pixels uint8 `(b, 3, s, s)` → varied pixels float32 in 0-1 of the same shape, each picture in its own way."""

_HUE = math.pi / 5
"""Radians that colours turn at most at strength 1: a tenth of the circle, for the hue often is what tells classes apart."""
_LUMA = (0.299, 0.587, 0.114)
_TO_YIQ = (_LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""RGB → brightness and two axes of colour (NTSC)."""
_ERASED = (0.02, 0.2)
"""Smallest and largest share of a picture that is blanked out."""


@dataclass(frozen=True)
class Amounts:
    """How far each kind of variation goes; 0 leaves it out. Units as in `TrainingSettings`."""

    flip: float = 0.0
    crop: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    colour: float = 0.0
    erasing: float = 0.0

    @property
    def moves(self) -> bool:
        """True when pixels change their place."""
        return max(self.flip, self.crop, self.rotation, self.scale) > 0


PRESETS: dict[Literal["none", "light", "strong"], Amounts] = {
    "none": Amounts(),
    "light": Amounts(flip=0.5, crop=0.2, rotation=5.0, scale=0.05, colour=0.15),
    "strong": Amounts(flip=0.5, crop=0.5, rotation=15.0, scale=0.15, colour=0.3, erasing=0.25),
}
"""No preset turns a picture upside down: neither photos nor inspected parts come that way up unless the user says so."""


def amounts(settings: TrainingSettings) -> Amounts:
    """What the preset says, but for the knobs that were set."""
    preset = asdict(PRESETS[settings.augmentation])
    set_by_hand = {name: getattr(settings, name) for name in preset if getattr(settings, name) is not None}
    return Amounts(**{**preset, **set_by_hand})


def augmenter(settings: TrainingSettings) -> Augment | None:
    """What varies a batch of pixels; None when nothing is to be varied."""
    wanted = amounts(settings)
    return None if wanted == Amounts() else _Augmenter(wanted)


def preview(pixels: Tensor, settings: TrainingSettings, count: int, seed: int = 0) -> Tensor:
    """`count` varied views `(count, 3, s, s)` uint8 of one picture `(3, s, s)` uint8, as training would see it."""
    views, augment = pixels.expand(count, *pixels.shape), augmenter(settings)
    if augment is None:
        return views.clone()
    with runtime.seeded(seed):
        return (augment(views) * 255).round().to(torch.uint8)


class _Augmenter:
    """One affine map for all that moves pixels and one matrix for all that tints them, to cost little beside the network."""

    def __init__(self, wanted: Amounts) -> None:
        from kornia.augmentation import RandomErasing

        self.wanted = wanted
        self.erase = RandomErasing(scale=_ERASED, ratio=(0.5, 2.0), value=0.5, p=wanted.erasing) if wanted.erasing else None

    def __call__(self, pixels: Tensor) -> Tensor:
        """See `Augment`."""
        varied = pixels.float().div_(255)
        if self.wanted.moves:
            varied = self._move(varied)
        if self.wanted.colour:
            varied = self._tint(varied)
        return varied if self.erase is None else self.erase(varied)

    def _move(self, pixels: Tensor) -> Tensor:
        """Flip, crop, rotate and scale in one map; what comes from outside of the picture is its mirror image."""
        from kornia.geometry.transform import get_affine_matrix2d, warp_affine

        count, side, wanted = len(pixels), pixels.shape[-1], self.wanted
        zoom = (1 - wanted.crop * torch.rand(count)).rsqrt()
        room = (zoom - 1) * side / 2  # so far a crop can be moved without leaving the picture
        scale = zoom * (1 + wanted.scale * _either_way(count))
        mirrored = torch.where(torch.rand(count) < wanted.flip, -1.0, 1.0)
        matrix = get_affine_matrix2d(
            torch.stack([room * _either_way(count), room * _either_way(count)], dim=1),
            torch.full((count, 2), (side - 1) / 2),
            torch.stack([scale * mirrored, scale], dim=1),
            wanted.rotation * _either_way(count),
        )
        return warp_affine(pixels, matrix[:, :2].to(pixels.device), (side, side), padding_mode="reflection")

    def _tint(self, pixels: Tensor) -> Tensor:
        """Brightness, contrast, saturation and hue. Each is linear in the colours, so all of them are one product."""
        count, strength = len(pixels), self.wanted.colour
        brightness, contrast, saturation = (1 + strength * _either_way(count) for _ in range(3))
        colours = _colour_matrix(saturation, _HUE * strength * _either_way(count)) * (brightness * contrast)[:, None, None]
        place, flat = pixels.device, pixels.flatten(2)
        grey = flat.mean(2) @ torch.tensor(_LUMA, device=place)
        offset = ((1 - contrast) * brightness).to(place) * grey  # contrast pulls towards a picture's mean brightness
        return torch.baddbmm(offset[:, None, None], colours.to(place), flat).clamp_(0, 1).view_as(pixels)


def _colour_matrix(saturation: Tensor, hue: Tensor) -> Tensor:
    """`(b, 3, 3)` on RGB: colours scaled by `saturation` and turned by `hue` radians, brightness as it was."""
    to_yiq = torch.tensor(_TO_YIQ)
    turn = torch.zeros(len(hue), 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = saturation * hue.cos()
    turn[:, 1, 2] = -saturation * hue.sin()
    turn[:, 2, 1] = saturation * hue.sin()
    return torch.linalg.inv(to_yiq) @ turn @ to_yiq


def _either_way(count: int) -> Tensor:
    """`(count,)` numbers drawn from -1 to 1."""
    return 2 * torch.rand(count) - 1
