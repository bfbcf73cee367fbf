"""A new version of a dataset with 5 % new rows: encoding it with the old one's features stored, against encoding everything.

    python -m benchmarks.new_version

Both versions of banking77 are imported as an analyst does; only the encoding of the new one is timed.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from benchmarks.peers import SentenceEncoder
from benchmarks.text_sets import files_of, probe, text_set
from tlcore.data.importer import ImportChoices, import_csv
from tlcore.data.store import DatasetStore
from tlcore.encoders.base import FloatArray
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.settings import Workspace

SHARE = 0.05
Encode = Callable[[Sequence[str]], FloatArray]


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours with the first version stored, ours with nothing stored, and sentence-transformers."""
    found = text_set(bench.data, "banking77", 500 if bench.small else None)
    train, test = found.train, found.test
    rows = np.random.default_rng(0).permutation(len(train.texts))[: 1000 if bench.small else None]
    home, encoder = bench.fresh(), load_encoder(DEFAULT_ENCODER, bench.fresh())
    frame = pd.DataFrame({"text": train.texts, "label": [found.classes[label] for label in train.labels]}).iloc[rows]
    old = _import(home, frame[: round(len(frame) * (1 - SHARE))], bench.scratch / "first.csv")
    new = _import(home, frame, bench.scratch / "second.csv")
    labels = train.labels[rows]
    FeatureStore(home).features(encoder, old)

    def contender(ready: Callable[[], Encode], encode: Encode) -> Contender:
        encode(test.texts[:200])

        def turn(number: int) -> Turn:
            work = ready()
            spent, features = timed(lambda: work(new))
            accuracy = probe((features, labels), (encode(test.texts), test.labels)) if number == 0 else None
            return Turn(spent, accuracy)

        return turn

    def store(stored: Workspace | None) -> Encode:
        workspace = bench.fresh()
        if stored:
            shutil.copytree(stored.features, workspace.features)
        features = FeatureStore(workspace)
        return lambda texts: features.features(encoder, texts)

    plain, tuned = SentenceEncoder(tuned=False).encode, SentenceEncoder(tuned=True).encode
    return {
        "tlcore": contender(lambda: store(home), encoder.encode),
        "tlcore, nothing stored": contender(lambda: store(None), encoder.encode),
        "sentence-transformers, all rows, defaults": contender(lambda: plain, plain),
        "sentence-transformers, all rows, tuned": contender(lambda: tuned, tuned),
    }


def _import(home: Workspace, frame: pd.DataFrame, path: Path) -> Sequence[str]:
    """A version as a dataset of its own; gives its texts."""
    frame.to_csv(path, index=False)
    card = import_csv(home, path, ImportChoices(text="text", label="label", task="classification"))
    return DatasetStore(home).contents(card.id)


TARGET = Target(
    name="new_version",
    title="encoding a new version of a dataset, 5 % of its 10,003 rows new (banking77)",
    contenders=contenders,
    needs=files_of("banking77"),
    allowed=0.3,
    notes=("Accuracy is that of logistic regression on the features, on the set's own test file.",),
)

if __name__ == "__main__":
    main(TARGET)
