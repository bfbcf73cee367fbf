"""The answer of an experiment: who won, by how much, how sure, in what time, and the way to use the winner."""

import streamlit as st

from pages.parts.charts import show_chart, show_chart_of_runs
from pages.parts.messages import duration, plain, points
from pages.parts.next_step import show_alarms
from pages.parts.number_evidence import show_numbers
from pages.parts.words import modality_of, nouns
from tlcore import charts
from tlcore.evaluation.evidence import opening_sentences
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord, RunStatus, StrategySummary, VerdictKind
from tlcore.training.catalogue import STRATEGIES

_LOOK = {
    VerdictKind.HELPS: ("Transfer learning helps here", ":material/trending_up:", "green"),
    VerdictKind.HURTS: ("Transfer learning hurts here", ":material/trending_down:", "red"),
    VerdictKind.NO_DIFFERENCE: ("It makes no practical difference", ":material/trending_flat:", "blue"),
    VerdictKind.NOT_ENOUGH_EVIDENCE: ("Not enough evidence yet", ":material/help:", "orange"),
}


def show_answer(found: ExperimentResults) -> None:
    """The verdict in words, four numbers, and its picture."""
    verdict = found.verdict
    if verdict is not None:
        headline, icon, colour = _LOOK[verdict.kind]
        with st.container(border=True, key="verdict"):
            st.badge(headline, icon=icon, color=colour)
            opening = opening_sentences(verdict, found.evidence) if found.evidence else (verdict.sentence,)
            for place, sentence in enumerate(opening):
                st.markdown(f"{'#####' if place else '###'} {plain(sentence)}", anchors=False)
            show_numbers(found)
            for note in verdict.notes:
                st.caption(plain(note))
    if found.evidence:
        show_alarms(found, found.evidence.alarms)
    best = best_summary(found)
    cells = st.grid(4, min_column_width=200)
    for label, value, help_text in _numbers(found, best):
        with cells.cell():
            st.metric(label, value, border=True, height="stretch", help=help_text)
    _winner(found, best)
    left, right = st.columns([3, 2])
    with left:
        show_chart_of_runs(found, charts.score_by_strategy(found.summary, found.runs), "scores")
    with right:
        show_chart(charts.time_chart(found.summary), key="times")
    _efficiency(found)


def _efficiency(found: ExperimentResults) -> None:
    """Score against labels, where there are several budgets."""
    curves = [curve for curve in (found.evidence.curves if found.evidence else ()) if curve.measure == "accuracy"]
    if len({point.budget for curve in curves for point in curve.points}) > 1:
        show_chart_of_runs(found, charts.efficiency_chart(curves), "efficiency")


def best_summary(found: ExperimentResults) -> StrategySummary:
    """The strategy with the highest mean accuracy; of equals the one that trains faster."""
    return max(found.summary, key=lambda row: (row.accuracy, -(row.train_seconds or 0.0)))


def best_run(found: ExperimentResults, best: StrategySummary) -> RunRecord:
    """The best strategy's first run: seeds are repeats of the same thing, and none is picked by its test score."""
    return min(
        (
            run
            for run in found.runs
            if run.status is RunStatus.FINISHED
            and (run.strategy, run.encoder, run.budget) == (best.strategy, best.encoder, best.budget)
        ),
        key=lambda run: run.seed,
    )


def _numbers(found: ExperimentResults, best: StrategySummary) -> list[tuple[str, str, str]]:
    """Label, value and explanation of the headline numbers."""
    many = nouns(modality_of(found))
    seconds = None if best.train_seconds is None else best.train_seconds + (best.encode_seconds or 0.0)
    return [
        (
            "Most accurate",
            STRATEGIES[best.strategy].name,
            "The strategy with the highest mean accuracy on the locked test set.",
        ),
        (
            "Its accuracy",
            points(best.accuracy),
            f"95 % interval {points(best.accuracy_low)} to {points(best.accuracy_high)}, over repeats and test {many}.",
        ),
        ("Its training time", duration(seconds), "Mean of its runs; encoding counted in full, waiting not."),
        (f"Test {many}", f"{found.n_test:,}", plain(found.split)),
    ]


def _winner(found: ExperimentResults, best: StrategySummary) -> None:
    """What to do with the winner."""
    run = best_run(found, best)
    with st.container(horizontal=True):
        st.page_link(
            "pages/predict.py",
            label="Use this model",
            icon=":material/auto_awesome:",
            query_params={"model": run.id},
            width="content",
        )
