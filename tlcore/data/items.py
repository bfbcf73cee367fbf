"""The table of a dataset's items: its columns, what makes it complete, and the hash of its content."""

import hashlib

import pandas as pd

from tlcore.data.duplicates import Copies, find_copies
from tlcore.data.pictures.copies import find_picture_copies
from tlcore.data.sentiment import SENTIMENTS
from tlcore.data.strings import arrow_blocks, joined, lengths, written
from tlcore.errors import DataError
from tlcore.records import Modality, Task

CONTENT: dict[Modality, str] = {"text": "text", "image": "file"}
"""The column that holds an item itself: the text, or the name of the stored picture."""
_GIVEN = ("label", "part", "group")
_COUNTED = ("line", "copy", "family")
_FACTS: dict[Modality, tuple[str, ...]] = {"text": (), "image": ("name", "mode", "format", "pixels", "look")}
_SIZES: dict[Modality, tuple[str, ...]] = {"text": (), "image": ("width", "height", "bytes")}
COLUMNS: dict[Modality, tuple[str, ...]] = {
    modality: (CONTENT[modality], *_GIVEN, *_COUNTED, *_FACTS[modality], *_SIZES[modality]) for modality in CONTENT
}
"""All columns: text or file, label ("" = missing), part ("", "train" or "test"), group ("" = none), line (1-based, in the
file it came from), copy and family (position of the first item that is an exact copy, a near copy). Pictures have besides:
name (as people know it), mode, format, width, height and bytes of the source, pixels (SHA-256 of what is seen), look
(perceptual hash)."""


def complete_items(frame: pd.DataFrame, modality: Modality = "text") -> tuple[pd.DataFrame, Copies]:
    """A table with all `COLUMNS` from one with at least its content, `label` and facts; positions are renumbered from 0.

    Raises DataError for a missing column, an unknown part, and text that is no valid Unicode.
    """
    return with_copies(given_items(frame, modality), modality)


def given_items(frame: pd.DataFrame, modality: Modality) -> pd.DataFrame:
    """`complete_items` without copy and family, which take the longest to find."""
    needed = (CONTENT[modality], "label", *_FACTS[modality], *_SIZES[modality])
    if missing := set(needed) - set(frame.columns):
        raise DataError(f"The table lacks the columns {', '.join(sorted(missing))}. A dataset needs {', '.join(needed)}.")
    given = frame.reset_index(drop=True)
    texts = (CONTENT[modality], *_GIVEN, *_FACTS[modality])
    items = pd.DataFrame({name: _as_text(given, name) for name in texts}, index=given.index)
    items["line"] = given["line"].astype("int64") if "line" in given else given.index + 1
    items = items.assign(**{name: given[name].astype("int64") for name in _SIZES[modality]})
    if unknown := set(items["part"].unique()) - {"", "train", "test"}:
        raise DataError(f"The part {min(unknown)!r} is unknown. Parts are train and test.")
    return items


def with_copies(items: pd.DataFrame, modality: Modality) -> tuple[pd.DataFrame, Copies]:
    """The table of `given_items` with all `COLUMNS`."""
    copies = _copies(items, modality)
    return items.assign(copy=copies.exact, family=copies.near)[list(COLUMNS[modality])], copies


def _copies(items: pd.DataFrame, modality: Modality) -> Copies:
    """Copies and near copies among the items."""
    if modality == "image":
        return find_picture_copies(items["pixels"].tolist(), items["look"].tolist())
    return find_copies(items["text"])


def class_counts(labels: pd.Series, task: Task) -> dict[str, int]:
    """Label -> number of items in class order: sentiment from negative to positive, else sorted; missing labels not counted."""
    counts = labels[labels != ""].value_counts()
    ranks = {label: place for place, label in enumerate(SENTIMENTS)} if task == "sentiment" else {}
    return {
        label: int(counts[label]) for label in sorted(counts.index, key=lambda label: (ranks.get(label, len(ranks)), label))
    }


def content_hash(items: pd.DataFrame, modality: Modality, task: Task) -> str:
    """SHA-256 in hex of what is learned from, in order: contents, labels, parts, groups; not where they came from."""
    digest = hashlib.sha256(f"{modality}\n{task}\n{len(items)}\n".encode())
    for name in (CONTENT[modality], *_GIVEN):
        # The lengths make the joined values unambiguous.
        digest.update(written(lengths(items[name])))
        for block in arrow_blocks(items[name]):
            digest.update(joined(block))
    return digest.hexdigest()


def _as_text(given: pd.DataFrame, name: str) -> pd.Series:
    """A column as text, missing values and a missing column as ""; half characters (lone surrogates) are refused."""
    if name not in given:
        return pd.Series("", index=given.index, dtype="str")
    try:
        return given[name].fillna("").astype("str")
    except UnicodeEncodeError as error:
        row = next(row for row, value in enumerate(given[name], 1) if value == error.object)
        raise DataError(f"The {name} of row {row} holds half a character. Save the file as UTF-8.") from None
