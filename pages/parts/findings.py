"""The tabs that stand on the verdict's evidence: labels and time, where two strategies differ, confidence."""

import pandas as pd
import streamlit as st

from pages.parts.cached import datasets, run_store
from pages.parts.charts import show_chart
from pages.parts.gallery import shots_of
from pages.parts.messages import counted, errors_shown, plain
from pages.parts.pictures import gallery, missing
from tlcore import charts
from tlcore.charts.style import strategy_name
from tlcore.evaluation.growth import labels_needed
from tlcore.evaluation.records import Growth, ItemDifferences
from tlcore.experiments.results import ExperimentResults

_PER_PAGE = 12


def show_labels_and_time(found: ExperimentResults) -> None:
    """Labels saved, score against time, and what more labels would bring."""
    evidence = found.evidence
    assert evidence is not None
    if evidence.labels_saved:
        show_chart(charts.labels_saved_chart(evidence.labels_saved), key="labels_saved")
    if evidence.times:
        show_chart(charts.pareto_chart(evidence.times), key="pareto")
    said = [*(one.sentence for one in evidence.time_to_match), *(one.sentence for one in evidence.time_saved)]
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said))
    if evidence.growth:
        _growth(found, evidence.growth)
    for note in evidence.notes:
        st.caption(plain(note))


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


def show_differences(found: ExperimentResults) -> None:
    """Classes, mistakes and items where the verdict's pair differs."""
    differences = found.evidence.differences if found.evidence else None
    if differences is None:
        st.info("There are no two strategies to set against each other yet.", icon=":material/compare_arrows:")
        return
    show_chart(charts.class_change_chart(differences), key="class_changes")
    show_chart(charts.confusion_difference_chart(differences, found.classes), key="confusion_changes")
    with errors_shown():
        _items(found, differences)


def _items(found: ExperimentResults, differences: ItemDifferences) -> None:
    """The test items that only one side gets right."""
    sides = {"first": differences.only_first, "second": differences.only_second}
    names = {"first": strategy_name(differences.first), "second": strategy_name(differences.second)}
    side = st.segmented_control(
        "Items that only one of them gets right",
        list(sides),
        default="first",
        format_func=lambda one: f"only {names[one]} · {len(sides[one]):,}",
        required=True,
        key="only_right",
    )
    st.caption(
        f"Both right: {differences.both:,} · neither: {differences.neither:,} · by most of {len(differences.seeds)} seeds"
    )
    places = list(sides[side or "first"])
    run = next((run for run in found.runs if run.scores is not None), None)
    if not places or run is None:
        return
    table = _table(found.dataset).iloc[run_store().predictions(run.id).items[places]]
    if "text" in table:
        shown = table[["text", "label", "line"]].rename(columns={"label": "true", "line": "row"})
        st.dataframe(shown, hide_index=True, key="only_right_texts", alt="Texts that only one of them gets right")
        return
    st.caption(f"{counted(len(places), 'picture')}, the clearest first.")
    gone = gallery(len(places), lambda start, end: shots_of(found.dataset, table.iloc[start:end]), f"only_{side}", _PER_PAGE)
    missing(gone, f"“{plain(found.dataset_name)}”")


def show_confidence(found: ExperimentResults) -> None:
    """Whether confidence can be believed, and how sure each strategy is."""
    known = found.evidence.calibration if found.evidence else ()
    show_chart(charts.reliability_chart(known), key="reliability")
    several = len({one.encoder for one in known} - {"none"}) > 1
    names = [f"{strategy_name(one.strategy)} · {one.encoder}" if several else strategy_name(one.strategy) for one in known]
    if known:
        place = st.selectbox("Strategy", range(len(known)), format_func=lambda one: names[one], key="confidence_of")
        show_chart(charts.confidence_chart(known[place]), key="confidence")
        st.markdown(plain(known[place].sentence))


@st.cache_data(max_entries=4, max_size="100MB", show_spinner=False)
def _table(dataset: str) -> pd.DataFrame:
    """The dataset's items."""
    return datasets().items(dataset)
