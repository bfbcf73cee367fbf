"""Which items a finding concerns, and the one-click cures that leave them out.

The finding and its cure ask the same function, so a cure removes exactly what the finding counted. All functions take the
table of `tlcore.data.items` and give a mask `(n,)`, true for the items to leave out.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from tlcore.data.strings import matches, taken

Mask = Callable[[pd.DataFrame], pd.Series]
"""Table of items -> `(n,)` bool."""


def empty_texts(items: pd.DataFrame) -> pd.Series:
    """Texts without a visible character; no picture is one."""
    if "text" not in items:
        return pd.Series(False, index=items.index)
    # Most texts have a visible character of ASCII, which is found far faster; the others are looked at one by one.
    empty = ~matches(items["text"], "[!-~]")
    doubtful = np.flatnonzero(empty)
    empty[doubtful] = [_shows_nothing(text) for text in taken(items["text"], doubtful)]
    return pd.Series(empty, index=items.index)


def unlabelled(items: pd.DataFrame) -> pd.Series:
    """Items whose label is missing."""
    return items["label"] == ""


def exact_copies(items: pd.DataFrame) -> pd.Series:
    """Later copies of the same text with the same label in the same part."""
    twins = items[["copy", "label", "part"]][_has_twins(items)]
    mask = pd.Series(items.index.isin(twins.index[twins.duplicated()]), index=items.index)
    if "text" in items:
        again = np.flatnonzero(mask)
        blank = np.array([_shows_nothing(text) for text in taken(items["text"], again)], dtype=np.bool_)
        mask.iloc[again[blank]] = False
    return mask


def near_copies(items: pd.DataFrame) -> pd.Series:
    """All but the first of each family of copies and near copies in the same part."""
    return items.duplicated(["family", "part"])


def conflicting(items: pd.DataFrame) -> pd.Series:
    """Items whose very text also carries another label."""
    twins = items[["copy", "label"]][_has_twins(items)]
    labels = twins["label"].where(twins["label"] != "")
    contradicted = labels.groupby(twins["copy"]).transform("nunique") > 1
    return contradicted.reindex(items.index, fill_value=False)


def lone_classes(items: pd.DataFrame) -> pd.Series:
    """Items that are the only one of their class."""
    return (items.groupby("label")["label"].transform("size") == 1) & ~unlabelled(items)


def leaks(items: pd.DataFrame) -> pd.Series:
    """Train items that are copies or near copies of a test item."""
    test = items["part"] == "test"
    return ~test & items["family"].isin(items["family"][test])


def group_leaks(items: pd.DataFrame) -> pd.Series:
    """Train items whose group also occurs in the test part."""
    test = items["part"] == "test"
    return ~test & (items["group"] != "") & items["group"].isin(items["group"][test])


def unseen_labels(items: pd.DataFrame) -> pd.Series:
    """Test items whose label does not occur in the train part."""
    test = items["part"] == "test"
    return test & ~unlabelled(items) & ~items["label"].isin(items["label"][~test].unique())


def _has_twins(items: pd.DataFrame) -> pd.Series:
    """Items that have an exact copy, few as a rule: only they need a closer look."""
    return items["copy"].duplicated(keep=False)


def _shows_nothing(text: str) -> bool:
    """Whether no character of a text can be seen."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def _without(mask: Mask) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A cure that leaves out what `mask` marks and renumbers the rest."""
    return lambda items: items[~mask(items)].reset_index(drop=True)


CURES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "remove_empty_texts": _without(empty_texts),
    "remove_unlabelled": _without(unlabelled),
    "remove_duplicates": _without(exact_copies),
    "remove_near_duplicates": _without(near_copies),
    "remove_conflicts": _without(conflicting),
    "remove_lone_classes": _without(lone_classes),
    "remove_leaks": _without(leaks),
    "remove_group_leaks": _without(group_leaks),
    "remove_unseen_labels": _without(unseen_labels),
}
"""Action -> table of items to a new table without those that the finding of that action concerns."""
