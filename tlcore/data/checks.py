"""What an analyst should know about a dataset before anything trains: one small function a check; `checkup` runs them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from tlcore.data import cures
from tlcore.data.duplicates import Copies
from tlcore.data.findings import about_classes, about_items, named, odd_ones, plural, shorten
from tlcore.data.languages import languages_of, longer_ones, scripts_of
from tlcore.data.signatures import IntArray
from tlcore.data.strings import arrow_blocks, lengths, taken
from tlcore.records import NOUNS, DatasetSource, Finding, Modality, Severity

CountTokens = Callable[[Sequence[str]], IntArray]
"""Texts -> `(n,)` how many tokens an encoder makes of each."""

TOKEN_LIMIT = 256
"""Tokens the bundled encoder reads of a text."""
FEW = 10
"""A class with fewer items is called small."""
LOPSIDED = 10
"""The largest class over the smallest, from which on a dataset is called imbalanced."""
MOST_COUNTED = 20_000
"""Most texts whose tokens are counted, spread evenly over those that may be too long (about 2 s at 200 characters)."""
_ADDED_TOKENS = 3
_AT_A_TIME = 4_096
_MANY_CUT = 0.05
_OTHER_LABELS: dict[Modality, str] = {"text": "Choose another label column.", "image": "Sort the pictures into other classes."}


@dataclass(frozen=True)
class Checked:
    """What the checks look at."""

    items: pd.DataFrame
    copies: Copies
    max_classes: int
    count_tokens: CountTokens | None = None
    source: DatasetSource | None = None
    modality: Modality = "text"

    @property
    def train(self) -> pd.DataFrame:
        """Labelled items that may train: all but the user's own test part."""
        return self.items[self._trains]

    @property
    def _trains(self) -> pd.Series:
        return (self.items["part"] != "test") & (self.items["label"] != "")

    @cached_property
    def class_sizes(self) -> pd.Series:
        """Label -> items that may train, largest class first."""
        return self.items["label"][self._trains].value_counts()

    @property
    def looks_like_id(self) -> bool:
        """True when most labels occur once and there are many of them."""
        sizes = self.class_sizes
        return len(sizes) > 20 and (sizes == 1).sum() > len(sizes) / 2


def empty_texts(checked: Checked) -> Iterator[Finding]:
    """Texts that hold nothing to learn from."""
    mask = cures.empty_texts(checked.items)
    message = plural(mask.sum(), "text is empty.", "texts are empty.")
    yield from about_items("empty_texts", Severity.WARNING, message, checked.items, mask, "remove_empty_texts")


def missing_labels(checked: Checked) -> Iterator[Finding]:
    """Items without a label."""
    mask = cures.unlabelled(checked.items)
    message = plural(mask.sum(), "item has no label.", "items have no label.")
    yield from about_items("missing_labels", Severity.STOP, message, checked.items, mask, "remove_unlabelled")


def duplicates(checked: Checked) -> Iterator[Finding]:
    """The same text with the same label, again."""
    mask = cures.exact_copies(checked.items)
    message = plural(mask.sum(), "item is an exact copy", "items are exact copies") + " of an earlier one, label included."
    yield from about_items("duplicates", Severity.WARNING, message, checked.items, mask, "remove_duplicates")


def near_duplicates(checked: Checked) -> Iterator[Finding]:
    """Texts that differ from an earlier one in little, and a word on how far the search went."""
    mask = cures.near_copies(checked.items)
    differing = int((mask & ~checked.items.duplicated(["copy", "part"])).sum())
    if differing:
        one, many = NOUNS[checked.modality]
        message = (
            plural(mask.sum(), f"{one} is a copy or near copy", f"{many} are copies or near copies")
            + f" of an earlier one; {differing:,} differ a little{_among(checked)}."
        )
        yield from about_items("near_duplicates", Severity.WARNING, message, checked.items, mask, "remove_near_duplicates")
    if not checked.copies.complete:
        message = (
            f"With so much text the search for near copies was cut short: it looked at {checked.copies.compared:,} of "
            f"{len(checked.items):,} texts and not at every pair. Exact copies were all found."
        )
        yield Finding(code="near_duplicates_limited", severity=Severity.INFO, message=message, count=len(checked.items))


