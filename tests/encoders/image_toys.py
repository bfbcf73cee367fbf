"""Tiny random image networks of every family, and small pictures to show them."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image

from tlcore.records import Picture

_TOKENS = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "image_size": 48,
    "patch_size": 16,
    "initializer_range": 0.3,
}
_MAPS = {"embedding_size": 8, "hidden_sizes": [8, 12, 16], "depths": [1, 2, 1]}
_SHORT = {"num_block_repeats": [1, 2], "in_channels": [32, 8], "out_channels": [8, 12], "strides": [1, 2]}
FAMILIES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "resnet": ("ResNetConfig", "ResNetModel", {**_MAPS, "layer_type": "basic"}, "ConvNextImageProcessorPil"),
    "resnet bottleneck": ("ResNetConfig", "ResNetModel", _MAPS, "ConvNextImageProcessorPil"),
    "mobilenet_v2": ("MobileNetV2Config", "MobileNetV2Model", {"depth_multiplier": 0.25}, "MobileNetV2ImageProcessorPil"),
    "efficientnet": (
        "EfficientNetConfig",
        "EfficientNetModel",
        {
            **_SHORT,
            "kernel_sizes": [3, 5],
            "expand_ratios": [1, 4],
            "depthwise_padding": [],
            "width_coefficient": 1.0,
            "depth_coefficient": 1.5,
            "hidden_dim": 1280,
            "initializer_range": 0.3,
        },
        "EfficientNetImageProcessorPil",
    ),
    "convnext": (
        "ConvNextConfig",
        "ConvNextModel",
        {"hidden_sizes": [8, 12, 16, 24], "depths": [1, 1, 2, 1], "initializer_range": 0.3},
        "ConvNextImageProcessorPil",
    ),
    "convnextv2": (
        "ConvNextV2Config",
        "ConvNextV2Model",
        {"hidden_sizes": [8, 12, 16, 24], "depths": [1, 1, 2, 1], "initializer_range": 0.3},
        "ConvNextImageProcessorPil",
    ),
    "vit": ("ViTConfig", "ViTModel", _TOKENS, "ViTImageProcessorPil"),
    "deit": ("DeiTConfig", "DeiTModel", _TOKENS, "DeiTImageProcessorPil"),
    "swin": (
        "SwinConfig",
        "SwinModel",
        {"embed_dim": 12, "depths": [1, 2], "num_heads": [2, 3], "window_size": 4, "image_size": 48, "initializer_range": 0.3},
        "ViTImageProcessorPil",
    ),
    "dinov2": ("Dinov2Config", "Dinov2Model", {**_TOKENS, "patch_size": 14, "image_size": 42}, "BitImageProcessorPil"),
    "clip": ("CLIPConfig", "CLIPModel", {"projection_dim": 20}, "CLIPImageProcessorPil"),
    "clip_vision_model": (
        "CLIPVisionConfig",
        "CLIPVisionModelWithProjection",
        {**_TOKENS, "projection_dim": 20},
        "CLIPImageProcessorPil",
    ),
    "clip without projection": ("CLIPVisionConfig", "CLIPVisionModel", _TOKENS, "CLIPImageProcessorPil"),
}
"""Config, model and image processor of each, and settings that make it tiny."""


def write_image_network(folder: Path, kind: str, seed: int = 0) -> Path:
    """A folder as `save_pretrained` writes it, with running statistics that are not those of a fresh batch norm."""
    config_name, model_name, settings, processor = FAMILIES[kind]
    if kind == "clip":
        text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 20}
        settings = {**settings, "vision_config": {**_TOKENS, "projection_dim": 20}, "text_config": text}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, model_name)(getattr(transformers, config_name)(**settings))
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, 0, 0.3)
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
            elif isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight)
        model.save_pretrained(folder)
    getattr(transformers, processor)().save_pretrained(folder)
    return folder


def write_pictures(folder: Path, count: int = 6, seed: int = 0) -> list[Picture]:
    """Pictures of coloured patches in different sizes, every third a JPEG; the last one equals the second."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pictures: list[Picture] = []
    for number in range(count - 1):
        size = int(rng.integers(40, 160)), int(rng.integers(40, 160))
        patches = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        stream, kind = io.BytesIO(), "JPEG" if number % 3 == 0 else "PNG"
        patches.resize(size, Image.Resampling.BILINEAR).save(stream, kind, quality=95)
        key = hashlib.sha256(stream.getvalue()).hexdigest()
        path = folder / f"{key}.{'jpg' if kind == 'JPEG' else 'png'}"
        path.write_bytes(stream.getvalue())
        pictures.append(Picture(path, key))
    return [*pictures, pictures[1]]
