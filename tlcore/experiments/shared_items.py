"""Which test items two experiments share: by place in one dataset, by content and label in two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore.data.items import complete_items
from tlcore.data.splits import Split
from tlcore.evaluation.outcomes import IntArray
from tlcore.evaluation.side_by_side_records import SharedItems
from tlcore.records import Modality

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Tested:
    """One experiment's parts, told apart by numbers that mean the same for both experiments."""

    content: IntArray
    """`(n_test,)` items with equal numbers are copies of each other."""
    family: IntArray
    """`(n_test,)` items with equal numbers are copies or near copies."""
    learned: IntArray
    """Families of the training part."""
    labels: Sequence[str]
    """`(n_test,)`"""


@dataclass(frozen=True)
class Matched:
    """Shared test items, as positions in both tests, in an order that does not depend on which test comes first."""

    first: IntArray
    second: IntArray
    items: SharedItems


def number_items(tables: Sequence["pd.DataFrame"], modality: Modality) -> tuple[list[IntArray], list[IntArray]]:
    """Numbers of content and of family of every item of two datasets: equal ones are copies, and copies or near copies.

    Args:
        tables: two datasets' items (`tlcore.data.items`), always in the same order, as numbers depend on it.
        modality: what the items are.

    Returns:
        `(n,)` content numbers of both tables, and the same of families.
    """
    import pandas as pd

    union, _ = complete_items(pd.concat(tables, ignore_index=True), modality)
    places = [len(tables[0])]
    copies, families = (union[name].to_numpy(dtype=np.int64) for name in ("copy", "family"))
    return np.split(copies, places), np.split(families, places)


def tested(split: Split, test: IntArray, labels: Sequence[str], numbers: tuple[IntArray, IntArray]) -> Tested:
    """An experiment's parts.

    Args:
        split: positions of its parts in the dataset.
        test: `(n_test,)` positions in the dataset of the items that its predictions are about.
        labels: `(n_test,)` their labels.
        numbers: of content and family of every item of the dataset.
    """
    content, family = numbers
    return Tested(content[test], family[test], np.unique(family[split.train]), labels)


def match_items(first: Tested, second: Tested) -> Matched:
    """Pair test items of equal content and label, the k-th copy with the k-th, and leave out what either side learned from."""
    frame = _frame(first).merge(_frame(second), on=["content", "label", "nth"], suffixes=("_first", "_second"))
    frame = frame.sort_values(["content", "label", "nth"], kind="stable")
    # Copies are of one family, so either side's number of it will do.
    taught = np.isin(frame["family_first"], np.concatenate([first.learned, second.learned]))
    kept = frame[~taught]
    both = np.intersect1d(first.content, second.content)
    items = SharedItems(
        shared=len(kept),
        relabelled=len(np.setdiff1d(both, frame["content"])),
        learned=int(taught.sum()),
        first_learned=int(np.isin(second.family, first.learned).sum()),
        second_learned=int(np.isin(first.family, second.learned).sum()),
        whole=len(kept) == len(first.content) == len(second.content),
    )
    mine, others = (kept[name].to_numpy(dtype=np.int64) for name in ("place_first", "place_second"))
    return Matched(mine, others, items)


def same_items(count: int) -> Matched:
    """All of one and the same test."""
    everything = np.arange(count)
    return Matched(everything, everything, SharedItems(shared=count, whole=True))


def _frame(side: Tested) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame({"content": side.content, "label": list(side.labels), "family": side.family})
    frame["place"] = np.arange(len(frame))
    frame["nth"] = frame.groupby(["content", "label"]).cumcount()
    return frame
