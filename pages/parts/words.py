"""What a page calls the items of a dataset, and the widgets that differ with them."""

import streamlit as st

from pages.parts.cached import datasets, run_store
from tlcore.errors import TransferLabError
from tlcore.experiments.results import ExperimentResults
from tlcore.models.bundle import read_card
from tlcore.records import NOUNS, Modality, RunStatus


def noun(modality: Modality) -> str:
    """One item: `text`, `picture`."""
    return NOUNS[modality][0]


def nouns(modality: Modality) -> str:
    """Several items: `texts`, `pictures`."""
    return NOUNS[modality][1]


def keyed(key: str, modality: Modality) -> str:
    """A widget's key, one for each modality whose choices are not the other's."""
    return key if modality == "text" else f"{key}_{modality}"


def modality_of(found: ExperimentResults) -> Modality:
    """What an experiment was made on, even when its dataset was deleted: then its models know."""
    finished = tuple(run.id for run in found.runs if run.status is RunStatus.FINISHED)
    return _modality(found.dataset, finished[:1])


@st.cache_data(max_entries=1_000, show_spinner=False)
def _modality(dataset: str, runs: tuple[str, ...]) -> Modality:
    """From the dataset's card, else a model's; the first modality there was where neither can be read."""
    try:
        return datasets().card(dataset).modality
    except TransferLabError:
        pass
    try:
        return read_card(run_store().bundle(runs[0])).modality if runs else "text"
    except TransferLabError:
        return "text"
