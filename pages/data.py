"""Data: bring a dataset in, look at it, put it right."""

import streamlit as st

from pages.parts.cached import datasets, helper
from pages.parts.dataset import show_dataset
from pages.parts.frame import framed
from pages.parts.importing import import_form
from pages.parts.messages import errors_shown
from pages.parts.state import choose, remember
from pages.parts.upload import forget_upload, take_upload
from tlcore.data.samples import SAMPLES


def take_sample(name: str) -> None:
    """Add a sample and open it."""
    with errors_shown():
        remember("dataset", helper().call("add_sample", {"name": name})["id"])


framed()
st.title("Data")

with errors_shown():
    cards = datasets().list()
    with st.expander("Add data", icon=":material/add:", expanded=not cards or "upload_data" in st.session_state):
        upload = take_upload(
            "A CSV file with a text and a label in every row",
            "data",
            ["csv", "tsv", "txt", "gz"],
            "Comma, semicolon, tab or any other separator; any common encoding; .csv.gz too.",
        )
        if upload is None:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption("No file at hand? Take a sample:")
                for name, sample in SAMPLES.items():
                    st.button(sample.name, key=f"sample_{name}", icon=":material/dataset:", on_click=take_sample, args=(name,))
        elif added := import_form(upload):
            forget_upload("data")
            forget_upload("test")
            remember("dataset", added)
            st.rerun()
    if cards:
        dataset = choose("Dataset", "dataset", {card.id: card.name for card in datasets().list()})
        if dataset:
            show_dataset(dataset)
        else:
            st.caption("Choose a dataset to look at it, or add one.")
