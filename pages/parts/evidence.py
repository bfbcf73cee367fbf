"""The evidence under an answer: scores, training curves, classes, confusions, runs and downloads."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.parts.charts import show_chart, show_chart_of_runs
from pages.parts.confusions import show_confusions
from pages.parts.differences import show_differences
from pages.parts.downloads import finished, first_of_each, run_names, show_downloads
from pages.parts.findings import show_confidence, show_labels_and_time
from pages.parts.messages import duration, errors_shown, plain, points
from pages.parts.run_table import PERCENT, percent
from tlcore import charts
from tlcore.charts.style import MOST_CLASSES, strategy_name, strategy_rank
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord, StrategySummary

_Draw = Callable[[ExperimentResults], None]


@st.fragment
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
            with tab, errors_shown():
                draw(found)


def _scores(found: ExperimentResults) -> None:
    """The verdict's interval, macro F1, and the table behind the chart above."""
    left, right = st.columns(2)
    if found.verdict and found.verdict.difference is not None:
        with left:
            show_chart(charts.difference_chart(found.verdict), key="difference")
    with right:
        show_chart_of_runs(found, charts.score_by_strategy(found.summary, found.runs, metric="macro_f1"), "macro_f1")
    if found.evidence and found.evidence.measures:
        st.markdown("**The verdict's pair by every measure**")
        st.markdown("\n".join(f"- {plain(one.sentence)}" for one in found.evidence.measures))
        verdict = found.verdict
        if verdict and any(one.measure == verdict.metric and one.low != verdict.low for one in found.evidence.measures):
            st.caption(
                "These intervals are of this pair alone; the verdict's also allows for its pick among several strategies."
            )
    for note in found.evidence.notes if found.evidence else ():
        st.caption(plain(note))
    st.dataframe(_summary_table(found.summary), hide_index=True, alt="Scores and times by strategy")


def _summary_table(summary: tuple[StrategySummary, ...]) -> pd.DataFrame:
    """One row a strategy, with intervals in words."""
    return pd.DataFrame(
        [
            {
                "strategy": strategy_name(row.strategy),
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
    """Loss by epoch of the runs that trained a network, at one budget."""
    runs = [run for run in found.runs if run.curve]
    budgets = sorted({run.budget for run in runs})
    strategies = sorted({run.strategy for run in runs}, key=strategy_rank)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(budgets) > 1:
            budget = st.selectbox("Labels", budgets, len(budgets) - 1, format_func="{:,}".format, key="curve_budget", width=160)
            runs = [run for run in runs if run.budget == budget]
        if len(strategies) > 1:
            wanted = st.pills(
                "Strategies", strategies, format_func=strategy_name, selection_mode="multi", key="curve_strategies"
            )
            runs = [run for run in runs if not wanted or run.strategy in wanted]
    show_chart(charts.learning_curves(runs), key="curves")


def _classes(found: ExperimentResults) -> None:
    """Precision, recall and F1 for each class, one or two runs side by side."""
    runs, names = {run.id: run for run in finished(found)}, run_names(found)
    first = [run.id for run in first_of_each(found)[:2]]
    chosen = st.multiselect(
        "Runs to compare", list(runs), default=first, format_func=names.__getitem__, max_selections=2, key="class_runs"
    )
    if chosen:
        sides = [runs[one] for one in chosen]
        show_chart(charts.per_class_chart(sides), key="classes")
        _class_table(sides)


def _class_table(runs: list[RunRecord]) -> None:
    """Every class of the first run, where the chart cannot show them all."""
    scores = runs[0].scores
    if scores is None or len(scores.per_class) <= MOST_CLASSES:
        return
    rows = [
        {"class": one.label, "test items": one.support, "precision": percent(one.precision), "recall": percent(one.recall),
         "F1": percent(one.f1)}
        for one in scores.per_class
    ]  # fmt: skip
    with st.expander(f"All {len(rows):,} classes of the first run"):
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, column_config=dict.fromkeys(("precision", "recall", "F1"), PERCENT),
            placeholder="–", key="all_classes", alt="Scores of all classes",
        )  # fmt: skip


def _confusions(found: ExperimentResults) -> None:
    """Which class is taken for which."""
    runs, names = {run.id: run for run in first_of_each(found)}, run_names(found)
    chosen = st.selectbox("Run", list(runs), format_func=names.__getitem__, key="confusion_run")
    if chosen:
        show_confusions(found, runs[chosen])
