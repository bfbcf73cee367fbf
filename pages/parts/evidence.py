"""The evidence under an answer: scores, training curves, classes, confusions, runs and downloads."""

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.parts.cached import run_store
from pages.parts.charts import show_chart
from pages.parts.confusions import show_confusions
from pages.parts.messages import duration, points, state_of
from pages.parts.models import python_lines
from tlcore import charts
from tlcore.experiments.results import ExperimentResults
from tlcore.models.bundle import read_card, zip_bundle
from tlcore.models.card import bundle_name
from tlcore.records import RunRecord, StrategySummary
from tlcore.training.catalogue import STRATEGIES

_TABS = ("Scores", "Training curves", "By class", "Confusions", "Runs and downloads")


def show_evidence(found: ExperimentResults) -> None:
    """Tabs; only the open one is drawn."""
    tabs = st.tabs(_TABS, key="evidence", on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, (_scores, _curves, _classes, _confusions, _downloads), strict=True):
        if tab.open:
            with tab:
                draw(found)


def _finished(found: ExperimentResults) -> list[RunRecord]:
    """Runs with full scores."""
    return [run for run in found.runs if run.scores is not None]


def run_name(run: RunRecord) -> str:
    """A run as a person calls it."""
    return f"{STRATEGIES[run.strategy].name} · {run.budget:,} labels · seed {run.seed} · {points(run.accuracy)}"


def _scores(found: ExperimentResults) -> None:
    """The verdict's interval, macro F1, and the table behind the chart above."""
    left, right = st.columns(2)
    if found.verdict and found.verdict.difference is not None:
        with left:
            show_chart(charts.difference_chart(found.verdict), key="difference")
    with right:
        show_chart(charts.score_by_strategy(found.summary, found.runs, metric="macro_f1"), key="macro_f1")
    st.dataframe(_summary_table(found.summary), hide_index=True, alt="Scores and times by strategy")


def _summary_table(summary: tuple[StrategySummary, ...]) -> pd.DataFrame:
    """One row a strategy, with intervals in words."""
    return pd.DataFrame(
        [
            {
                "strategy": STRATEGIES[row.strategy].name,
                "encoder": row.encoder,
                "labels": row.budget,
                "repeats": row.seeds,
                "accuracy": points(row.accuracy),
                "accuracy, 95 % interval": f"{points(row.accuracy_low)} to {points(row.accuracy_high)}",
                "macro F1": points(row.macro_f1),
                "macro F1, 95 % interval": f"{points(row.macro_f1_low)} to {points(row.macro_f1_high)}",
                "training": duration(row.train_seconds),
                "encoding": duration(row.encode_seconds),
            }
            for row in sorted(summary, key=lambda row: -row.accuracy)
        ]
    )


def _curves(found: ExperimentResults) -> None:
    """Loss by epoch of every run that trained a network."""
    show_chart(charts.learning_curves(found.runs), key="curves")


def _classes(found: ExperimentResults) -> None:
    """Precision, recall and F1 for each class, one or two runs side by side."""
    runs = _finished(found)
    chosen = st.multiselect(
        "Runs to compare", runs, default=_first_of_each(found)[:2], format_func=run_name, max_selections=2, key="class_runs"
    )
    if chosen:
        show_chart(charts.per_class_chart(chosen), key="classes")


def _confusions(found: ExperimentResults) -> None:
    """Which class is taken for which."""
    run = st.selectbox("Run", _first_of_each(found), format_func=run_name, key="confusion_run")
    if run and run.scores:
        show_confusions(found, run)


def _first_of_each(found: ExperimentResults) -> list[RunRecord]:
    """One finished run a strategy, encoder and budget: the first seed's; the most accurate strategy first."""
    order = sorted(found.summary, key=lambda row: -row.accuracy)
    ranks = {(row.strategy, row.encoder, row.budget): place for place, row in enumerate(order)}
    firsts: dict[tuple[str, str, int], RunRecord] = {}
    for run in sorted(_finished(found), key=lambda run: run.seed):
        firsts.setdefault((run.strategy, run.encoder, run.budget), run)
    return sorted(firsts.values(), key=lambda run: ranks.get((run.strategy, run.encoder, run.budget), len(ranks)))


def _downloads(found: ExperimentResults) -> None:
    """Every run, and what can be taken along."""
    table = pd.DataFrame([_run_row(run) for run in found.runs])
    st.dataframe(table, hide_index=True, key="result_runs", alt="All runs with their scores and times")
    with st.container(horizontal=True):
        st.download_button(
            "All runs (CSV)",
            table.to_csv(index=False),
            f"runs-{found.experiment}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Everything (JSON)",
            found.model_dump_json(indent=1),
            f"results-{found.experiment}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    run = st.selectbox("Model or predictions of one run", _first_of_each(found), format_func=run_name, key="download_run")
    if run:
        _run_downloads(found, run)


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
        "settled_on": ", ".join(f"{name} {value}" for name, value in run.chosen.items()),
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
