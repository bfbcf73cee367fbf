"""What the user chose for an import, and what is made of it together with the guess: columns, parts, task, labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tlcore.data.columns import ColumnGuess
from tlcore.data.csv.records import CsvOptions
from tlcore.data.sentiment import LEFT_OUT, SENTIMENTS, suggest_mapping
from tlcore.errors import ChoiceError
from tlcore.records import Record, Task

SHOWN = 10
"""Names and values listed in a message."""

PARTS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development", "eval", "evaluation"), "validation"),
}
"""What files and folders call a part -> train, test or validation."""


class ImportChoices(Record):
    """What the user chose; everything left out is guessed."""

    name: str | None = None
    text: str | None = None
    label: str | None = None
    task: Task | None = None
    label_mapping: dict[str, str] | None = None
    """Label in the file -> label to use; "" leaves its rows out. For sentiment it covers every label."""
    split: str | None = None
    """Column that says train, validation or test."""
    group: str | None = None
    """Column whose values must not straddle the split."""
    csv: CsvOptions = CsvOptions()


@dataclass(frozen=True)
class Columns:
    """Which column plays which part."""

    text: str
    label: str
    split: str | None
    group: str | None


def choose_columns(guess: ColumnGuess, choices: ImportChoices, shown: str, with_split: bool) -> Columns:
    """The user's columns of the file called `shown`, and the guessed ones where the user said nothing."""
    text, label = choices.text or guess.text, choices.label or guess.label
    if label is None:
        raise ChoiceError(f"No column of {shown} looks like a label. Say which column holds the labels.")
    taken = {text, label}
    if len(taken) == 1:
        raise ChoiceError(f"“{text}” cannot be both the text and the label. Choose two columns.")
    split = choices.split or (guess.split if with_split and guess.split not in taken else None)
    group = choices.group or (guess.group if guess.group not in {*taken, split} else None)
    return Columns(text, label, split, group)


def map_parts(rows: pd.DataFrame, column: str | None, chosen: bool) -> tuple[pd.DataFrame, int]:
    """Rows with their part as "train" or "test" ("" when there is no own split), and how many validation rows joined train.

    A column that was guessed and does not fit is passed over; one that the user chose is an error.
    """
    if "part" not in rows:
        return rows.assign(part=""), 0
    values = rows["part"].str.strip().str.casefold()
    parts = values.map(PARTS)
    there = set(parts.dropna())
    if parts.isna().any() and chosen:
        odd = quoted(sorted(values[parts.isna()].unique()))
        raise ChoiceError(f"The split column “{column}” holds {odd}. It should say train, validation or test in every row.")
    if parts.isna().any() or "test" not in there or len(there) == 1:
        if chosen:
            raise ChoiceError(f"The split column “{column}” needs rows for training and rows for testing.")
        return rows.assign(part=""), 0
    return rows.assign(part=parts.replace("validation", "train")), int((parts == "validation").sum())


def choose_task(labels: pd.Series, columns: Columns, choices: ImportChoices) -> tuple[Task, dict[str, str] | None]:
    """The task, and for sentiment the mapping of every label (for classification only what the user mapped)."""
    values = [value for value in labels.unique().tolist() if value]
    mapping = choices.label_mapping or suggest_mapping(values, columns.label)
    to_sentiments = mapping is not None and set(mapping.values()) <= {*SENTIMENTS, LEFT_OUT}
    task = choices.task or ("sentiment" if to_sentiments else "classification")
    if task == "classification":
        return task, choices.label_mapping
    if mapping is None:
        raise ChoiceError(
            f"The labels of “{columns.label}” do not look like sentiments. Map them to negative, neutral and positive, "
            "or choose classification."
        )
    _check_mapping(values, mapping)
    return task, mapping


def map_labels(rows: pd.DataFrame, mapping: Mapping[str, str] | None) -> pd.DataFrame:
    """Rows with mapped labels, without those whose label is mapped to nothing; missing labels stay missing."""
    if not mapping:
        return rows
    labels = rows["label"].map(mapping).fillna(rows["label"])
    return rows.assign(label=labels)[(labels != LEFT_OUT) | (rows["label"] == "")]


def _check_mapping(values: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Refuse a sentiment mapping that leaves a label open or leads elsewhere."""
    if open_labels := [value for value in values if value not in mapping]:
        raise ChoiceError(f"The mapping does not say what {quoted(open_labels)} means. Add it, or map it to nothing.")
    if odd := sorted(set(mapping.values()) - {*SENTIMENTS, LEFT_OUT}):
        raise ChoiceError(f"A label is mapped to {quoted(odd)}. Sentiments are negative, neutral and positive.")


def quoted(values: Sequence[str]) -> str:
    """The first few values in quotes."""
    more = f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else ""
    return ", ".join(f"“{value}”" for value in values[:SHOWN]) + more
