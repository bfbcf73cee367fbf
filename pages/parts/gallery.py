"""The pictures of a dataset on the Data page: gallery with filters, sizes, and those that a finding is about."""

import pandas as pd
import streamlit as st

from pages.parts.cached import datasets
from pages.parts.charts import show_chart
from pages.parts.messages import counted, plain, size_words
from pages.parts.pictures import PER_PAGE, Shot, gallery, missing, still
from tlcore import charts
from tlcore.records import DatasetCard, Finding, Picture

_COLUMNS = ["file", "label", "part", "group", "name", "width", "height", "mode", "format", "bytes"]


def show_gallery(card: DatasetCard) -> None:
    """All pictures, by class and part as the visitor likes, a page at a time."""
    table = _mixed(picture_table(card.id))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.multiselect("Show only", list(card.classes), placeholder="all classes", key=f"classes_{card.id}")
        parts = [part for part in ("train", "test") if (table["part"] == part).any()]
        part = st.segmented_control("Part", parts, key=f"part_{card.id}") if parts else None
    if wanted:
        table = table[table["label"].isin(wanted)]
    if part:
        table = table[table["part"] == part]
    if not len(table):
        st.info("No picture is of this class and in this part.", icon=":material/filter_alt_off:")
        return
    st.caption(f"{counted(len(table), 'picture')}. Click a name for full size and facts.")
    gone = gallery(len(table), lambda start, end: shots_of(card.id, table.iloc[start:end]), f"data_{card.id}")
    missing(gone, f"“{plain(card.name)}”")


def show_sizes(card: DatasetCard) -> None:
    """How large the pictures were when they came."""
    table = picture_table(card.id)
    show_chart(charts.picture_sizes_chart(table["width"].tolist(), table["height"].tolist()), key="picture_sizes")


@st.dialog("The pictures that this is about", width="large")
def show_concerned(card: DatasetCard, finding: Finding) -> None:
    """The first pictures that a finding is about."""
    table = picture_table(card.id).iloc[list(finding.items[:PER_PAGE])]
    st.markdown(plain(finding.message))
    gone = still(shots_of(card.id, table), f"finding_{finding.code}", opens=False)
    if finding.count > len(table):
        st.caption(f"The first {len(table)} of {finding.count:,}.")
    missing(gone, f"“{plain(card.name)}”")


def shots_of(dataset: str, table: pd.DataFrame) -> list[Shot]:
    """Rows of a dataset's table as pictures to show."""
    pictures = datasets().contents(dataset, table)
    rows = table.to_dict("records")
    return [_shot(picture, row) for picture, row in zip(pictures, rows, strict=True) if isinstance(picture, Picture)]


@st.cache_data(max_entries=4, max_size="100MB", show_spinner=False)
def picture_table(dataset: str) -> pd.DataFrame:
    """What is known of a dataset's pictures, in its order."""
    return datasets().items(dataset)[_COLUMNS]


def _mixed(table: pd.DataFrame) -> pd.DataFrame:
    """The classes taking turns: a first page of one class alone would say little about a dataset."""
    return table.iloc[table.groupby("label").cumcount().argsort(kind="stable")]


def _shot(picture: Picture, row: dict[str, object]) -> Shot:
    """One row."""
    size = size_words(int(str(row["bytes"])))
    facts = {
        "Came as": f"{row['width']} × {row['height']} pixels, {row['format']}, mode {row['mode']}, {size}",
        "Part": str(row["part"]),
        "Group": str(row["group"]),
    }
    known = {name: value for name, value in facts.items() if value}
    return Shot(picture.path, str(row["name"]), str(row["label"]) or "no label", known)
