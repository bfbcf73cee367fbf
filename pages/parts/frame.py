"""Every page stands inside `app.py`'s frame, however a visitor came to it."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

INK = """<style>
.stPlotlyChart .main-svg g:not(.hoverlayer, .hoverlayer *) > text:not([style*="rgb(255, 255, 255)"]) {
  fill: currentColor !important;
}
</style>"""
"""Streamlit's light theme writes in charts in a grey that cannot be read on shaded cells: here it is the page's own ink."""


def framed() -> None:
    """Call first on every page.

    Because the folder is called `pages`, a server whose very first visit is a link to a page runs that page alone, without
    `app.py` and so without the menu. Then it is told that `app.py` knows the pages, and asked again.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.html(INK)
