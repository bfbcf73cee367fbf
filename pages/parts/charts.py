"""How a figure goes onto a page, and what a click in it leads to."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.parts.run_table import show_runs
from tlcore.charts import alt_text
from tlcore.experiments.results import ExperimentResults

_CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def show_chart(figure: go.Figure, key: str, on_click: Callable[[], None] | None = None) -> None:
    """Draw a figure of `tlcore.charts`, with its words for those who cannot see it; `on_click` is called for clicked marks."""
    clicks: dict[str, Any] = {"on_select": on_click, "selection_mode": "points"} if on_click else {}
    st.plotly_chart(figure, config=_CONFIG, key=key, alt=alt_text(figure), **clicks)


def clicked(key: str) -> list[Any]:
    """What the clicked marks of the chart with this key stand for: their `customdata`."""
    chosen = st.session_state.get(key) or {}
    return [point["customdata"] for point in chosen.get("selection", {}).get("points", []) if "customdata" in point]


@st.fragment
def show_chart_of_runs(found: ExperimentResults, figure: go.Figure, key: str) -> None:
    """Draw a figure whose marks carry the ids of their runs; a click shows these below it, a second one hides them."""
    show_chart(figure, key, lambda: None)
    runs = {run for of_mark in clicked(key) for run in of_mark}
    shown = [run for run in found.runs if run.id in runs]
    if not any(trace.customdata for trace in figure.data):
        return
    if shown:
        show_runs(shown, f"{key}_runs")
        st.caption("Click the mark once more, or double-click beside it, to close the table.")
    else:
        st.caption("Click a mark for the runs behind it.")
