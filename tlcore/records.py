"""Frozen records that cross layers and are stored as JSON.

Scores and differences are fractions in 0-1, times are seconds, instants are ISO 8601 in UTC. `None` means "unknown",
never zero. Class order is always the order of `DatasetCard.classes`.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

Modality = Literal["text", "image"]
Task = Literal["sentiment", "classification"]
NOUNS: dict[Modality, tuple[str, str]] = {"text": ("text", "texts"), "image": ("picture", "pictures")}
"""What an item and items are called in sentences."""

IMAGE_SIZES = (96, 128, 160, 224)
"""Working resolutions: pixels a side of the square that an image encoder sees."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image item: a picture that was decoded, checked and written anew by us, so that whatever it once hid is gone."""

    path: Path
    key: str
    """SHA-256 in hex of the file's bytes."""


Item = str | Picture
"""What a dataset consists of: texts or pictures."""


class Record(BaseModel):
    """Base: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- data ---------------------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How much a finding matters: `stop` must be cured before training, `warning` should, `info` is good to know."""

    STOP = "stop"
    WARNING = "warning"
    INFO = "info"


class Cure(Record):
    """A one-click remedy; `action` is an entry of `tlcore.data.cures.CURES`."""

    action: str
    label: str
    """Text of the button, e.g. "Remove 12 duplicates"."""


class Finding(Record):
    """Something about a dataset that an analyst should know before training."""

    code: str
    """Stable name, e.g. `near_duplicates`."""
    severity: Severity
    message: str
    """One plain sentence with the numbers in it."""
    count: int
    """Items concerned."""
    examples: tuple[str, ...] = ()
    """Up to five, shortened, each led by its row, e.g. `row 17: "great phone"`."""
    items: tuple[int, ...] = ()
    """Positions (0-based) in the dataset of up to 1,000 concerned items."""
    cure: Cure | None = None


class DatasetSource(Record):
    """Where a dataset came from and how it was read."""

    file_name: str
    sha256: str
    encoding: str | None = None
    delimiter: str | None = None
    rows_read: int
    rows_skipped: int = 0
    """Rows with a fault in the file."""
    rows_left_out: int = 0
    """Rows whose label the mapping leaves out."""
    rows_validation: int = 0
    """Rows of the user's own validation part; they join the train part."""
    unreadable: tuple[str, ...] = ()
    """Pictures that were left out, as "name: reason"; the first hundred."""
    animated: int = 0
    """Moving pictures, of which the first frame was taken."""
    junk: int = 0
    """Files beside the pictures that are none of the data, such as `.DS_Store`."""
    test_file_name: str | None = None
    test_sha256: str | None = None
    text_column: str | None = None
    label_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    label_mapping: dict[str, str] | None = None
    cures: tuple[str, ...] = ()
    """What was cured since it was read, e.g. "Remove 12 items: duplicates"."""


class DatasetCard(Record):
    """What a dataset is, without its items."""

    id: str
    """Hash of the content: the same rows and labels have the same id."""
    name: str
    modality: Modality
    task: Task
    items: int
    classes: dict[str, int]
    """Label -> number of items, in class order (sentiment: negative, neutral, positive; else sorted)."""
    own_split: bool
    """True when the items carry the user's own train / test parts."""
    grouped: bool = False
    """True when items carry a group that must not straddle the split."""
    findings: tuple[Finding, ...] = ()
    source: DatasetSource
    created_at: str
    notes: str = ""
    data_sha256: str = ""
    """Of the stored file of items, checked whenever it is read."""


# ---- encoders and strategies ------------------------------------------------------------------------------------------


class EncoderCard(Record):
    """What an encoder is, readable without loading it."""

    id: str
    name: str
    modality: Modality
    dim: int
    """Width d of the feature vectors."""
    blocks: tuple[str, ...]
    """Names of its trainable blocks, bottom (next to the input) to top."""
    max_length: int | None = None
    """Longest input in tokens; the rest is cut. None for images."""
    licence: str
    about: str
    """One sentence for the analyst."""
    ready: bool = True
    """False when its weights are not on this machine yet."""
    agreement: float | None = None
    """Mean cosine, -1 to 1, of its features in 8-bit products with those in fp32; None where it cannot compute in 8 bits."""


# ---- experiments ------------------------------------------------------------------------------------------------------