def _among(checked: Checked) -> str:
    """How many items were looked at for near copies, when not all were."""
    looked_at, count = checked.copies.compared, len(checked.items)
    return f", found among the {looked_at:,} of {count:,} {NOUNS[checked.modality][1]} looked at" if looked_at < count else ""


def conflicting_labels(checked: Checked) -> Iterator[Finding]:
    """The same text with different labels."""
    mask = cures.conflicting(checked.items)
    one, many = NOUNS[checked.modality]
    distinct = checked.items["copy"][mask].nunique()
    message = plural(distinct, f"{one} occurs", f"{many} occur") + f" with more than one label, in {mask.sum():,} items."
    yield from about_items("conflicting_labels", Severity.WARNING, message, checked.items, mask, "remove_conflicts")


def label_values(checked: Checked) -> Iterator[Finding]:
    """A label column that is an id, has too many values, or only one."""
    sizes = checked.class_sizes
    values, cure = f"The label has {len(sizes):,} values", _OTHER_LABELS[checked.modality]
    if checked.looks_like_id:
        message = f"{values} in {sizes.sum():,} items; is it an id? {cure}"
        yield about_classes("label_is_id", Severity.STOP, message, sizes)
    elif len(sizes) > checked.max_classes:
        message = f"{values}; at most {checked.max_classes:,} can be told apart. {cure}"
        yield about_classes("too_many_classes", Severity.STOP, message, sizes)
    elif len(sizes) == 1:
        message = f"All items have the label “{shorten(sizes.index[0])}”. A classifier needs at least two labels."
        yield about_classes("one_class", Severity.STOP, message, sizes)
    elif sizes.empty:
        yield about_classes("one_class", Severity.STOP, f"No item to train on has a label. {cure}", sizes)


def small_classes(checked: Checked) -> Iterator[Finding]:
    """Classes with one item, which cannot be in training and test both, and classes with few."""
    sizes = checked.class_sizes
    if checked.looks_like_id or len(sizes) < 2:
        return
    few = sizes[sizes < FEW]
    drawn = (checked.items["part"] == "").all()
    if drawn and (mask := cures.lone_classes(checked.items)).any():
        lone = checked.items["label"][mask].tolist()
        message = (
            f"{plural(len(lone), 'class has a single item', 'classes have a single item')}: {named(lone)}. "
            f"{'It' if len(lone) == 1 else 'Each'} needs two, one to train on and one to test on."
        )
        yield from about_items("lone_classes", Severity.STOP, message, checked.items, mask, "remove_lone_classes")
        few = few[few > 1]
    if len(few):
        message = plural(len(few), "class has", "classes have") + f" fewer than {FEW} items, too few to learn or to judge well."
        yield about_classes("small_classes", Severity.WARNING, message, few)


def imbalance(checked: Checked) -> Iterator[Finding]:
    """One class far larger than another."""
    sizes = checked.class_sizes
    if checked.looks_like_id or len(sizes) < 2 or sizes.iloc[0] < LOPSIDED * sizes.iloc[-1]:
        return
    message = (
        f"“{shorten(sizes.index[0])}” has {sizes.iloc[0] / sizes.iloc[-1]:.0f} times as many items as "
        f"“{shorten(sizes.index[-1])}”. Look at macro F1 beside accuracy, and consider class weights."
    )
    yield about_classes("imbalance", Severity.WARNING, message, sizes)


