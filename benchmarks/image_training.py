"""How well and how fast strategies train on pictures, and how their default settings were chosen.

    python -m benchmarks.image_training choose  FOLDER [SIDE]     settings against each other, on items that report nothing
    python -m benchmarks.image_training report  FOLDER [SIDE]     the defaults, on items that chose nothing
    python -m benchmarks.image_training sizes   FOLDER            accuracy and time of each working resolution
    python -m benchmarks.image_training epoch   FOLDER [SIDE]     an epoch of full fine-tuning against a plain torch loop

FOLDER holds a folder for each class, or `train` and `val` that do. Without them, 50 a class are drawn to learn from out of
80, half of the others choose and the other half report. With them, a third of `train` chooses and `val` reports. Prints one
JSON line a measurement; docs/image-settings.md holds the tables. TLCORE_THREADS sets the threads.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.encode_pictures import plain_network, squared
from tlcore import runtime
from tlcore.encoders.base import Encoder, IntArray
from tlcore.encoders.catalogue import DEFAULT_ENCODERS, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.files import sha256_of
from tlcore.records import IMAGE_SIZES, EpochRecord, Picture
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.hooks import Hook
from tlcore.training.strategies.base import FitContext, Labelled

PER_CLASS = 50
POOL = 80
"""A class's pictures that the labels are drawn from."""
SEEDS = 3
ROUNDS = 5
TRIED: dict[str, list[dict[str, Any]]] = {
    "full_fine_tuning": [{"learning_rate": rate} for rate in (2e-4, 3e-4, 5e-4, 1e-3, 2e-3)] + [{"augmentation": "none"}],
    "partial_fine_tuning": [
        *({"learning_rate": rate} for rate in (2e-4, 5e-4, 1e-3, 2e-3)),
        *({"learning_rate": 1e-3, "top_blocks": top} for top in (2, 4)),
    ],
    "scratch": [{"learning_rate": rate, "head_learning_rate": 1e-2, "epochs": 20} for rate in (5e-4, 2e-3)],
}
"""Changes to the defaults."""


@dataclass(frozen=True)
class Pictures:
    """Pictures with their classes `(n,)`."""

    items: list[Picture]
    labels: IntArray

    def rows(self, chosen: IntArray) -> "Pictures":
        """Some of them."""
        return Pictures([self.items[row] for row in chosen], self.labels[chosen])


class Watch(Hook):
    """Writes down how long each epoch takes."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch is over."""
        self.seconds.append(record.seconds)


def tell(**facts: Any) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in facts.items()}))
    sys.stdout.write("\n")
    sys.stdout.flush()


def pictures_in(folder: Path) -> Pictures:
    """All pictures of a folder that has a folder for each class."""
    found = [(path, label) for label, one in enumerate(sorted(folder.iterdir())) for path in sorted(one.iterdir())]
    return Pictures([Picture(path, sha256_of(path)) for path, _ in found], np.array([label for _, label in found]))


