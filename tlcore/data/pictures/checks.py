"""What an analyst should know about pictures before anything trains; what holds for any item comes from `checks`."""

from collections.abc import Callable, Iterator

from tlcore.data import cures
from tlcore.data.checks import (
    Checked,
    conflicting_labels,
    duplicates,
    imbalance,
    label_values,
    leakage,
    missing_labels,
    near_duplicates,
    small_classes,
    unseen_labels,
)
from tlcore.data.findings import about_items, plural, shorten
from tlcore.data.pictures.facts import facts_give_away
from tlcore.records import Finding, Severity

TINY = 32
"""Pictures with a shorter side of fewer pixels are called tiny."""
_MANY_TINY = 0.05
_SHOWN = 5
_READ: dict[str, tuple[str, str]] = {
    "animated": ("picture moves; its first frame was taken.", "pictures move; the first frame of each was taken."),
    "junk": ("other file beside the pictures was passed over.", "other files beside the pictures were passed over."),
    "rows_left_out": (
        "picture was left out because its label is mapped to nothing.",
        "pictures were left out because their label is mapped to nothing.",
    ),
    "validation_joined": (
        "picture is from your validation part; it trains, as budgets hold out their own.",
        "pictures are from your validation part; they train, as budgets hold out their own.",
    ),
}


def unreadable(checked: Checked) -> Iterator[Finding]:
    """Files that were meant to be pictures and could not be read."""
    source = checked.source
    if source is None or not source.rows_skipped:
        return
    count = source.rows_skipped
    message = plural(count, "file could not be read as a picture and was", "files could not be read as pictures and were")
    shown = tuple(shorten(line) for line in source.unreadable[:_SHOWN])
    yield Finding(code="unreadable", severity=Severity.WARNING, message=f"{message} left out.", count=count, examples=shown)


def near_copies(checked: Checked) -> Iterator[Finding]:
    """Pictures that look like an earlier one, and a word on how far the search went."""
    yield from (finding for finding in near_duplicates(checked) if finding.code != "near_duplicates_limited")
    if not checked.copies.complete:
        reason = (
            "The search for near copies was cut short, because very many pictures look alike"
            if checked.copies.compared
            else "These pictures look so much alike that near copies cannot be told from others"
        )
        message = f"{reason}. Exact copies were all found."
        yield Finding(code="near_duplicates_limited", severity=Severity.INFO, message=message, count=len(checked.items))


def near_conflicts(checked: Checked) -> Iterator[Finding]:
    """Pictures that look alike, are not the very same, and have different labels."""
    items = checked.items
    labels = items["label"].where(items["label"] != "")
    mask = (labels.groupby(items["family"]).transform("nunique") > 1) & ~cures.conflicting(items)
    message = (
        plural(mask.sum(), "picture is or has a near copy", "pictures are or have near copies")
        + " with another label. Look which label is right."
    )
    yield from about_items("near_conflicts", Severity.WARNING, message, items, mask)


def tiny_pictures(checked: Checked) -> Iterator[Finding]:
    """Pictures with few pixels; a warning from 5 % on."""
    shorter = checked.items[["width", "height"]].min(axis=1)
    mask = shorter < TINY
    severity = Severity.WARNING if mask.mean() > _MANY_TINY else Severity.INFO
    message = (
        plural(mask.sum(), "picture has", "pictures have")
        + f" a side of fewer than {TINY} pixels. Enlarged for an encoder they are a blur: pre-training on photographs"
        " helps less, and a simple baseline may do as well."
    )
    yield from about_items("tiny_pictures", severity, message, checked.items, mask)


def giveaway(checked: Checked) -> Iterator[Finding]:
    """File facts that predict the label: the confounder of many medical sets, where each class had its own camera."""
    told = None if checked.looks_like_id else facts_give_away(checked.train)
    if told is None:
        return
    message = (
        f"File facts alone ({told.fact} most of all) tell the label right for {told.accuracy:.0%} of pictures, where guessing "
        f"gives {told.chance:.0%}: a model may learn the camera instead of the content."
    )
    yield Finding(code="giveaway", severity=Severity.WARNING, message=message, count=told.pictures, examples=told.typical)


def reading(checked: Checked) -> Iterator[Finding]:
    """What was moved, cut or passed over when the files were read."""
    source = checked.source
    if source is None:
        return
    counts = (source.animated, source.junk, source.rows_left_out, source.rows_validation)
    for (code, (one, many)), count in zip(_READ.items(), counts, strict=True):
        if count:
            yield Finding(code=code, severity=Severity.INFO, message=plural(count, one, many), count=count)


PICTURE_CHECKS: tuple[Callable[[Checked], Iterator[Finding]], ...] = (
    missing_labels, label_values, small_classes, unseen_labels, leakage, conflicting_labels, near_conflicts, giveaway,
    duplicates, near_copies, unreadable, imbalance, tiny_pictures, reading,
)  # fmt: skip
"""Every check of pictures, in the order their findings are shown within a severity."""
