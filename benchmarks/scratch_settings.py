"""How the settings of training from scratch were chosen: several of them, on the validation part of three text sets.

    python -m benchmarks.scratch_settings TRAIN.csv [TRAIN.csv ...]

Each file has the columns text and label. 600 labels are drawn for training and 600 other rows judge, so that no test set has
a say. Prints one JSON line a file and setting; docs/scratch-settings.md holds the table.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tlcore import runtime
from tlcore.data.splits import budget_order, label_indices
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import FitContext, Labelled
from tlcore.training.strategies.scratch import Scratch

LABELS = 600
BASE = TrainingSettings(layer_decay=1.0, epochs=20, early_stopping=True, patience=4)
TRIED = [{"learning_rate": rate} for rate in (5e-5, 1e-4, 2e-4, 5e-4)]


def main(paths: list[str]) -> None:
    """Try every setting on every file."""
    runtime.configure_threads()
    encoder = load_encoder(DEFAULT_ENCODER, Workspace())
    for path in map(Path, paths):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        classes = tuple(sorted(frame["label"].unique()))
        labels, texts = label_indices(frame["label"], classes), frame["text"].tolist()
        order = budget_order(labels, seed=0)
        fit, judge = order[:LABELS], order[LABELS : 2 * LABELS]
        for tried in TRIED:
            settings = BASE.model_copy(update=tried)
            strategy, begin = Scratch(len(classes), encoder, settings, seed=0), time.perf_counter()
            report = strategy.fit(Labelled([texts[row] for row in fit], labels[fit]), FitContext())
            seconds = time.perf_counter() - begin
            found = strategy.predict_proba([texts[row] for row in judge]).argmax(axis=1)
            accuracy = round(float(np.mean(found == labels[judge])), 3)
            line = {"file": path.stem, **tried, "accuracy": accuracy, "seconds": round(seconds), **report.chosen}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
