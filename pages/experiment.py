"""Experiment: one form, from two clicks to every setting."""

from uuid import uuid4

import streamlit as st

from pages.parts.cached import datasets, workspace
from pages.parts.forecast import show_forecast
from pages.parts.frame import framed
from pages.parts.messages import empty_state, errors_shown
from pages.parts.race_form import race_form
from pages.parts.state import choose
from tlcore.experiments import queue, spare

framed()
st.title("Experiment")

with errors_shown():
    cards = {card.id: card for card in datasets().list()}
    if not cards:
        empty_state("science", "There is no dataset to race on yet.", "pages/data.py", "Add a dataset")
        st.stop()
    dataset = choose("Dataset", "dataset", {card.id: card.name for card in cards.values()})
    if dataset is None:
        st.caption("Choose the dataset to race on.")
        st.stop()
    spec = race_form(cards[dataset])
    if show_forecast(spec):
        if spec.encoders:
            spare.keep_ready(workspace(), spec)  # not before: the forecast may measure the machine, which must be quiet then
        # Not a callback: that would start what was chosen before a number that is typed and followed by the click at once.
        if st.button("Start the race", type="primary", icon=":material/flag:", key="start"):
            experiment = queue.submit(workspace(), spec, st.session_state.get("start_key"))
            st.switch_page("pages/runs.py", query_params={"experiment": experiment})
        st.session_state["start_key"] = uuid4().hex  # so that clicks on one drawing of the button are one experiment
