"""Encoding 1,000 pictures at 224 px with the bundled image encoder, against the same network called plainly.

    python -m benchmarks.encode_pictures

All start from JPEG files and end at features. Ours keeps pixels and features in a workspace that is empty when a turn begins.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from tlcore.encoders.base import FloatArray
from tlcore.encoders.catalogue import DEFAULT_ENCODERS, load_encoder
from tlcore.encoders.efficientnet import weights_file
from tlcore.encoders.features import FeatureStore
from tlcore.files import sha256_of
from tlcore.records import Picture
from tlcore.runtime import precision

DATA = "images/flowers5"
SIDE, BATCH, DRAWS = 224, 32, 5


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours, and the network as its package gives it, plainly and tuned."""
    paths = sorted((bench.data / DATA).glob("*/*.jpg"))[:: 20 if bench.small else 1]
    pictures, labels = [Picture(path, sha256_of(path)) for path in paths], [path.parent.name for path in paths]

    def ours() -> Callable[[], FloatArray]:
        workspace = bench.fresh()
        encoder = load_encoder(DEFAULT_ENCODERS["image"], workspace, SIDE)
        return lambda: FeatureStore(workspace).features(encoder, pictures)

    def contender(ready: Callable[[], Callable[[], FloatArray]]) -> Contender:
        def turn(number: int) -> Turn:
            spent, features = timed(ready())
            facts = {"pictures a second": len(paths) / spent.seconds}
            return Turn(spent, probe(features, labels) if number == 0 else None, facts)

        return turn

    plain, tuned = Plain(), Tuned()
    return {
        "tlcore": contender(ours),
        "torch fp32, batch 32, plain decoding": contender(lambda: lambda: plain.encode(paths)),
        f"torch {precision().name} channels_last, batch 32, decoding small and ahead": contender(
            lambda: lambda: tuned.encode(paths)
        ),
    }


def plain_network() -> Any:
    """The network as its package gives it, with its weights, nothing about it made faster."""
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights_file(), weights_only=True))
    return network


def squared(path: Path, side: int, small: bool = False) -> np.ndarray:
    """A picture pressed into a square `(s, s, 3)` uint8; with `small`, a JPEG is decoded no larger than needed."""
    with Image.open(path) as image:
        if small:
            image.draft("RGB", (side, side))
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


class Plain:
    """What a notebook does: open, resize, stack 32, call; one after another, in fp32."""

    def __init__(self) -> None:
        self.network = plain_network().eval()

    @torch.inference_mode()
    def encode(self, paths: Sequence[Path]) -> FloatArray:
        """Features `(n, 1280)` of length 1."""
        pixels = iter(self.decoded(paths))
        batches = iter(lambda: list(islice(pixels, BATCH)), [])
        features = [self.forward(torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2)) for batch in batches]
        return torch.nn.functional.normalize(torch.cat(features)).numpy()

    def decoded(self, paths: Sequence[Path]) -> Any:
        """Pixels `(224, 224, 3)` uint8 of each picture, in turn."""
        return (squared(path, SIDE) for path in paths)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Features `(b, 1280)` of a batch."""
        return self.network.extract_features((pixels.float().contiguous() - 127) / 128).mean((2, 3))


class Tuned(Plain):
    """With what saves time on this kind of machine: bf16, channels last, decoding in threads and only as large as needed."""

    def __init__(self) -> None:
        super().__init__()
        self.network = self.network.to(precision().dtype, memory_format=torch.channels_last)

    def decoded(self, paths: Sequence[Path]) -> Any:
        """See `Plain`."""
        with ThreadPoolExecutor(2) as pool:
            yield from pool.map(lambda path: squared(path, SIDE, small=True), paths)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """See `Plain`."""
        ready = ((pixels.float() - 127) / 128).to(precision().dtype, memory_format=torch.channels_last)
        return self.network.extract_features(ready).float().mean((2, 3))


def probe(features: FloatArray, labels: list[str]) -> float:
    """Accuracy of logistic regression on standardised features: five folds, the mean over five ways to draw them."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    folds = (StratifiedKFold(5, shuffle=True, random_state=seed) for seed in range(DRAWS))
    return float(np.mean([(cross_val_predict(model, features, labels, cv=fold) == labels).mean() for fold in folds]))


TARGET = Target(
    name="encode_pictures",
    title="encoding 1,000 pictures at 224 px (flowers5), files on disk, nothing stored yet",
    contenders=contenders,
    needs=(DATA,),
    allowed=0.3,
    notes=("Accuracy is that of logistic regression on the features, over five-fold cross-validation drawn five times.",),
)

if __name__ == "__main__":
    main(TARGET)
