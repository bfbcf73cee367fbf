"""Predict: use a finished model on one text or on a file."""

import streamlit as st

from pages.parts.cached import run_store
from pages.parts.frame import framed
from pages.parts.messages import empty_state, errors_shown
from pages.parts.models import choose_model, show_card
from pages.parts.predictions import predict_file, predict_one

framed()
st.title("Predict")

with errors_shown():
    model = choose_model()
    if model is None:
        if run_store().experiments():
            st.caption("Choose the model to predict with. Every finished run leaves one.")
        else:
            empty_state(
                "auto_awesome",
                "There is no model yet. Every finished run leaves one.",
                "pages/experiment.py",
                "Start an experiment",
            )
        st.stop()
    show_card(model)
    one, file = st.tabs(["One text", "A file"], key="predict_tab", on_change="rerun")
    if one.open:
        with one:
            predict_one(model)
    if file.open:
        with file:
            predict_file(model)
