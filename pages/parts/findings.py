"""The tabs that stand on the verdict's evidence: labels and time, and confidence."""

from collections.abc import Iterable

import streamlit as st

from pages.parts.charts import show_chart, show_chart_of_runs
from pages.parts.messages import plain
from tlcore import charts
from tlcore.charts.efficiency import side_names
from tlcore.evaluation.growth import labels_needed
from tlcore.evaluation.records import Growth
from tlcore.experiments.results import ExperimentResults


def show_labels_and_time(found: ExperimentResults) -> None:
    """Labels saved, score against time, and what more labels would bring."""
    evidence = found.evidence
    assert evidence is not None
    if evidence.labels_saved:
        show_chart_of_runs(found, charts.labels_saved_chart(evidence.labels_saved), "labels_saved")
    if evidence.times:
        show_chart_of_runs(found, charts.pareto_chart(evidence.times), "pareto")
    st.markdown(_listed(one.sentence for one in evidence.time_to_match))
    if evidence.time_saved:
        with st.expander("Times at every number of labels", icon=":material/timer:"):
            st.markdown(_listed(one.sentence for one in evidence.time_saved))
    if evidence.growth:
        _growth(found, evidence.growth)
    for note in evidence.notes:
        st.caption(plain(note))


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {plain(sentence)}" for sentence in sentences)


def _growth(found: ExperimentResults, growth: Growth) -> None:
    """What is foreseen, and the labels that a target takes."""
    key = (growth.strategy, growth.encoder, growth.measure)
    curves = found.evidence.curves if found.evidence else ()
    curve = next((one for one in curves if (one.strategy, one.encoder, one.measure) == key), None)
    show_chart(charts.growth_chart(growth, curve), key="growth")
    if growth.points:
        target = st.number_input(
            "Score you need, %", 0.0, 100.0, value=None, step=1.0, placeholder="e.g. 90", key="growth_target"
        )
        if target is not None:
            st.markdown(plain(labels_needed(growth, target / 100).sentence))


def show_confidence(found: ExperimentResults) -> None:
    """Whether confidence can be believed, and how sure each strategy is."""
    known = found.evidence.calibration if found.evidence else ()
    show_chart(charts.reliability_chart(known), key="reliability")
    names = side_names(known)
    if known:
        place = st.selectbox("Strategy", range(len(known)), format_func=lambda one: names[one], key="confidence_of")
        show_chart(charts.confidence_chart(known[place]), key="confidence")
        st.markdown(plain(known[place].sentence))
        st.markdown(plain(known[place].scaled_sentence))
        if known[place].scaled_bins:
            show_chart(charts.temperature_chart(known[place]), key="temperature")
