"""Cards of experiments for lists, and what can be done with one as a whole."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import badge, errors_shown, plain, state_of
from pages.parts.state import remember
from tlcore.experiments.results import ExperimentResults
from tlcore.experiments.rows import ExperimentRecord
from tlcore.records import RunStatus


def experiment_cards(records: Sequence[ExperimentRecord]) -> None:
    """One card an experiment: its answer so far, and the way to it."""
    cells = st.grid(3, min_column_width=300)
    for record in records:
        with cells.cell(), st.container(border=True, height="stretch", key=f"card_{record.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(record.name)}**")
                badge(state_of(record.status, record.reason))
            st.caption(f"{plain(record.dataset_name)} · {record.finished} of {record.runs} runs · {record.created_at[:10]}")
            if record.verdict:
                st.markdown(plain(record.verdict))
            st.space("stretch")
            going_on = record.status in (RunStatus.SCHEDULED, RunStatus.RUNNING)
            page, label = ("pages/runs.py", "Follow it") if going_on else ("pages/results.py", "Open the results")
            st.page_link(
                page, label=label, icon=":material/arrow_forward:", query_params={"experiment": record.id}, width="content"
            )


def housekeeping(found: ExperimentResults) -> None:
    """Name and delete."""
    with st.expander("Name, delete", icon=":material/edit:"):
        name = st.text_input("Name", found.name, max_chars=120, key=f"experiment_name_{found.experiment}")
        if st.button("Save", icon=":material/save:", disabled=name == found.name):
            with errors_shown():
                helper().call("rename_experiment", {"experiment": found.experiment, "name": name})
                st.rerun()
        st.caption("Deleting removes its runs, results and models for good. The dataset stays.")
        sure = st.checkbox("I want to delete this experiment", key=f"sure_{found.experiment}")
        if st.button("Delete", icon=":material/delete:", disabled=not sure):
            with errors_shown():
                helper().call("delete_experiment", {"experiment": found.experiment})
                remember("experiment", None)
                st.rerun()
