"""Whether the files of pictures give the labels away, without a look at what they show."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.findings import shorten

_FEW = 10
_MOST_CLASSES = 100
_MOST_ITEMS = 5_000
_FOLDS = 5
_MARGIN = 0.15
_Z = 2.58
_SHOWN = 5
_NUMBERS = ("width", "height", "aspect", "bytes per pixel")
_NAMES = {"mode": "colour mode", "format": "file format"}


@dataclass(frozen=True)
class Giveaway:
    """How well file facts alone tell the label."""

    accuracy: float
    """Mean share of pictures told right over the classes, 0-1, cross-validated."""
    chance: float
    """The same for guessing."""
    fact: str
    """The fact that tells most, in words."""
    pictures: int
    """How many pictures are told right."""
    typical: tuple[str, ...]
    """Up to five classes with their most frequent facts."""


def facts_give_away(items: pd.DataFrame) -> Giveaway | None:
    """What a small decision tree on file facts tells of the labels; None unless it does far better than guessing.

    Far better: the lower end of a 99 % interval of its cross-validated balanced accuracy lies 15 points above one in the number
    of classes. Copies count once, pictures of one group stay in one fold, classes with fewer than ten pictures are not judged.
    """
    judged = _judged(items)
    labels, sizes = judged["label"], judged["label"].value_counts()
    if len(sizes) < 2 or len(sizes) > _MOST_CLASSES:
        return None
    facts, names = _facts(judged)
    right = pd.Series(_told_right(facts, labels.to_numpy(), _folds(judged)), index=judged.index)
    accuracy, low = _balanced(right.groupby(labels).mean(), sizes)
    if low <= 1 / len(sizes) + _MARGIN:
        return None
    typical = tuple(_typical(label, judged[labels == label]) for label in sizes.index[:_SHOWN])
    fact = names[int(np.argmax(_tree(facts, labels.to_numpy()).feature_importances_))]
    return Giveaway(accuracy, 1 / len(sizes), fact, int(right.sum()), typical)


def _judged(items: pd.DataFrame) -> pd.DataFrame:
    """One picture a family and label, of classes with enough of them, at most 5,000 drawn at random, renumbered from 0."""
    single = items[~items.duplicated(["family", "label"])]
    enough = single[single.groupby("label")["label"].transform("size") >= _FEW]
    drawn = enough.sample(_MOST_ITEMS, random_state=0) if len(enough) > _MOST_ITEMS else enough
    return drawn[drawn.groupby("label")["label"].transform("size") >= _FEW].reset_index(drop=True)


def _facts(items: pd.DataFrame) -> tuple[npt.NDArray[np.float64], list[str]]:
    """`(n, facts)` numbers and one column for every colour mode and format; and each column's name in words."""
    area = (items["width"] * items["height"]).clip(lower=1)
    columns = [items["width"], items["height"], items["width"] / items["height"].clip(lower=1), items["bytes"] / area]
    names = list(_NUMBERS)
    for name, words in _NAMES.items():
        for value in sorted(items[name].unique()):
            columns.append(items[name] == value)
            names.append(words)
    return np.stack([column.to_numpy(dtype=np.float64) for column in columns], axis=1), names


def _folds(items: pd.DataFrame) -> npt.NDArray[np.int64]:
    """`(n,)` 0-4: a random fold a picture, the same for all of a group, every class spread over all folds."""
    own = items["group"].where(items["group"] != "", "\n" + items.index.astype(str))
    groups, _ = pd.factorize(own)
    _, first = np.unique(groups, return_index=True)
    labels, _ = pd.factorize(items["label"])
    order = np.lexsort((np.random.default_rng(0).random(len(first)), labels[first]))
    folds = np.empty(len(first), dtype=np.int64)
    folds[order] = np.arange(len(first)) % _FOLDS
    return folds[groups]


def _tree(facts: npt.NDArray[np.float64], labels: npt.NDArray[np.object_]) -> Any:
    """A small decision tree, fitted."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=3, class_weight="balanced", random_state=0)
    return tree.fit(facts, labels)


def _told_right(
    facts: npt.NDArray[np.float64], labels: npt.NDArray[np.object_], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """`(n,)` whether a tree that saw the other folds tells an item's label."""
    right = np.zeros(len(labels), dtype=bool)
    for fold in np.unique(folds):
        test = folds == fold
        if not test.all():
            right[test] = _tree(facts[~test], labels[~test]).predict(facts[test]) == labels[test]
    return right


def _balanced(recalls: pd.Series, sizes: pd.Series) -> tuple[float, float]:
    """Mean recall over the classes and the lower end of its 99 % interval (normal, with two pseudo-items a class)."""
    counts = sizes[recalls.index]
    smooth = (recalls * counts + 1) / (counts + 2)
    spread = sqrt(float((smooth * (1 - smooth) / (counts + 2)).sum())) / len(recalls)
    return float(recalls.mean()), float(smooth.mean()) - _Z * spread


def _typical(label: str, items: pd.DataFrame) -> str:
    """A class with the most frequent size, mode and format of its pictures."""
    kinds = items["width"].astype(str) + " x " + items["height"].astype(str) + " " + items["mode"] + " " + items["format"]
    counts = kinds.value_counts()
    return f"{shorten(label)}: {counts.index[0]} ({counts.iloc[0]:,} of {len(items):,})"
