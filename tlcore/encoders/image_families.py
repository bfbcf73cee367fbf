"""The families of transformers image networks that can be cut into blocks, and how one is read from a folder.

Weights come from safetensors only, and code from the transformers library only: what a folder brings is never executed.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.encoders.base import Weights
from tlcore.encoders.families import check_complete, kind_of, read_config, read_json, weight_files
from tlcore.encoders.image_backbone import ImageBackbone, Pooling, Scaling
from tlcore.encoders.image_frozen import Parts
from tlcore.errors import EncoderError
from tlcore.files import sha256_of
from tlcore.records import EncoderCard
from tlcore.runtime import seeded

_AVERAGING = {1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
"""Pillow's numbers of the filters; 0, the nearest pixel, would alias."""
_FILTER = "bicubic"


@dataclass(frozen=True)
class Cut:
    """A network in pieces."""

    stem: nn.Module
    blocks: Sequence[nn.Module]
    dim: int
    pooling: Pooling = "mean"
    block_name: str = "block"


@dataclass(frozen=True)
class ImageFamily:
    """A family of networks: its class in transformers, how it is cut, and what its class is built with."""

    network: str
    cut: Callable[[Any], Cut]
    settings: tuple[tuple[str, bool], ...] = ()


class Step(nn.Module):
    """A piece of a network, called with settings of ours; the first thing it gives counts."""

    def __init__(self, inner: nn.Module, **settings: bool | None) -> None:
        super().__init__()
        self.inner = inner
        self.settings = settings

    def forward(self, hidden: Tensor) -> Tensor:
        """What the piece makes of a tensor."""
        return _first(self.inner(hidden, **self.settings))


class SquareStage(nn.Module):
    """A stage of Swin, which wants to know that its tokens `(b, h * w, d)` form a square."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, hidden: Tensor) -> Tensor:
        """Tokens `(b, t, d)` → `(b, t', d')`."""
        side = math.isqrt(hidden.shape[1])
        return _first(self.inner(hidden, (side, side)))


class Average(nn.Module):
    """Averages a map."""

    def forward(self, hidden: Tensor) -> Tensor:
        """`(b, c, h, w)` → `(b, c)`."""
        return hidden.mean((2, 3))


def _resnet(network: Any) -> Cut:
    return Cut(network.embedder, list(network.encoder.stages), network.config.hidden_sizes[-1], block_name="stage")


def _mobilenet(network: Any) -> Cut:
    stages = _stages(network.layer, (2, 3, 4, 3, 3, 1))
    return Cut(network.conv_stem, _topped(stages, network.conv_1x1), network.conv_1x1.convolution.out_channels, "mean", "stage")


def _efficientnet(network: Any) -> Cut:
    config, encoder = network.config, network.encoder
    if config.pooling_type != "mean":
        raise EncoderError(f'EfficientNet that pools by "{config.pooling_type}" is not supported. Choose another encoder.')
    counts = [math.ceil(config.depth_coefficient * repeats) for repeats in config.num_block_repeats]
    stages = _topped(_stages(encoder.blocks, counts), encoder.top_conv, encoder.top_bn, encoder.top_activation)
    return Cut(network.embeddings, stages, config.hidden_dim, block_name="stage")


def _convnext(network: Any) -> Cut:
    stages = _topped(network.encoder.stages, Average(), network.layernorm)
    return Cut(network.embeddings, stages, network.config.hidden_sizes[-1], block_name="stage")


def _vit(network: Any) -> Cut:
    stem = Step(network.embeddings, interpolate_pos_encoding=True)
    return Cut(stem, _topped(network.layers, network.layernorm), network.config.hidden_size, "first")


def _dinov2(network: Any) -> Cut:
    blocks = _topped(network.encoder.layer, network.layernorm)
    return Cut(network.embeddings, blocks, network.config.hidden_size, "first")


def _swin(network: Any) -> Cut:
    stages = _topped([SquareStage(stage) for stage in network.encoder.layers], network.layernorm)
    return Cut(Step(network.embeddings, interpolate_pos_encoding=True), stages, network.num_features, block_name="stage")


def _clip(network: Any) -> Cut:
    vision, projection = getattr(network, "vision_model", network), getattr(network, "visual_projection", None)
    stem = nn.Sequential(Step(vision.embeddings, interpolate_pos_encoding=True), vision.pre_layrnorm)
    after = [vision.post_layernorm, *([projection] if projection is not None else [])]
    dim = network.config.hidden_size if projection is None else projection.out_features
    return Cut(stem, _topped([Step(layer, attention_mask=None) for layer in vision.encoder.layers], *after), dim, "first")


_NO_POOLER = (("add_pooling_layer", False),)
IMAGE_FAMILIES: dict[str, ImageFamily] = {
    "resnet": ImageFamily("ResNetModel", _resnet),
    "mobilenet_v2": ImageFamily("MobileNetV2Model", _mobilenet),
    "efficientnet": ImageFamily("EfficientNetModel", _efficientnet),
    "convnext": ImageFamily("ConvNextModel", _convnext),
    "convnextv2": ImageFamily("ConvNextV2Model", _convnext),
    "vit": ImageFamily("ViTModel", _vit, _NO_POOLER),
    "deit": ImageFamily("DeiTModel", _vit, _NO_POOLER),
    "swin": ImageFamily("SwinModel", _swin, _NO_POOLER),
    "dinov2": ImageFamily("Dinov2Model", _dinov2),
    "clip": ImageFamily("CLIPVisionModelWithProjection", _clip),
    "clip_vision_model": ImageFamily("CLIPVisionModelWithProjection", _clip),
}
"""By `model_type` of config.json."""


class ImageFolder:
    """An `ImageSource` over a folder of a transformers image model.

    Raises EncoderError when the folder describes none, or one of a family that is not in `IMAGE_FAMILIES`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        facts = read_config(folder)
        self.family = IMAGE_FAMILIES[kind_of(facts, folder, IMAGE_FAMILIES)]
        self._alone = facts.get("architectures") == ["CLIPVisionModel"]
        self.scaling, self.resample = _preprocessing(folder)

    @property
    def _network(self) -> Any:
        """Its class. Importing transformers takes seconds, so it waits until a network is built."""
        import transformers

        return transformers.CLIPVisionModel if self._alone else getattr(transformers, self.family.network)

    @cached_property
    def content(self) -> str:
        """SHA-256 in hex over everything in the folder that shapes features."""
        files = (self.folder / "config.json", self.folder / "preprocessor_config.json", *weight_files(self.folder))
        return hashlib.sha256("\n".join(map(sha256_of, files)).encode()).hexdigest()

    def backbone(self, weights: Weights, seed: int, size: int) -> ImageBackbone:
        """A fresh network for pictures of `size` pixels a side.

        Raises EncoderError when the weights are missing, damaged, or do not fit the network.
        """
        with seeded(seed), _silent():
            cut = self.family.cut(
                self._pretrained() if weights == "pretrained" else self._network(self._config(), **dict(self.family.settings))
            )
        return ImageBackbone(Parts(cut.stem, cut.blocks, size), cut.dim, self.scaling, cut.pooling)

    def card(self, encoder_id: str, name: str) -> EncoderCard:
        """What the folder says about its encoder."""
        with seeded(0), _silent(), torch.device("meta"):
            network = self._network(self._config(), **dict(self.family.settings))
            cut = self.family.cut(network)
        native = getattr(network.config, "image_size", None)
        made_for = f", made for pictures of {native} px" if isinstance(native, int) else ""
        return EncoderCard(
            id=encoder_id,
            name=name,
            modality="image",
            dim=cut.dim,
            blocks=tuple(f"{cut.block_name} {number}" for number in range(1, len(cut.blocks) + 1)),
            licence="unknown",
            about=f"Added to this workspace: {len(cut.blocks)} {cut.block_name}s, {cut.dim} wide{made_for}.",
        )

    def _config(self) -> Any:
        """A fresh transformers config."""
        return self._network.config_class.from_pretrained(self.folder, local_files_only=True, attn_implementation="eager")

    def _pretrained(self) -> Any:
        """The network with the folder's weights in fp32."""
        weight_files(self.folder)
        try:
            network, report = self._network.from_pretrained(
                self.folder,
                config=self._config(),
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
                **dict(self.family.settings),
            )
        except Exception as error:  # transformers raises what each of its parts does
            raise EncoderError(f"The weights in {self.folder} cannot be used ({error}). Get a fresh copy.") from error
        check_complete(self.folder, sorted(name for name in report["missing_keys"] if "mask_token" not in name))
        return network


