"""Two experiments side by side: the finding, its picture, what differs, and the scores of both."""

import pandas as pd
import streamlit as st

from pages.parts.cached import helper
from pages.parts.charts import show_chart
from pages.parts.messages import plain, points
from tlcore import charts
from tlcore.charts.side_by_side import signed
from tlcore.charts.style import strategy_name
from tlcore.evaluation.side_by_side_records import PairedDifference, ScorePair, SideBySide
from tlcore.experiments.rows import ExperimentRecord
from tlcore.records import StrategySummary

_LOOK = {
    "first_better": (":material/trending_up:", "green"),
    "second_better": (":material/trending_down:", "red"),
    "no_difference": (":material/trending_flat:", "blue"),
    "not_enough_evidence": (":material/help:", "orange"),
}
_SHORT = 28
"""Characters of an experiment's name in a badge or at the head of a column."""


def compared(first: ExperimentRecord, second: ExperimentRecord) -> SideBySide:
    """The comparison, made anew when either experiment has moved on; the helper makes it, so that this process stays small."""
    return SideBySide.model_validate(_compared(first.model_dump_json(), second.model_dump_json()))


def show_side_by_side(found: SideBySide) -> None:
    """All of it, the finding first."""
    with st.container(border=True, key="side_by_side"):
        _badge(found)
        st.markdown(f"### {plain(found.sentence)}", anchors=False)
        st.caption(plain(found.reason))
    if found.pairs:
        show_chart(charts.side_by_side_chart(found), key="differences")
        with st.expander("Each comparison in words", icon=":material/notes:"):
            st.markdown("\n".join(f"- {plain(f'{pair.sentence} {pair.settle}')}" for pair in found.pairs))
    if said := (*found.notes, *found.without_partner):
        st.markdown("**What to know**")
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said))
    _changes(found)
    _scores(found)


def _badge(found: SideBySide) -> None:
    """The finding in two or three words."""
    if found.headline is None:
        word = "Cannot be compared" if found.basis == "settings" else "No difference is claimed"
        st.badge(word, icon=":material/block:", color="gray")
        return
    kind = found.pairs[found.headline].kind
    icon, colour = _LOOK[kind]
    words = {
        "first_better": f"{_short(found.first.name)} is better",
        "second_better": f"{_short(found.second.name)} is better",
        "no_difference": "No practical difference",
        "not_enough_evidence": "Not enough evidence yet",
    }
    st.badge(plain(words[kind]), icon=icon, color=colour)


def _changes(found: SideBySide) -> None:
    """What is not the same."""
    st.subheader("What differs")
    if not found.changes:
        st.caption("Nothing that was recorded differs.")
        return
    rows = [
        {
            "what": f"{change.what}, {strategy_name(change.strategy)}" if change.strategy else change.what,
            "first": change.first or "unknown",
            "second": change.second or "unknown",
        }
        for change in found.changes
    ]
    st.dataframe(_headed(pd.DataFrame(rows), found), hide_index=True, key="changes", alt="What differs between the two")


def _scores(found: SideBySide) -> None:
    """Both experiments' scores, each on its own whole test, and the difference where there is one."""
    if not found.scores:
        return
    st.subheader("Scores")
    pairs = {(pair.strategy, pair.budget, pair.first_encoder, pair.second_encoder): pair for pair in found.pairs}
    rows = [
        {
            "strategy": strategy_name(one.strategy),
            "labels": one.budget,
            "first": _score(one.first),
            "second": _score(one.second),
            "difference": _difference(pairs.get((one.strategy, one.budget, *_encoders(one)))),
        }
        for one in found.scores
    ]
    st.dataframe(_headed(pd.DataFrame(rows), found), hide_index=True, key="both_scores", alt="The scores of both experiments")
    st.caption(
        "Accuracy with its own 95 % interval, each on the whole locked test of its experiment. Differences are in points,"
        " paired over seeds and test items; their intervals allow for all that were looked at."
    )


def _encoders(one: ScorePair) -> tuple[str | None, str | None]:
    return one.first.encoder if one.first else None, one.second.encoder if one.second else None


def _score(row: StrategySummary | None) -> str:
    if row is None:
        return "–"
    encoder = "" if row.encoder == "none" else f" · {row.encoder}"
    return f"{points(row.accuracy)} ({points(row.accuracy_low)} to {points(row.accuracy_high)}){encoder}"


def _difference(pair: PairedDifference | None) -> str:
    if pair is None:
        return "–"
    if pair.identical:
        return "same answers"
    return f"{signed(pair.difference)} ({100 * pair.low:.1f} to {100 * pair.high:.1f})"


def _headed(table: pd.DataFrame, found: SideBySide) -> pd.DataFrame:
    """The two experiments' names above their columns; told apart even when both have one name."""
    heads = _short(found.first.label), _short(found.second.label)
    if heads[0] == heads[1]:
        heads = f"{heads[0]} (first)", f"{heads[1]} (second)"
    return table.rename(columns=dict(zip(("first", "second"), heads, strict=True)))


def _short(name: str) -> str:
    return name if len(name) <= _SHORT else f"{name[:_SHORT].rstrip()}…"


@st.cache_data(max_entries=20, show_spinner=False)
def _compared(first: str, second: str) -> dict[str, object]:
    """As `compared`, kept for as long as the records of both stay what they are."""
    ids = [ExperimentRecord.model_validate_json(record).id for record in (first, second)]
    return helper().call("side_by_side", {"first": ids[0], "second": ids[1]})
