"""How a figure goes onto a page."""

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def show_chart(figure: go.Figure, key: str) -> None:
    """Draw a figure of `tlcore.charts`, with its words for those who cannot see it."""
    meta = figure.layout.meta or {}
    st.plotly_chart(figure, config=_CONFIG, key=key, alt=meta.get("alt"))
