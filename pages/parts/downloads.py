"""Everything that can be taken along from an experiment: its runs, its answer, models and test predictions."""

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.parts.cached import run_store
from pages.parts.messages import points, state_of
from pages.parts.models import python_lines
from pages.parts.run_table import PERCENT
from tlcore.charts.style import strategy_name
from tlcore.experiments.results import ExperimentResults
from tlcore.models.bundle import read_card, zip_bundle
from tlcore.models.card import bundle_name
from tlcore.records import RunRecord

_PERCENTS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
_HEADS = {"train_seconds": "training, s", "encode_seconds": "encoding, s", "settled_on": "settled on", **_PERCENTS}
"""Columns of the file that have a plainer name on the screen."""
_COLUMNS = {
    **dict.fromkeys(_PERCENTS.values(), PERCENT),
    **dict.fromkeys(("training, s", "encoding, s"), st.column_config.NumberColumn(format="%.1f")),
    "settled on": st.column_config.TextColumn(help="What the run chose by the labels that it kept aside."),
}


def finished(found: ExperimentResults) -> list[RunRecord]:
    """Runs with full scores."""
    return [run for run in found.runs if run.scores is not None]


def run_names(found: ExperimentResults) -> dict[str, str]:
    """Finished runs as a person calls them, by id; the encoder is said where there are several."""
    runs = finished(found)
    several = len({run.encoder for run in runs} - {"none"}) > 1
    return {run.id: _name(run, several) for run in runs}


def _name(run: RunRecord, several: bool) -> str:
    encoder = f" · {run.encoder}" if several and run.encoder != "none" else ""
    return f"{strategy_name(run.strategy)}{encoder} · {run.budget:,} labels · seed {run.seed} · {points(run.accuracy)}"


def first_of_each(found: ExperimentResults) -> list[RunRecord]:
    """One finished run a strategy, encoder and budget: the first seed's; the most accurate strategy first."""
    order = sorted(found.summary, key=lambda row: -row.accuracy)
    ranks = {(row.strategy, row.encoder, row.budget): place for place, row in enumerate(order)}
    firsts: dict[tuple[str, str, int], RunRecord] = {}
    for run in sorted(finished(found), key=lambda run: run.seed):
        firsts.setdefault((run.strategy, run.encoder, run.budget), run)
    return sorted(firsts.values(), key=lambda run: ranks.get((run.strategy, run.encoder, run.budget), len(ranks)))


def show_downloads(found: ExperimentResults) -> None:
    """Every run, and what can be taken along."""
    table = pd.DataFrame([_run_row(run) for run in found.runs])
    shown = table.assign(
        strategy=table["strategy"].map(strategy_name), **{share: 100 * table[share].astype(float) for share in _PERCENTS}
    ).rename(columns=_HEADS)
    st.dataframe(
        shown, hide_index=True, column_order=[*shown.columns[1:], "run"], column_config=_COLUMNS, placeholder="–",
        key="result_runs", alt="All runs with their scores and times",
    )  # fmt: skip
    with st.container(horizontal=True):
        st.download_button(
            "All runs (CSV)",
            lambda: table.to_csv(index=False),
            f"runs-{found.experiment}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Everything (JSON)",
            lambda: found.model_dump_json(indent=1),
            f"results-{found.experiment}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    runs, names = {run.id: run for run in first_of_each(found)}, run_names(found)
    chosen = st.selectbox("Model or predictions of one run", list(runs), format_func=names.__getitem__, key="download_run")
    if chosen:
        _run_downloads(found, runs[chosen])


def _run_row(run: RunRecord) -> dict[str, object]:
    """A run as a row."""
    return {
        "run": run.id,
        "state": state_of(run.status, run.reason),
        "strategy": run.strategy,
        "encoder": run.encoder,
        "labels": run.budget,
        "seed": run.seed,
        "accuracy": run.accuracy,
        "macro_f1": run.macro_f1,
        "train_seconds": run.train_seconds,
        "encode_seconds": run.encode_seconds,
        "settled_on": ", ".join(f"{name} {value}" for name, value in run.chosen.items() if value is not None),
        "why": run.reason,
    }


def _run_downloads(found: ExperimentResults, run: RunRecord) -> None:
    """The bundle and the predictions on the locked test. File names carry the run's id, so that no two are ever confused."""
    card = read_card(run_store().bundle(run.id))
    file_name = bundle_name(card)
    with st.container(horizontal=True):
        st.download_button(
            "Download the model",
            lambda: _zipped(run.id),
            file_name,
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Its test predictions (CSV)",
            lambda: _predictions(found, run.id),
            f"test-predictions-{run.id}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(
        "The model as a file: weights and JSON, nothing that runs. Use it on the Predict page, with the command line, or so:"
    )
    st.code(python_lines(file_name, card.modality), language="python")


def _zipped(run: str) -> bytes:
    """A run's bundle as one file."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.zip"
        zip_bundle(run_store().bundle(run), target)
        return target.read_bytes()


def _predictions(found: ExperimentResults, run: str) -> str:
    """Item, true label and probabilities, as CSV."""
    predictions = run_store().predictions(run)
    frame = pd.DataFrame(predictions.probabilities, columns=[f"p_{label}" for label in found.classes])
    frame.insert(0, "label", [found.classes[label] for label in predictions.labels])
    frame.insert(0, "item", predictions.items)
    return frame.to_csv(index=False)
