"""Runs: an experiment while it trains, and everything it did."""

import streamlit as st

from pages.parts.cached import run_store, workspace
from pages.parts.frame import framed
from pages.parts.live import show_experiment
from pages.parts.messages import empty_state, errors_shown
from pages.parts.state import choose
from tlcore.experiments import queue

framed()
st.title("Runs")

with errors_shown():
    queue.sweep(workspace())
    records = run_store().experiments()
    if not records:
        empty_state("directions_run", "Nothing has been started yet.", "pages/experiment.py", "Start an experiment")
        st.stop()
    experiment = choose("Experiment", "experiment", {record.id: record.name for record in records})
    if experiment is None:
        st.caption("Choose an experiment to see how its runs are doing.")
        st.stop()
    show_experiment(experiment)