def long_texts(checked: Checked) -> Iterator[Finding]:
    """Texts that the encoder will cut."""
    if checked.count_tokens is None:
        return
    texts = checked.items["text"]
    candidates = _may_be_long(texts)
    step = -(-len(candidates) // MOST_COUNTED) or 1
    counted = candidates[::step]
    counts = [np.asarray(checked.count_tokens(taken(texts, some))) for some in _slices(counted)]
    long = counted[np.concatenate([np.empty(0, np.int64), *counts]) > TOKEN_LIMIT]
    mask = pd.Series(np.isin(np.arange(len(texts)), long), index=texts.index)
    severity = Severity.WARNING if step * len(long) > _MANY_CUT * len(texts) else Severity.INFO
    message = plural(len(long), "text is", "texts are") + f" longer than {TOKEN_LIMIT} tokens; the rest of each is cut."
    if step > 1:
        message = f"Among {len(counted):,} of {len(candidates):,} texts that may be so long, {message}"
    yield from about_items("long_texts", severity, message, checked.items, mask)


def _may_be_long(texts: pd.Series) -> IntArray:
    """Positions of texts that may have more tokens than `TOKEN_LIMIT`; no other needs counting.

    A token of ASCII has at least one character, and up to three are added: two marks and a leading space. Of another
    character no tokenizer makes more than about three tokens.
    """
    characters = lengths(texts)
    ascii_only = np.concatenate([np.empty(0, bool), *(pc.string_is_ascii(block) for block in arrow_blocks(texts))]).astype(bool)
    return np.flatnonzero(characters > np.where(ascii_only, TOKEN_LIMIT - _ADDED_TOKENS, TOKEN_LIMIT // 3))


def _slices(positions: IntArray) -> Iterator[IntArray]:
    """Positions a few thousand at a time."""
    return (positions[start : start + _AT_A_TIME] for start in range(0, len(positions), _AT_A_TIME))


def mixed_scripts(checked: Checked) -> Iterator[Finding]:
    """Texts in another script than most."""
    scripts = scripts_of(checked.items["text"])
    yield from odd_ones("mixed_scripts", "Most texts are", scripts[scripts != ""], checked.items)


def mixed_languages(checked: Checked) -> Iterator[Finding]:
    """Texts in another language than most, among a sample of the longer ones."""
    texts = checked.items["text"]
    longer = longer_ones(lengths(texts))
    languages = pd.Series({longer[place]: name for place, name in languages_of(taken(texts, longer)).items()}, dtype="object")
    yield from odd_ones("mixed_languages", f"Of {len(languages):,} longer texts looked at, most are", languages, checked.items)


def leakage(checked: Checked) -> Iterator[Finding]:
    """What the user's own train and test parts share."""
    mask = cures.leaks(checked.items)
    test = checked.items["copy"][checked.items["part"] == "test"]
    exact = int((mask & checked.items["copy"].isin(test)).sum())
    message = (
        plural(mask.sum(), "train item is a copy", "train items are copies")
        + f" of test items ({exact:,} exact, {mask.sum() - exact:,} near), which makes scores look better than they are."
    )
    yield from about_items("leakage", Severity.WARNING, message, checked.items, mask, "remove_leaks")
    mask = cures.group_leaks(checked.items)
    message = plural(mask.sum(), "train item belongs", "train items belong") + " to a group that is also in the test part."
    yield from about_items("group_leakage", Severity.WARNING, message, checked.items, mask, "remove_group_leaks")


def unseen_labels(checked: Checked) -> Iterator[Finding]:
    """Labels of the user's test part that cannot be learned."""
    mask = cures.unseen_labels(checked.items)
    message = plural(mask.sum(), "test item has a label", "test items have labels") + " that no train item has."
    yield from about_items("unseen_labels", Severity.STOP, message, checked.items, mask, "remove_unseen_labels")


def reading(checked: Checked) -> Iterator[Finding]:
    """What was left out or moved when the file was read."""
    source = checked.source
    if source is None:
        return
    for code, count, message in (
        ("rows_skipped", source.rows_skipped, "unreadable in the file and left out."),
        ("rows_left_out", source.rows_left_out, "left out because their label is mapped to nothing."),
        ("validation_joined", source.rows_validation, "from your validation part; they train, as budgets hold out their own."),
    ):
        if count:
            yield Finding(
                code=code, severity=Severity.INFO, message=plural(count, "row is ", "rows are ") + message, count=count
            )


CHECKS: tuple[Callable[[Checked], Iterator[Finding]], ...] = (
    missing_labels, label_values, small_classes, unseen_labels, leakage, conflicting_labels, duplicates, near_duplicates,
    empty_texts, imbalance, long_texts, mixed_scripts, mixed_languages, reading,
)  # fmt: skip
"""Every check of texts, in the order their findings are shown within a severity."""
