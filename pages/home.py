"""Home: what this is, the way in, and what was done last."""

from typing import Literal

import streamlit as st

from pages.parts.cached import helper, run_store
from pages.parts.experiments import experiment_cards
from pages.parts.frame import framed
from pages.parts.messages import errors_shown
from tlcore.data.samples import SAMPLES

RECENT = 6
STEPS = (
    ("table", "1 · Data", "A CSV of texts with labels, or pictures in a folder for each class. Read strictly, checked, kept."),
    (
        "science",
        "2 · Race",
        "Five ways of training compete on the same items with the same number of labels, several times each.",
    ),
    ("insights", "3 · Answer", "One sentence says which way won, by how much, and how sure that is. The evidence is below it."),
    (
        "auto_awesome",
        "4 · Use",
        "Classify texts or pictures with the winner, one or thousands, or download it and use it elsewhere.",
    ),
)

# Sample, the key and words of its button, and how the button looks.
TRIALS: tuple[tuple[str, str, str, Literal["primary", "secondary"]], ...] = (
    ("reviews", "try_sample", "Try the sample", "primary"),
    ("surfaces", "try_pictures", "Try it with pictures", "secondary"),
)

framed()
st.title("Does transfer learning help on your data?")
st.markdown(
    "Upload labelled texts or pictures, press one button, and see – fairly, and with its uncertainty – what a pre-trained "
    "network brings over training from scratch: in accuracy and in time. Then use the winner on new ones. Nothing leaves this "
    "machine."
)

wanted = None
ways = st.columns(len(TRIALS) + 1)
for place, (sample, key, label, look) in zip(ways, TRIALS, strict=False):
    with place, st.container(border=True, height="stretch"):
        st.markdown(SAMPLES[sample].about)
        st.space("stretch")
        if st.button(label, type=look, icon=":material/play_arrow:", key=key):
            wanted = sample
with ways[-1], st.container(border=True, height="stretch"):
    st.markdown("Your own: a CSV file, a zip of pictures, or a few hundred pictures dropped together.")
    st.space("stretch")
    st.page_link("pages/data.py", label="Upload your own data", icon=":material/upload:", width="content")
if wanted:
    with errors_shown(), st.spinner("Adding the sample…", show_time=True):
        added = helper().call("add_sample", {"name": wanted})
        st.switch_page("pages/experiment.py", query_params={"dataset": added["id"]})

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
