"""What was taken for what, and the very items behind each cell."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.parts.cached import helper, predictions_of
from pages.parts.charts import clicked, show_chart
from pages.parts.items import Prediction, show_items
from pages.parts.messages import errors_shown
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
_MOST_CELLS = 300
"""Cells to choose from by name; every cell that is drawn can be clicked."""

Cell = tuple[int, int]
"""True and predicted class, as positions."""


def show_confusions(found: ExperimentResults, run: RunRecord) -> None:
    """The matrix of a run, and below it the items of the cell that is clicked or chosen."""
    assert run.scores is not None
    names, cells = [each.label for each in run.scores.per_class], _cells(run)
    chart, chooser = f"confusion_{run.id}", f"cell_{run.id}"
    show_chart(charts.confusion_chart(run, _thumbnails(found, run, cells)), chart, lambda: _pick(chart, chooser, cells))
    offered, before = list(cells)[:_MOST_CELLS], st.session_state.get(chooser)
    cell = st.selectbox(
        "What is behind a cell",
        offered if before in offered or before not in cells else [before, *offered],
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
    counts = np.array(run.scores.confusion)
    filled = {(int(row), int(column)): int(counts[row, column]) for row, column in np.argwhere(counts)}
    return dict(sorted(filled.items(), key=lambda item: (item[0][0] == item[0][1], -item[1], item[0])))


def _words(cell: Cell, names: Sequence[str], count: int) -> str:
    """A cell as a person calls it."""
    true, predicted = (names[place] for place in cell)
    return f"“{true}” {'recognised' if true == predicted else f'taken for “{predicted}”'} · {count:,}"


def _pick(chart: str, chooser: str, cells: dict[Cell, int]) -> None:
    """A click in the chart chooses the cell, and a click beside them none."""
    chosen = [(row, column) for row, column, *_ in clicked(chart) if (row, column) in cells]
    st.session_state[chooser] = chosen[0] if chosen else None


def _inside(predictions: Predictions, cell: Cell) -> np.ndarray:
    """Which of a run's predictions fall into a cell, the surest first."""
    chosen = predictions.probabilities.argmax(axis=1)
    places = np.flatnonzero((predictions.labels == cell[0]) & (chosen == cell[1]))
    return places[np.argsort(-predictions.probabilities[places, cell[1]], kind="stable")]


def _show_cell(found: ExperimentResults, run: RunRecord, cell: Cell) -> None:
    """The items of a cell with how sure the model was."""
    predictions = predictions_of(run.id)
    places = _inside(predictions, cell)
    said = Prediction(predictions.classes[cell[1]], predictions.probabilities[places, cell[1]].tolist())
    show_items(found, predictions.items[places].tolist(), f"cell_{run.id}", said)


def _thumbnails(found: ExperimentResults, run: RunRecord, cells: dict[Cell, int]) -> dict[Cell, str]:
    """For each of the most frequent mistakes its surest picture, small; none for texts, and where there are many classes."""
    assert run.scores is not None
    if modality_of(found) != "image" or len(run.scores.per_class) > _MOST_CLASSES:
        return {}
    try:
        return _small(found.dataset, run.id, tuple(cell for cell in cells if cell[0] != cell[1])[:_MOST_PICTURES])
    except (TransferLabError, IndexError):
        return {}  # the matrix says as much without them


@st.cache_data(max_entries=50, show_spinner="Fetching the pictures…")
def _small(dataset: str, run: str, wrong: tuple[Cell, ...]) -> dict[Cell, str]:
    """Small pictures as data URIs, made by the helper, for those cells whose picture can be read."""
    predictions = predictions_of(run)
    surest = [int(predictions.items[_inside(predictions, cell)[0]]) for cell in wrong]
    small = helper().call("thumbnails", {"dataset": dataset, "positions": surest, "side": _SIDE}) if wrong else []
    return {cell: picture for cell, picture in zip(wrong, small, strict=True) if picture}
