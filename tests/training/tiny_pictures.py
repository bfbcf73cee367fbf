"""Pictures and an image encoder small enough to train in moments, batch norm and all."""

import copy
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from tlcore import runtime
from tlcore.encoders.backbone import batches
from tlcore.encoders.base import Backbone, Inputs, counted
from tlcore.files import sha256_of
from tlcore.records import EncoderCard, Picture

SIDE = 16
COLOURS = ((200, 90, 70), (80, 190, 90), (80, 100, 200))


def draw_pictures(folder: Path, count: int = 60) -> list[Picture]:
    """Pictures of three classes that take turns: the colour of a patch tells which, in most of them, by more or less."""
    rng, pictures = np.random.default_rng(7), []
    for number in range(count):
        ground = rng.normal(115, 15, 3)
        colour = ground + rng.uniform(0.1, 1) * (np.array(COLOURS[number % 3]) - 115)
        pixels, (x, y) = rng.normal(ground, 25, (24, 28, 3)), rng.integers(0, 10, 2)
        pixels[y : y + 14, x : x + 14] = rng.normal(colour, 20, (14, 14, 3))
        path = folder / f"{number:02}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        pictures.append(Picture(path, sha256_of(path)))
    return pictures


class Stack(Inputs):
    """Equal tensors, one an item."""

    fewest = 1

    def __init__(self, key, items):
        self.key, self.items = key, items

    @property
    def lengths(self):
        return np.full(len(self.items), 64)

    def batch(self, rows):
        return {self.key: self.items[torch.from_numpy(np.asarray(rows))]}


def block(wide: int, out: int, stride: int) -> nn.Sequential:
    """A convolution, its batch norm, and dropout."""
    return nn.Sequential(
        nn.Conv2d(wide, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out, momentum=0.01), nn.ReLU(), nn.Dropout(0.1)
    )


class TinyConvolutions(Backbone):
    """Three convolutional blocks over 16 x 16 pixels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8))
        self.blocks = nn.ModuleList([block(8, 12, 2), block(12, 16, 2), block(16, 24, 1)])
        self.dim = 24

    def embed(self, batch):
        pixels = batch["pixels"]
        scaled = pixels if pixels.is_floating_point() else pixels.float() / 255
        return self.stem((2 * scaled - 1).contiguous(memory_format=torch.channels_last))

    def run_block(self, index, hidden, batch):
        return self.blocks[index](hidden)

    def pool(self, hidden, batch):
        return hidden.float().mean((2, 3))

    def below(self, inputs, start, on_progress=None):
        if start == 0:
            return inputs
        prefix, kept = copy.deepcopy(self).eval(), {}
        with torch.inference_mode():
            for rows, batch in counted(batches(inputs, torch.device("cpu")), len(inputs), on_progress):
                hidden = prefix.embed(batch)
                for index in range(start):
                    hidden = prefix.run_block(index, hidden, batch)
                kept |= dict(zip(rows.tolist(), hidden.float(), strict=True))
        return Stack("hidden", torch.stack([kept[row] for row in range(len(kept))]).clone())


class TinyImageEncoder:
    """An `Encoder` over `TinyConvolutions`: random weights, with batch norms made to fit so that features say something."""

    card = EncoderCard(
        id="tiny-pictures", name="tiny", modality="image", dim=24, blocks=("1", "2", "3"), licence="none", about="for tests"
    )

    def __init__(self):
        self.pretrained = self._random(5)
        noise = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (64, 3, SIDE, SIDE), dtype=np.uint8))
        for norm in (module for module in self.pretrained.modules() if isinstance(module, nn.BatchNorm2d)):
            norm.momentum = 0.5
        with torch.no_grad():
            for _ in range(8):
                self.pretrained.train()({"pixels": noise})
        self.pretrained.eval()

    def prepare(self, items, max_length=None, on_progress=None):
        pixels = []
        for item in items:
            with Image.open(item.path) as image:
                pixels.append(np.asarray(image.convert("RGB").resize((SIDE, SIDE))).transpose(2, 0, 1))
            if on_progress:
                on_progress(len(pixels), len(items))
        return Stack("pixels", torch.from_numpy(np.stack(pixels)))

    def load(self):
        pass

    def encode(self, items, on_progress=None):
        inputs, features = self.prepare(items), np.empty((len(items), 24), dtype=np.float32)
        with torch.inference_mode():
            for rows, batch in counted(batches(inputs, torch.device("cpu")), len(inputs), on_progress):
                features[rows] = self.pretrained(batch).numpy()
        return features

    def network(self, weights, seed=0):
        return self._random(seed) if weights == "random" else copy.deepcopy(self.pretrained)

    def _random(self, seed):
        with runtime.seeded(seed):
            return TinyConvolutions().to(memory_format=torch.channels_last)