class RunStatus(StrEnum):
    """MLflow's own run states."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


Budget = int | Literal["all", "ladder"]
"""Labels a run may use in all: a number, the whole training part, or several numbers up to that (`plan.budget_ladder`)."""


class EpochRecord(Record):
    """One epoch of one run's training curve."""

    epoch: int
    """Counts from 1."""
    train_loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float


class ClassScore(Record):
    """One class's scores on the locked test set; `None` where undefined (no such item, or never predicted)."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class Scores(Record):
    """A finished run's scores on the locked test set."""

    accuracy: float
    macro_f1: float
    """Mean F1 over the classes that occur in the test set."""
    balanced_accuracy: float
    log_loss: float
    per_class: tuple[ClassScore, ...]
    cells: tuple[tuple[int, int, int], ...]
    """The confusion matrix without its empty cells, which are nearly all where classes are many: true class, predicted class
    (positions in class order), items."""

    @model_validator(mode="before")
    @classmethod
    def _from_matrix(cls, given: Any) -> Any:
        """A whole matrix `confusion`, as it was kept before, will do for `cells`."""
        if not isinstance(given, dict) or "confusion" not in given:
            return given
        rows = enumerate(given["confusion"])
        cells = tuple((true, guess, count) for true, row in rows for guess, count in enumerate(row) if count)
        return {**{name: value for name, value in given.items() if name != "confusion"}, "cells": cells}

    @property
    def confusion(self) -> list[list[int]]:
        """Rows: true class, columns: predicted class, both in class order."""
        matrix = [[0] * len(self.per_class) for _ in self.per_class]
        for true, guess, count in self.cells:
            matrix[true][guess] = count
        return matrix


class RunRecord(Record):
    """One run as every face shows it."""

    id: str
    experiment: str
    strategy: str
    encoder: str
    budget: int
    """Labels it may use in all."""
    seed: int
    status: RunStatus
    reason: str = ""
    """Why it ended or waits, in plain words: "cancelled", "interrupted", an error's sentence."""
    accuracy: float | None = None
    macro_f1: float | None = None
    scores: Scores | None = None
    curve: tuple[EpochRecord, ...] = ()
    n_train: int | None = None
    """Labels used to fit, validation not counted."""
    n_validation: int | None = None
    n_test: int | None = None
    train_seconds: float | None = None
    """Fitting alone, waiting for other runs excluded."""
    encode_seconds: float | None = None
    """What encoding its items costs from cold, even if the features came from the store."""
    features_reused: bool = False
    """True when the features came from the store, so that `encode_seconds` was not spent again."""
    precision: str | None = None
    versions: dict[str, str] = {}
    """Package -> version, of what computed its numbers; empty in records from before they were kept."""
    chosen: dict[str, float | int | str | bool | None] = {}
    """What the run settled on: epochs, regularisation, learning rate…"""
    temperature: float | None = None
    """What its confidence should be scaled by, fitted on held-out labels; None where there were too few."""
    started_at: str | None = None
    ended_at: str | None = None


class StrategySummary(Record):
    """All finished runs of one strategy at one budget and encoder, averaged over seeds."""

    strategy: str
    encoder: str
    budget: int
    seeds: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    """95 % interval over seeds and test items."""
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    train_seconds: float | None
    """Mean a run; None when a run did not record it."""
    encode_seconds: float | None


class VerdictKind(StrEnum):
    """The four answers an experiment can earn."""

    HELPS = "helps"
    HURTS = "hurts"
    NO_DIFFERENCE = "no_difference"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


class Verdict(Record):
    """Does transfer help here, by how much, and how sure are we?"""

    kind: VerdictKind
    sentence: str
    metric: Literal["accuracy", "macro_f1"] = "accuracy"
    transfer: str | None = None
    """Id of the transfer strategy that speaks for transfer."""
    control: str = "scratch"
    encoder: str | None = None
    budget: int | None = None
    difference: float | None = None
    """Transfer minus control."""
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    band: float = 0.01
    """Differences inside ±band do not matter in practice."""
    seeds: int = 0
    n_test: int = 0
    seeds_needed: int | None = None
    """Where there is not enough evidence: seeds in all that would settle it; None where none would, or it is settled."""
    items_needed: int | None = None
    """The same in test items."""
    time_ratio: float | None = None
    """Control's training time over transfer's, encoding included."""
    notes: tuple[str, ...] = ()
    """Further plain sentences: the classic baseline is as good, few seeds, small test set…"""
