"""What was taken for what, and the very items behind each cell."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.parts.cached import datasets, helper, run_store
from pages.parts.charts import show_chart
from pages.parts.gallery import shots_of
from pages.parts.messages import counted, errors_shown, plain, points
from pages.parts.pictures import Shot, gallery, missing
from pages.parts.words import modality_of
from tlcore import charts
from tlcore.errors import TransferLabError
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord

_MOST_PICTURES = 40
_MOST_CLASSES = 12
"""Beyond, the cells are too small for pictures."""
_SIDE = 64
"""Pixels of a picture in a cell."""
_PER_PAGE = 12

Cell = tuple[int, int]
"""True and predicted class, as positions."""


def show_confusions(found: ExperimentResults, run: RunRecord) -> None:
    """The matrix of a run, and below it the items of the cell that is clicked or chosen."""
    assert run.scores is not None
    names, cells = [each.label for each in run.scores.per_class], _cells(run)
    chart, chooser = f"confusion_{run.id}", f"cell_{run.id}"
    show_chart(charts.confusion_chart(run, _thumbnails(found, run, cells)), chart, lambda: _pick(chart, chooser, cells))
    cell = st.selectbox(
        "What is behind a cell",
        cells,
        index=None,
        format_func=lambda cell: _words(cell, names, cells[cell]),
        placeholder="Click a cell, or choose one here",
        key=chooser,
    )
    if cell:
        with errors_shown():
            _show_cell(found, run, cell)


def _cells(run: RunRecord) -> dict[Cell, int]:
    """Cells with items: mistakes first, the most frequent leading."""
    assert run.scores is not None
    filled = {(row, column): n for row, line in enumerate(run.scores.confusion) for column, n in enumerate(line) if n}
    return dict(sorted(filled.items(), key=lambda item: (item[0][0] == item[0][1], -item[1], item[0])))


def _words(cell: Cell, names: Sequence[str], count: int) -> str:
    """A cell as a person calls it."""
    true, predicted = (names[place] for place in cell)
    return f"“{true}” {'recognised' if true == predicted else f'taken for “{predicted}”'} · {count:,}"


def _pick(chart: str, chooser: str, cells: dict[Cell, int]) -> None:
    """A click in the chart chooses the cell."""
    for point in st.session_state[chart]["selection"]["points"]:
        row, column = point["customdata"][:2]
        if (row, column) in cells:
            st.session_state[chooser] = (row, column)


def _inside(run: str, cell: Cell) -> tuple[Predictions, np.ndarray]:
    """A run's predictions and which of them fall into a cell, the surest first."""
    predictions = run_store().predictions(run)
    chosen = predictions.probabilities.argmax(axis=1)
    places = np.flatnonzero((predictions.labels == cell[0]) & (chosen == cell[1]))
    return predictions, places[np.argsort(-predictions.probabilities[places, cell[1]], kind="stable")]


def _show_cell(found: ExperimentResults, run: RunRecord, cell: Cell) -> None:
    """The items of a cell with how sure the model was."""
    predictions, places = _inside(run.id, cell)
    items, sure = predictions.items[places], predictions.probabilities[places, cell[1]]
    table = _table(found.dataset).iloc[items]
    true, predicted = (predictions.classes[place] for place in cell)
    if "text" in table:
        shown = pd.DataFrame(
            {"text": table["text"], "true": true, "predicted": predicted, "confidence": sure, "row": table["line"]}
        )
        column = {"confidence": st.column_config.NumberColumn(format="percent")}
        st.dataframe(shown, hide_index=True, column_config=column, key=f"cell_texts_{run.id}", alt="The texts of this cell")
        return

    def shots(start: int, end: int) -> list[Shot]:
        told = zip(shots_of(found.dataset, table.iloc[start:end]), sure[start:end], strict=True)
        return [
            Shot(shot.path, shot.name, f"{points(share)} sure", {"True": true, "Predicted": predicted, **shot.facts})
            for shot, share in told
        ]

    st.caption(f"{counted(len(items), 'picture')}, the surest first.")
    missing(gallery(len(items), shots, f"cell_{run.id}", _PER_PAGE), f"“{plain(found.dataset_name)}”")


def _thumbnails(found: ExperimentResults, run: RunRecord, cells: dict[Cell, int]) -> dict[Cell, str]:
    """For each of the most frequent mistakes its surest picture, small; none for texts, and where there are many classes."""
    assert run.scores is not None
    if modality_of(found) != "image" or len(run.scores.per_class) > _MOST_CLASSES:
        return {}
    wrong = [cell for cell in cells if cell[0] != cell[1]][:_MOST_PICTURES]
    try:
        firsts = []
        for cell in wrong:
            predictions, places = _inside(run.id, cell)
            firsts.append(int(predictions.items[places[0]]))
        small = _small(found.dataset, tuple(firsts))
    except (TransferLabError, IndexError):
        return {}  # the matrix says as much without them
    return {cell: picture for cell, picture in zip(wrong, small, strict=True) if picture}


@st.cache_data(max_entries=50, show_spinner="Fetching the pictures…")
def _small(dataset: str, positions: tuple[int, ...]) -> list[str | None]:
    """Small pictures as data URIs, made by the helper; None for those that cannot be read."""
    return helper().call("thumbnails", {"dataset": dataset, "positions": positions, "side": _SIDE}) if positions else []


@st.cache_data(max_entries=4, max_size="100MB", show_spinner=False)
def _table(dataset: str) -> pd.DataFrame:
    """The dataset's items."""
    return datasets().items(dataset)
