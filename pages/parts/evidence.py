"""The evidence under an answer: scores, training curves, classes, confusions, runs and downloads."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.parts.charts import show_chart
from pages.parts.confusions import show_confusions
from pages.parts.downloads import finished, first_of_each, run_name, show_downloads
from pages.parts.findings import show_confidence, show_differences, show_labels_and_time
from pages.parts.messages import duration, plain, points
from tlcore import charts
from tlcore.experiments.results import ExperimentResults
from tlcore.records import StrategySummary
from tlcore.training.catalogue import STRATEGIES

_Draw = Callable[[ExperimentResults], None]


def show_evidence(found: ExperimentResults) -> None:
    """Tabs; only the open one is drawn. Answers from before there was evidence have those that need none."""
    evidence = found.evidence
    draws: dict[str, _Draw] = {"Scores": _scores}
    if evidence is not None:
        draws["Labels and time"] = show_labels_and_time
        draws["Where they differ"] = show_differences
        draws["Confidence"] = show_confidence
    draws |= {"Training curves": _curves, "By class": _classes, "Confusions": _confusions, "Runs and downloads": show_downloads}
    tabs = st.tabs(list(draws), key="evidence", on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, draws.values(), strict=True):
        if tab.open:
            with tab:
                draw(found)


def _scores(found: ExperimentResults) -> None:
    """The verdict's interval, macro F1, and the table behind the chart above."""
    left, right = st.columns(2)
    if found.verdict and found.verdict.difference is not None:
        with left:
            show_chart(charts.difference_chart(found.verdict), key="difference")
    with right:
        show_chart(charts.score_by_strategy(found.summary, found.runs, metric="macro_f1"), key="macro_f1")
    if found.evidence and found.evidence.measures:
        st.markdown("**The verdict's pair by every measure**")
        st.markdown("\n".join(f"- {plain(one.sentence)}" for one in found.evidence.measures))
    for note in found.evidence.notes if found.evidence else ():
        st.caption(plain(note))
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
    runs = finished(found)
    chosen = st.multiselect(
        "Runs to compare", runs, default=first_of_each(found)[:2], format_func=run_name, max_selections=2, key="class_runs"
    )
    if chosen:
        show_chart(charts.per_class_chart(chosen), key="classes")


def _confusions(found: ExperimentResults) -> None:
    """Which class is taken for which."""
    run = st.selectbox("Run", first_of_each(found), format_func=run_name, key="confusion_run")
    if run and run.scores:
        show_confusions(found, run)
