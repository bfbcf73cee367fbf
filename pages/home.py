"""Home: what this is, the way in, and what was done last."""

import streamlit as st

from pages.parts.cached import helper, run_store
from pages.parts.experiments import experiment_cards
from pages.parts.frame import framed
from pages.parts.messages import errors_shown

RECENT = 6
STEPS = (
    ("table", "1 · Data", "A CSV with a text and a label in every row. It is read strictly, checked, and kept unchanged."),
    (
        "science",
        "2 · Race",
        "Five ways of training compete on the same rows with the same number of labels, several times each.",
    ),
    ("insights", "3 · Answer", "One sentence says which way won, by how much, and how sure that is. The evidence is below it."),
    ("auto_awesome", "4 · Use", "Classify one text or a whole file with the winner, or download it and use it elsewhere."),
)

framed()
st.title("Does transfer learning help on your data?")
st.markdown(
    "Upload labelled texts, press one button, and see – fairly, and with its uncertainty – what a pre-trained network brings "
    "over training from scratch: in accuracy and in time. Then use the winner on new texts. Nothing leaves this machine."
)

with st.container(horizontal=True, vertical_alignment="center"):
    wants_sample = st.button("Try the sample", type="primary", icon=":material/play_arrow:")
    st.page_link("pages/data.py", label="Upload your own data", icon=":material/upload:", width="content")
if wants_sample:
    with errors_shown(), st.spinner("Adding 600 product reviews…"):
        sample = helper().call("add_sample", {"name": "reviews"})
        st.switch_page("pages/experiment.py", query_params={"dataset": sample["id"]})

st.space("small")
steps = st.grid(4, min_column_width=220)
for icon, title, text in STEPS:
    with steps.cell(), st.container(border=True, height="stretch"):
        st.markdown(f"**:material/{icon}: {title}**")
        st.caption(text)

with errors_shown():
    recent = run_store().experiments()[:RECENT]
    if recent:
        st.subheader("Recent experiments")
        experiment_cards(recent)
