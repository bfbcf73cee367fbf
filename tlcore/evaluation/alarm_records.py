"""Alarms: where transfer lost, why, and what to try next. As in `records`, scores are fractions and None means unknown."""

from typing import Any, Literal

from tlcore.records import Record


class NextStep(Record):
    """What to run next: fields of an experiment's spec, and what to put into them."""

    label: str
    """Text of the button."""
    changes: dict[str, Any]
    """Spec field -> value, e.g. {"seeds": 5}; `settings` holds only the settings to change, by strategy."""


class Cause(Record):
    """Why transfer may have lost, as far as records and predictions can measure it."""

    code: Literal["few_labels", "overfitting", "poor_features", "unstable", "forgetting", "far_data"]
    sentence: str
    next_step: NextStep


class Familiarity(Record):
    """How near an experiment's items are to what an encoder learned from."""

    encoder: str
    looked_at: int
    """Items that this was told from."""
    strange: tuple[str, ...] = ()
    """What is foreign to the encoder, one clause each about "them", the items; empty when nothing is."""


class Alarm(Record):
    """Transfer, or all deep learning, lost to something simpler."""

    kind: Literal["negative_transfer", "class_loss", "classic_wins"]
    strategy: str
    """Who lost."""
    against: str
    """Who won: `scratch` or `classic`."""
    encoder: str
    budget: int
    label: str | None = None
    """The class that lost, for `class_loss`."""
    difference: float
    """Strategy minus `against`: below zero."""
    low: float
    high: float
    """95 % interval, corrected for all that was looked at."""
    looked_at: int
    """How many comparisons the interval allows for."""
    sentence: str
    causes: tuple[Cause, ...] = ()
    next_step: NextStep
    runs: tuple[str, ...] = ()
