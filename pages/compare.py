"""Compare: two experiments side by side, as far as they can be compared."""

import streamlit as st

from pages.parts.cached import run_store
from pages.parts.frame import framed
from pages.parts.messages import empty_state, errors_shown
from pages.parts.side_by_side import compared, show_side_by_side
from pages.parts.state import choose

framed()
st.title("Compare")

with errors_shown():
    records = run_store().experiments()
    if len(records) < 2:
        have = "one experiment" if records else "no experiment"
        empty_state(
            "compare_arrows", f"Two experiments can be set side by side; there is {have} yet.", "pages/experiment.py",
            "Start an experiment",
        )  # fmt: skip
        st.stop()
    names = {
        record.id: " · ".join([*dict.fromkeys((record.name, record.dataset_name)), record.created_at[:16].replace("T", " ")])
        for record in records
    }
    left, right = st.columns(2)
    with left:
        first = choose("Experiment", "experiment", names)
    with right:
        second = choose("Against", "other_experiment", names)
    if first is None or second is None:
        st.caption("Two encoders, two settings or two versions of a dataset: choose the experiments that ran with them.")
        st.stop()
    if first == second:
        st.info("This is the same experiment twice. Choose another one on either side.", icon=":material/compare_arrows:")
        st.stop()
    with st.spinner("Comparing…"):
        of = {record.id: record for record in records}
        found = compared(of[first], of[second])
    show_side_by_side(found)
