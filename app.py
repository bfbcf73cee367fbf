"""The frame: page settings and navigation. Run with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

st.set_page_config(page_title="Transfer Lab", page_icon=str(HERE / "pages/parts/icon.png"), layout="wide")
st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/data.py", title="Data", icon=":material/table:"),
        st.Page("pages/experiment.py", title="Experiment", icon=":material/science:"),
        st.Page("pages/runs.py", title="Runs", icon=":material/directions_run:"),
        st.Page("pages/results.py", title="Results", icon=":material/insights:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("pages/predict.py", title="Predict", icon=":material/auto_awesome:"),
    ],
    position="top",
).run()
