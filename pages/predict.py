"""Predict: use a finished model on one text or a file, on pictures or the camera."""

from collections.abc import Callable

import streamlit as st

from pages.parts.cached import run_store
from pages.parts.frame import framed
from pages.parts.messages import empty_state, errors_shown
from pages.parts.models import Chosen, choose_model, show_card
from pages.parts.picture_predictions import predict_camera, predict_pictures
from pages.parts.predictions import predict_file, predict_one
from pages.parts.words import keyed
from tlcore.records import Modality

# The tabs for a model, by what it reads.
WAYS: dict[Modality, dict[str, Callable[[Chosen], None]]] = {
    "text": {"One text": predict_one, "A file": predict_file},
    "image": {"Pictures": predict_pictures, "Camera": predict_camera},
}
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
    ways = WAYS[model.card.modality]
    tabs = st.tabs(list(ways), key=keyed("predict_tab", model.card.modality), on_change="rerun")
    for tab, predict in zip(tabs, ways.values(), strict=True):
        if tab.open:
            with tab:
                predict(model)
