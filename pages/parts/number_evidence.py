"""The row of numbers under an answer's sentences; a click on one opens what it rests on."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd
import streamlit as st

from pages.parts.messages import errors_shown, plain
from pages.parts.numbers import Said, numbers_of
from pages.parts.run_table import PERCENT, percent, show_runs
from tlcore.charts.style import strategy_name
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord


@st.fragment
def show_numbers(found: ExperimentResults) -> None:
    """One pill a number, and the evidence of the chosen one; a fragment, so that a click draws nothing else anew."""
    said = {one.key: one for one in numbers_of(found)}
    if not said:
        return
    chosen = st.pills(
        "Every number and what it rests on",
        list(said),
        format_func=lambda key: plain(said[key].label),
        key="number",
    )
    if chosen in said:
        with errors_shown():
            _show(said[chosen])


def _show(one: Said) -> None:
    """What a number is, and the runs it rests on."""
    st.markdown(plain(one.meaning))
    if one.pairs and all(one.pairs):
        _show_pairs(*one.pairs)
    if one.runs:
        show_runs(one.runs, f"number_runs_{one.key}", one.columns)


def _show_pairs(first: Sequence[RunRecord], second: Sequence[RunRecord]) -> None:
    """Both sides with their difference, a row a seed and the mean below."""
    names = strategy_name(first[0].strategy), strategy_name(second[0].strategy)
    scores = [(str(one.seed), percent(one.accuracy), percent(other.accuracy)) for one, other in zip(first, second, strict=True)]
    known = [(a, b) for _, a, b in scores if a is not None and b is not None]
    rows = [*scores, ("mean", fmean(a for a, _ in known), fmean(b for _, b in known))] if known else scores
    table = pd.DataFrame(rows, columns=["seed", *names])
    table["difference"] = table[names[0]] - table[names[1]]
    columns = dict.fromkeys(names, PERCENT) | {"difference": st.column_config.NumberColumn(format="%+.1f points")}
    st.dataframe(
        table, hide_index=True, column_config=columns, placeholder="–", key="number_pairs", alt="Accuracy of both, seed by seed"
    )
