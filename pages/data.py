"""Data: bring a dataset in, look at it, put it right."""

import streamlit as st

from pages.parts.cached import datasets, helper
from pages.parts.dataset import show_dataset
from pages.parts.frame import framed
from pages.parts.importing import import_form
from pages.parts.messages import errors_shown
from pages.parts.picture_import import are_pictures, picture_form
from pages.parts.state import choose, remember
from pages.parts.upload import PICTURES, TABLES, forget_upload, take_uploads
from tlcore.data.samples import SAMPLES

framed()
st.title("Data")

with errors_shown():
    cards = datasets().list()
    with st.expander("Add data", icon=":material/add:", expanded=not cards or "upload_data" in st.session_state):
        uploads = take_uploads(
            "A CSV file with a text and a label in every row, or a zip of pictures with a folder for each class",
            "data",
            (*TABLES, "zip", *PICTURES),
            "CSV: any common separator and encoding; .csv.gz too. Pictures: a zip, or up to a few hundred files dropped "
            "together with a CSV of filename and label.",
        )
        if not uploads:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption("No file at hand? Take a sample:")
                pressed = [
                    name
                    for name, sample in SAMPLES.items()
                    if st.button(sample.name, key=f"sample_{name}", icon=":material/dataset:", help=sample.about)
                ]
            if pressed:
                with errors_shown(), st.spinner("Adding the sample…", show_time=True):
                    remember("dataset", helper().call("add_sample", {"name": pressed[0]})["id"])
                    st.rerun()
        elif added := (picture_form(uploads) if are_pictures(uploads) else import_form(uploads[0])):
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
