"""How a figure goes onto a page."""

import plotly.graph_objects as go
import streamlit as st

from tlcore.charts import alt_text

_CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def show_chart(figure: go.Figure, key: str) -> None:
    """Draw a figure of `tlcore.charts`, with its words for those who cannot see it."""
    st.plotly_chart(figure, config=_CONFIG, key=key, alt=alt_text(figure))