def parts(folder: Path, seed: int, reporting: bool) -> tuple[Pictures, Pictures]:
    """What is learned from, and what judges: items that choose settings, or others that report."""
    if (folder / "train").is_dir():
        train = pictures_in(folder / "train")
        if reporting:
            return train, pictures_in(folder / "val")
        order = np.random.default_rng(seed).permutation(len(train.items))
        return train.rows(order[len(order) // 3 :]), train.rows(order[: len(order) // 3])
    whole = pictures_in(folder)
    kinds = [np.random.default_rng(0).permutation(np.flatnonzero(whole.labels == kind)) for kind in np.unique(whole.labels)]
    rng = np.random.default_rng(seed)
    learn = np.concatenate([rng.permutation(rows[:POOL])[:PER_CLASS] for rows in kinds])
    judge = np.concatenate([rows[POOL:][int(reporting) :: 2] for rows in kinds])
    return whole.rows(learn), whole.rows(judge)


def measure(name: str, encoder: Encoder, data: tuple[Pictures, Pictures], seed: int, **changes: Any) -> float:
    """Fit and judge one strategy, print it, and give its accuracy."""
    learn, judge = data
    settings = STRATEGIES[name].defaults_for("image").model_copy(update=changes)
    strategy = strategy_class(name)(int(learn.labels.max()) + 1, encoder, settings, seed)
    with tempfile.TemporaryDirectory() as cold:
        begin = time.perf_counter()
        report = strategy.fit(Labelled(learn.items, learn.labels), FitContext(features=FeatureStore(Workspace(cold))))
        seconds = time.perf_counter() - begin
    accuracy = float(np.mean(strategy.predict_proba(judge.items).argmax(axis=1) == judge.labels))
    tell(strategy=name, seed=seed, **{**changes, **report.chosen}, accuracy=accuracy, seconds=seconds)
    return accuracy


def choose(folder: Path, home: Workspace, side: int) -> None:
    """Every setting that was tried."""
    encoder = load_encoder(DEFAULT_ENCODERS["image"], home, side)
    for name, tried in TRIED.items():
        for changes in tried:
            found = [measure(name, encoder, parts(folder, seed, False), seed, **changes) for seed in range(SEEDS)]
            tell(strategy=name, **changes, mean=statistics.mean(found), side=side)


def report(folder: Path, home: Workspace, side: int) -> None:
    """The defaults of every strategy."""
    encoder = load_encoder(DEFAULT_ENCODERS["image"], home, side)
    for name in STRATEGIES:
        found = [measure(name, encoder, parts(folder, seed, True), seed) for seed in range(SEEDS)]
        tell(strategy=name, mean=statistics.mean(found), low=min(found), high=max(found), side=side)


def sizes(folder: Path, home: Workspace, side: int) -> None:
    """Frozen and full fine-tuning at every working resolution."""
    for size in IMAGE_SIZES:
        encoder = load_encoder(DEFAULT_ENCODERS["image"], home, size)
        tell(side=size)
        for name in ("feature_extraction", "full_fine_tuning"):
            measure(name, encoder, parts(folder, 0, True), 0)


def epoch(folder: Path, home: Workspace, side: int) -> None:
    """Ours and the plain loop take turns; each loop's first epoch, in which torch sets up, does not count."""
    encoder = load_encoder(DEFAULT_ENCODERS["image"], home, side)
    learn, judge = parts(folder, 0, True)
    ratios = []
    plain = plain_epochs(learn, judge, side)
    next(plain)
    ours = our_epochs(encoder, learn)
    for _ in range(ROUNDS):
        mine, (other, accuracy) = next(ours), next(plain)
        ratios.append(other / mine)
        tell(ours=mine, plain=other, ratio=ratios[-1], plain_accuracy=accuracy)
    tell(median=statistics.median(ratios), low=min(ratios), high=max(ratios), pictures=len(learn.items), side=side)


def our_epochs(encoder: Encoder, learn: Pictures) -> Iterator[float]:
    """Seconds of an epoch of full fine-tuning with its defaults, the first two of a fit left out."""
    while True:
        watch = Watch()
        settings = STRATEGIES["full_fine_tuning"].defaults_for("image").model_copy(update={"epochs": 3})
        strategy = strategy_class("full_fine_tuning")(int(learn.labels.max()) + 1, encoder, settings)
        strategy.fit(Labelled(learn.items, learn.labels), FitContext(hook=watch))
        yield watch.seconds[-1]


def plain_epochs(learn: Pictures, judge: Pictures, side: int) -> Iterator[tuple[float, float]]:
    """Seconds of an epoch, and the accuracy after it, of what a tutorial does: decode, flip, fp32, Adam, one rate for all."""
    torch.manual_seed(0)
    network = plain_network()
    network._fc = nn.Linear(1280, int(learn.labels.max()) + 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    size = STRATEGIES["full_fine_tuning"].defaults_for("image").batch_size
    while True:
        network.train()
        begin = time.perf_counter()
        for rows in torch.randperm(len(learn.items)).split(size):
            pixels = torch.stack([decoded(learn.items[row], side) for row in rows])
            pixels = torch.where(torch.rand(len(rows), 1, 1, 1) < 0.5, pixels.flip(-1), pixels)
            logits = network((pixels.float() - 127) / 128)
            optimizer.zero_grad()
            nn.functional.cross_entropy(logits, torch.from_numpy(learn.labels[rows.numpy()])).backward()
            optimizer.step()
        yield time.perf_counter() - begin, accuracy_of(network.eval(), judge, side)


def accuracy_of(network: Any, judge: Pictures, side: int) -> float:
    """Share that the plain network has right."""
    with torch.inference_mode():
        pixels = torch.stack([decoded(item, side) for item in judge.items])
        found = torch.cat([network((part.float() - 127) / 128).argmax(1) for part in pixels.split(32)])
    return float(np.mean(found.numpy() == judge.labels))


def decoded(item: Picture, side: int) -> torch.Tensor:
    """One picture `(3, s, s)` uint8."""
    return torch.from_numpy(squared(item.path, side).transpose(2, 0, 1).copy())


MODES = {"choose": choose, "report": report, "sizes": sizes, "epoch": epoch}


def main(mode: str, folder: str, side: str = "224") -> None:
    """Measure in a workspace of its own."""
    runtime.configure_threads()
    with tempfile.TemporaryDirectory() as home:
        MODES[mode](Path(folder), Workspace(home), int(side))


if __name__ == "__main__":
    main(*sys.argv[1:])
