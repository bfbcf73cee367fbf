"""The tab on where the verdict's pair differs: class by class, mistake by mistake, item by item."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.parts.cached import predictions_of, run_store
from pages.parts.charts import clicked, show_chart
from pages.parts.items import show_items
from pages.parts.messages import errors_shown, plain
from pages.parts.run_table import PERCENT, percent, runs_of
from tlcore import charts
from tlcore.charts.style import MOST_CLASSES, strategy_name
from tlcore.evaluation.differences import items_in_cell
from tlcore.evaluation.outcomes import Group, Outcome
from tlcore.evaluation.records import ItemDifferences
from tlcore.evaluation.wording import in_sentence
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord

_CHART = "confusion_changes"


def show_differences(found: ExperimentResults) -> None:
    """Classes, mistakes and items where the verdict's pair differs."""
    differences = found.evidence.differences if found.evidence else None
    if differences is None:
        st.info("There are no two strategies to set against each other yet.", icon=":material/compare_arrows:")
        return
    show_chart(charts.class_change_chart(differences), key="class_changes")
    if len(differences.classes) > MOST_CLASSES:
        _class_table(differences)
    show_chart(charts.confusion_difference_chart(differences, found.classes), _CHART, lambda: None)
    with errors_shown():
        _clicked_cell(found, differences)
        _only_right(found, differences)


def _class_table(differences: ItemDifferences) -> None:
    """All classes, for those that the chart leaves out."""
    first, second = strategy_name(differences.first), strategy_name(differences.second)
    rows = [
        {"class": one.label, "test items": one.support, first: percent(one.first), second: percent(one.second),
         "difference": percent(one.difference), "from": percent(one.low), "to": percent(one.high)}
        for one in differences.classes
    ]  # fmt: skip
    columns = dict.fromkeys((first, second, "difference", "from", "to"), PERCENT)
    with st.expander(f"Recall of all {len(rows):,} classes"):
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, column_config=columns, placeholder="–", key="all_changes", alt="All classes"
        )


def _clicked_cell(found: ExperimentResults, differences: ItemDifferences) -> None:
    """The items that either side puts into the cell that was clicked."""
    cells = [(row, column) for row, column, *_ in clicked(_CHART)]
    if not cells or max(cells[0]) >= len(found.classes):
        st.caption("Click a cell for its items.")
        return
    sides = [_items_in(found, differences, strategy, cells[0]) for strategy in (differences.first, differences.second)]
    first, second = (in_sentence(strategy_name(one)) for one in (differences.first, differences.second))
    true, predicted = (plain(found.classes[place]) for place in cells[0])
    st.markdown(f"**“{true}” {'recognised' if true == predicted else f'taken for “{predicted}”'}**, by most of the seeds")
    named = {
        f"only by {first}": [one for one in sides[0] if one not in sides[1]],
        f"only by {second}": [one for one in sides[1] if one not in sides[0]],
        "by both": [one for one in sides[0] if one in sides[1]],
    }
    _choose_items(
        found,
        {name: items for name, items in named.items() if items},
        "Items in this cell",
        f"cell_{cells[0][0]}_{cells[0][1]}",
    )
    if not any(named.values()):
        st.caption("No single item is put there by more than half of the seeds; the number is a mean over seeds.")


def _only_right(found: ExperimentResults, differences: ItemDifferences) -> None:
    """The test items that only one side gets right."""
    names = (in_sentence(strategy_name(differences.first)), in_sentence(strategy_name(differences.second)))
    run = next((run for run in found.runs if run.scores is not None), None)
    if run is None:
        return
    order = predictions_of(run.id).items
    sides = zip(names, (differences.only_first, differences.only_second), strict=True)
    named = {f"only {name}": order[list(places)].tolist() if places else [] for name, places in sides}
    _choose_items(found, named, "Items that only one of them gets right", "only_right")
    st.caption(
        f"Both right: {differences.both:,} · neither: {differences.neither:,} · by most of {len(differences.seeds)} seeds"
    )


def _choose_items(found: ExperimentResults, named: Mapping[str, Sequence[int]], title: str, key: str) -> None:
    """A choice between sets of items, each with its size, and the items of the chosen one."""
    if not named:
        return
    side = st.segmented_control(
        title, list(named), default=next(iter(named)), format_func=lambda one: f"{one} · {len(named[one]):,}",
        required=True, key=key,
    )  # fmt: skip
    items = named[side or next(iter(named))]
    if items:
        show_items(found, items, f"{key}_{list(named).index(side or next(iter(named)))}")


def _items_in(found: ExperimentResults, differences: ItemDifferences, strategy: str, cell: tuple[int, int]) -> list[int]:
    """Positions in the dataset of the items that most of a side's seeds put into a cell."""
    runs = [run for run in runs_of(found, (strategy, differences.encoder, differences.budget)) if run.seed in differences.seeds]
    return _voted(tuple(run.id for run in runs), cell, runs)


@st.cache_data(max_entries=200, show_spinner="Looking them up…")
def _voted(ids: tuple[str, ...], cell: tuple[int, int], _runs: Sequence[RunRecord]) -> list[int]:
    """Of each run only the predictions of one true class are kept: there may be many runs and classes."""
    outcomes, items = [], np.array([], dtype=np.int64)
    for run in _runs:
        predictions = run_store().predictions(run.id)
        of_class = predictions.labels == cell[0]
        items = predictions.items[of_class]
        outcomes.append(Outcome(run, predictions.labels[of_class], predictions.probabilities[of_class]))
    places = items_in_cell(Group("", "", 0, tuple(outcomes)), *cell) if outcomes else ()
    return [int(items[place]) for place in places]
