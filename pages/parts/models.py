"""Which model the Predict page uses: a finished run's, or a bundle from a file."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.parts.cached import run_store
from pages.parts.messages import plain, points
from pages.parts.state import choose
from pages.parts.upload import forget_upload, take_upload
from pages.parts.words import nouns
from tlcore.models.bundle import read_card
from tlcore.models.card import EXAMPLES, ModelCard
from tlcore.records import Modality, RunRecord, RunStatus
from tlcore.training.catalogue import STRATEGIES


@dataclass(frozen=True)
class Chosen:
    """A model to predict with."""

    key: str
    """A run's id or a bundle's path: what the helper takes."""
    card: ModelCard


def choose_model() -> Chosen | None:
    """The model that the visitor points to; None while there is none."""
    finished = [run for run in run_store().runs() if run.status is RunStatus.FINISHED]
    with st.expander("Use a model from a file", icon=":material/upload_file:", expanded="upload_bundle" in st.session_state):
        upload = take_upload("A model bundle (.zip) downloaded from Transfer Lab", "bundle", ["zip"], "Only data, never code.")
        if upload:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"Using **{plain(upload['name'])}**")
                st.button("Put it away", icon=":material/close:", on_click=forget_upload, args=("bundle",))
            return Chosen(upload["path"], read_card(upload["path"]))
    if not finished:
        return None
    run = choose("Model", "model", _names(finished))
    return Chosen(run, read_card(run_store().bundle(run))) if run else None


def show_card(model: Chosen) -> None:
    """What the model is, how good it was, what to mind."""
    card = model.card
    facts = [
        STRATEGIES[card.strategy].name,
        f"learnt from {card.n_train:,} {nouns(card.modality)} of “{plain(card.dataset.name)}”",
        f"accuracy {points(card.scores.accuracy)} on {card.n_test:,} test {nouns(card.modality)}"
        if card.scores
        else "not scored",
    ]
    st.caption(" · ".join(facts))
    with st.expander("Limits of this model, and how to use it in Python", icon=":material/info:"):
        for limit in card.limits:
            st.markdown(f"- {plain(limit)}")
        st.code(python_lines(f"model-{card.id}.zip", card.modality), language="python")


def python_lines(file_name: str, modality: Modality) -> str:
    """The three lines of Python that use a downloaded bundle."""
    load = f'model = load_model("{Path(file_name).name}")'
    return f"from tlcore import load_model\n{load}\nprint({EXAMPLES[modality]})"


def _names(runs: list[RunRecord]) -> dict[str, str]:
    """Run id → what a person calls it, the newest experiment first."""
    experiments = {record.id: (place, record.name) for place, record in enumerate(run_store().experiments())}
    known = sorted((run for run in runs if run.experiment in experiments), key=lambda run: experiments[run.experiment][0])
    return {
        run.id: f"{experiments[run.experiment][1]} · {STRATEGIES[run.strategy].name} · {run.budget:,} labels · "
        f"seed {run.seed} · {points(run.accuracy)}"
        for run in known
    }
