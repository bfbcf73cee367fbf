"""Items of the locked test: texts as a table, pictures as a gallery."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.parts.cached import dataset_items
from pages.parts.gallery import shots_of
from pages.parts.messages import counted, plain, points
from pages.parts.pictures import Shot, gallery, missing
from tlcore.experiments.results import ExperimentResults

_PER_PAGE = 12
_MOST_TEXTS = 500
"""Rows that go to the browser."""


@dataclass(frozen=True)
class Prediction:
    """What one run made of the items that are shown."""

    label: str
    confidence: Sequence[float]
    """One an item, 0-1."""


def show_items(found: ExperimentResults, items: Sequence[int], key: str, predicted: Prediction | None = None) -> None:
    """The items at these positions in the dataset, in the order given; the same key shows the same set.

    Raises TransferLabError when the dataset was deleted or is damaged.
    """
    table = dataset_items(found.dataset).iloc[list(items)]
    if "text" in table:
        _texts(table, key, predicted)
    else:
        _pictures(found, table, key, predicted)


def _texts(table: pd.DataFrame, key: str, predicted: Prediction | None) -> None:
    shown = pd.DataFrame({"text": table["text"], "true": table["label"]})
    if predicted:
        shown["predicted"], shown["confidence"] = predicted.label, list(predicted.confidence)
    shown["row"] = table["line"]
    if len(shown) > _MOST_TEXTS:
        st.caption(f"The first {_MOST_TEXTS} of {len(shown):,} texts.")
    st.dataframe(
        shown.head(_MOST_TEXTS),
        hide_index=True,
        column_config={"confidence": st.column_config.NumberColumn(format="percent")},
        placeholder="–",
        key=f"texts_{key}",
        alt="The texts",
    )


def _pictures(found: ExperimentResults, table: pd.DataFrame, key: str, predicted: Prediction | None) -> None:
    def shots(start: int, end: int) -> list[Shot]:
        plainly = shots_of(found.dataset, table.iloc[start:end])
        if predicted is None:
            return plainly
        told = zip(plainly, table["label"].iloc[start:end], predicted.confidence[start:end], strict=True)
        return [
            Shot(shot.path, shot.name, f"{points(sure)} sure", {"True": true, "Predicted": predicted.label, **shot.facts})
            for shot, true, sure in told
        ]

    st.caption(f"{counted(len(table), 'picture')}, the {'surest' if predicted else 'clearest'} first.")
    missing(gallery(len(table), shots, key, _PER_PAGE), f"“{plain(found.dataset_name)}”")