def _preprocessing(folder: Path) -> tuple[Scaling, str]:
    """What the folder's own image processor does to pixels of 0-255, and the filter it scales pictures with.

    Read off what it makes of a black and a white picture, so that every setting that it knows counts.
    """
    import numpy as np
    from PIL import Image
    from transformers import AutoImageProcessor

    read_json(folder / "preprocessor_config.json")
    try:
        with _silent():
            processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        plain = {"do_resize": False, "do_center_crop": False, "return_tensors": "np"}
        pictures = [Image.new("RGB", (64, 64), (level,) * 3) for level in (0, 255)]
        black, white = (np.asarray(processor([one], **plain)["pixel_values"], np.float64)[0, :, 32, 32] for one in pictures)
    except Exception as error:  # transformers raises what each of its parts does
        raise EncoderError(f"{folder}/preprocessor_config.json cannot be used ({error}). Get a fresh copy.") from error
    std = 255 / (white - black)
    mean = -black * std
    red, green, blue = zip(mean.tolist(), std.tolist(), strict=True)
    return Scaling((red[0], green[0], blue[0]), (red[1], green[1], blue[1])), _AVERAGING.get(int(processor.resample), _FILTER)


def _stages(layers: nn.ModuleList, counts: Sequence[int]) -> list[nn.Module]:
    """Layers in groups of so many each."""
    left = list(layers)
    ends = [sum(counts[: place + 1]) for place in range(len(counts))]
    return [nn.Sequential(*left[end - count : end]) for end, count in zip(ends, counts, strict=True)]


def _topped(blocks: Sequence[nn.Module] | nn.ModuleList, *after: nn.Module) -> list[nn.Module]:
    """Blocks, the last of which goes on with what comes after it."""
    *lower, top = blocks
    return [*lower, nn.Sequential(top, *after)]


def _first(given: Any) -> Tensor:
    return given[0] if isinstance(given, tuple) else given


@contextmanager
def _silent() -> Iterator[None]:
    """Keep transformers from drawing progress bars and writing advice."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
