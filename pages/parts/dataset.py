"""One dataset on the Data page: what is in it, what was found, and what can be done about it."""

import pandas as pd
import streamlit as st

from pages.parts.cached import datasets, helper, run_store
from pages.parts.charts import show_chart
from pages.parts.gallery import show_concerned, show_gallery, show_sizes
from pages.parts.messages import counted, errors_shown, plain
from pages.parts.state import remember
from pages.parts.words import nouns
from tlcore import charts
from tlcore.records import DatasetCard, DatasetSource, Finding, Severity

_SHOW = {
    Severity.STOP: (st.error, ":material/block:"),
    Severity.WARNING: (st.warning, ":material/warning:"),
    Severity.INFO: (st.info, ":material/info:"),
}


def show_dataset(dataset: str) -> None:
    """Facts, findings with their cures, rows, and housekeeping."""
    card = datasets().card(dataset)
    _facts(card)
    _findings(card)
    (_pictures if card.modality == "image" else _texts)(card)
    _housekeeping(card)


def _texts(card: DatasetCard) -> None:
    """Classes beside the texts."""
    left, right = st.columns([2, 3])
    with left:
        _class_balance(card)
    with right:
        _rows(card)


def _pictures(card: DatasetCard) -> None:
    """Classes beside sizes, and the pictures below, where they have room."""
    left, right = st.columns(2)
    with left:
        _class_balance(card)
    with right:
        show_sizes(card)
    show_gallery(card)


def _class_balance(card: DatasetCard) -> None:
    """How many items of each class."""
    show_chart(charts.class_balance_chart(card.classes), key="class_balance")


def _facts(card: DatasetCard) -> None:
    """The numbers, where they come from, and the way on."""
    source = card.source
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.metric(nouns(card.modality).capitalize(), f"{card.items:,}", width="content")
        st.metric("Classes", len(card.classes), width="content")
        st.metric("Task", card.task.capitalize(), width="content")
        st.space("stretch")
        st.page_link(
            "pages/experiment.py",
            label="Race on this dataset",
            icon=":material/science:",
            query_params={"dataset": card.id},
            width="content",
        )
    facts = [f"From {plain(source.file_name)}"]
    facts += _picture_facts(source) if card.modality == "image" else _table_facts(source)
    facts.append("with its own train and test parts" if card.own_split else "a fifth is set aside as the locked test set")
    if card.grouped:
        facts.append("groups stay on one side of the split")
    st.caption(" · ".join(facts) + ".")


def _table_facts(source: DatasetSource) -> list[str]:
    """How a table was read."""
    facts = [f"text in “{plain(source.text_column)}”, label in “{plain(source.label_column)}”"]
    if source.encoding:
        facts.append(f"read as {plain(source.encoding)}")
    if source.rows_skipped:
        facts.append(f"{counted(source.rows_skipped, 'malformed row')} left out")
    return facts


def _picture_facts(source: DatasetSource) -> list[str]:
    """What became of the files."""
    facts = []
    if source.rows_skipped:
        facts.append(f"{counted(source.rows_skipped, 'unreadable picture')} left out")
    if source.animated:
        facts.append(f"the first frame taken of {counted(source.animated, 'moving picture')}")
    if source.junk:
        facts.append(f"{counted(source.junk, 'other file')} left aside")
    return facts


def _findings(card: DatasetCard) -> None:
    """What an analyst should know before training; the gravest first."""
    if not card.findings:
        st.success("Nothing to worry about was found in this dataset.", icon=":material/check_circle:")
    for finding in sorted(card.findings, key=lambda found: list(Severity).index(found.severity)):
        _finding(card, finding)


def _finding(card: DatasetCard, finding: Finding) -> None:
    """One finding, its examples and its cure."""
    show, icon = _SHOW[finding.severity]
    with st.container(horizontal=True, vertical_alignment="center"):
        show(plain(finding.message), icon=icon, width="stretch")
        if finding.examples:
            with st.popover("Examples", key=f"examples_{finding.code}"):
                st.text("\n".join(finding.examples))
        pictures = card.modality == "image" and finding.items
        if pictures and st.button("See them", key=f"see_{finding.code}", icon=":material/imagesmode:"):
            show_concerned(card, finding)
        if finding.cure:
            st.button(
                plain(finding.cure.label),
                key=f"cure_{finding.code}",
                help="Makes a new dataset; this one stays as it is.",
                on_click=_cure,
                args=(card.id, finding.cure.action),
            )


def _cure(dataset: str, action: str) -> None:
    """Apply a cure and open the new dataset."""
    with errors_shown():
        cured = helper().call("apply_cure", {"dataset": dataset, "action": action})
        remember("dataset", cured["id"])
        st.toast(f"Made a new dataset of {cured['items']:,} {nouns(cured['modality'])}.", icon=":material/healing:")


def _rows(card: DatasetCard) -> None:
    """The texts, searchable."""
    frame = _items(card.id)
    wanted = st.multiselect("Show only", list(card.classes), placeholder="all classes", key=f"classes_{card.id}")
    if wanted:
        frame = frame[frame["label"].isin(wanted)]
    st.dataframe(frame, hide_index=True, height=320, key=f"rows_{card.id}", alt="The texts of this dataset with their labels")


@st.cache_data(max_entries=4, max_size="100MB", show_spinner=False)
def _items(dataset: str) -> pd.DataFrame:
    """The columns worth looking at."""
    frame = datasets().items(dataset)
    columns = ["text", "label", *(column for column in ("part", "group") if (frame[column] != "").any()), "line"]
    return frame[columns]


def _housekeeping(card: DatasetCard) -> None:
    """Name, notes, delete."""
    with st.expander("Name, notes, delete", icon=":material/edit:"):
        name = st.text_input("Name", card.name, key=f"name_{card.id}")
        notes = st.text_area(
            "Notes", card.notes, key=f"notes_{card.id}", placeholder="What should others know about this dataset?"
        )
        if st.button("Save", icon=":material/save:", disabled=(name, notes) == (card.name, card.notes)):
            with errors_shown():
                datasets().rename(card.id, name)
                datasets().annotate(card.id, notes)
                st.rerun()
        dependents = [record.name for record in run_store().experiments() if record.dataset == card.id]
        if dependents:
            names = ", ".join(f"“{plain(dependent)}”" for dependent in dependents[:5])
            used = counted(len(dependents), "experiment")
            st.caption(f"Used by {used}: {names}. The results stay, but cannot be resumed or repeated.")
        sure = st.checkbox("I want to delete this dataset", key=f"sure_{card.id}")
        if st.button("Delete", icon=":material/delete:", disabled=not sure):
            datasets().delete(card.id)
            remember("dataset", None)
            st.rerun()
