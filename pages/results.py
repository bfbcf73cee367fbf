"""Results: the answer first, then the evidence, then the detail."""

import streamlit as st

from pages.parts.answer import show_answer
from pages.parts.cached import results_of, run_store
from pages.parts.evidence import show_evidence
from pages.parts.experiments import experiment_cards, housekeeping
from pages.parts.frame import framed
from pages.parts.live import follow
from pages.parts.messages import empty_state, errors_shown, plain
from pages.parts.report_download import report_button
from pages.parts.state import choose

framed()
st.title("Results")

with errors_shown():
    records = run_store().experiments()
    if not records:
        empty_state("insights", "There are no results yet.", "pages/experiment.py", "Start an experiment")
        st.stop()
    experiment = choose("Experiment", "experiment", {record.id: record.name for record in records})
    if experiment is None:
        experiment_cards(records)
        st.stop()
    found = results_of(next(record for record in records if record.id == experiment))
    for note in found.notes:
        st.warning(plain(note), icon=":material/warning:")
    follow(found)
    if not found.summary:
        empty_state("hourglass_empty", "No run has finished yet.", "pages/runs.py", "See how the runs are doing")
    else:
        show_answer(found)
        report_button(found)
        show_evidence(found)
    housekeeping(found)
