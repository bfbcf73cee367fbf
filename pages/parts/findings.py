"""The tabs that stand on the verdict's evidence: labels and time, and confidence."""

from collections.abc import Iterable

import streamlit as st

from pages.parts.answer import best_summary
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
    """Whether a strategy's confidence can be believed, among the others and alone: the most accurate one first."""
    known = found.evidence.calibration if found.evidence else ()
    if not known:
        show_chart(charts.reliability_chart(known), key="reliability")
        return
    st.markdown(
        "Each answer comes with a confidence. It is as good as its word when, of the answers that are 80 % sure,"
        " 80 % are right."
    )
    names, best = side_names(known), best_summary(found)
    first = next((place for place, one in enumerate(known) if (one.strategy, one.encoder) == (best.strategy, best.encoder)), 0)
    place = st.selectbox("Strategy", range(len(known)), first, format_func=lambda one: names[one], key="confidence_of")
    one = known[place]
    show_chart(charts.reliability_chart(known, one), key="reliability")
    st.markdown(plain(one.sentence))
    show_chart(charts.confidence_chart(one), key="confidence")
    st.markdown(plain(one.scaled_sentence))
    if one.scaled_bins:
        show_chart(charts.temperature_chart(one), key="temperature")
