"""How a figure goes onto a page."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from tlcore.charts import alt_text

_CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def show_chart(figure: go.Figure, key: str, on_click: Callable[[], None] | None = None) -> None:
    """Draw a figure of `tlcore.charts`, with its words for those who cannot see it; `on_click` is called for clicked marks."""
    clicks: dict[str, Any] = {"on_select": on_click, "selection_mode": "points"} if on_click else {}
    st.plotly_chart(figure, config=_CONFIG, key=key, alt=alt_text(figure), **clicks)
