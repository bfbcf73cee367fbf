"""The public text sets (CSV files with the columns text and label), and what is drawn from them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from tlcore.data.splits import label_indices
from tlcore.encoders.base import FloatArray, IntArray
from tlcore.training.strategies.base import Labelled


@dataclass(frozen=True)
class Part:
    """Texts with their classes `(n,)`."""

    texts: list[str]
    labels: IntArray

    def rows(self, chosen: IntArray) -> "Part":
        """Some of them."""
        return Part([self.texts[row] for row in chosen], self.labels[chosen])

    @property
    def labelled(self) -> Labelled:
        """As a strategy takes them."""
        return Labelled(self.texts, self.labels)


@dataclass(frozen=True)
class TextSet:
    """A public set with the test file that it came with."""

    train: Part
    test: Part
    classes: tuple[str, ...]


def files_of(name: str) -> tuple[str, str]:
    """Where a set's train and test files lie in the data folder."""
    return f"text/{name}_train.csv", f"text/{name}_test.csv"


def text_set(data: Path, name: str, most_test: int | None = None) -> TextSet:
    """A set by its name; of the test at most the first `most_test` of a fixed shuffle."""
    train, test = (pd.read_csv(data / file, dtype=str, keep_default_na=False) for file in files_of(name))
    classes = tuple(sorted(train["label"].unique()))
    parts = [Part(frame["text"].tolist(), label_indices(frame["label"], classes)) for frame in (train, test)]
    shuffled = np.random.default_rng(0).permutation(len(test))
    return TextSet(parts[0], parts[1].rows(shuffled[:most_test]), classes)


def some_a_class(part: Part, count: int, seed: int) -> Part:
    """`count` items of each class, fewer where a class has fewer, shuffled; which ones is drawn from `seed`."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(part.labels == label))[:count] for label in np.unique(part.labels)]
    return part.rows(rng.permutation(np.concatenate(rows)))


def probe(train: tuple[FloatArray, IntArray], test: tuple[FloatArray, IntArray]) -> float:
    """Accuracy on `test` of logistic regression on `train`, both features `(n, d)` with classes: judges features alone."""
    model = LogisticRegression(C=10, max_iter=2000).fit(*train)
    return float((model.predict(test[0]) == test[1]).mean())
