"""Predicting one text or a whole file, through the helper process."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st

from pages.parts.cached import helper, workspace
from pages.parts.charts import show_chart
from pages.parts.messages import counted, errors_shown, plain, points, working
from pages.parts.models import Chosen
from pages.parts.reading import read_upload
from pages.parts.upload import Upload, forget_upload, take_upload
from tlcore import charts
from tlcore.models.table import TableChoices, TableReport

_PREVIEW_ROWS = 200


def predict_one(model: Chosen) -> None:
    """A text in, its probabilities out."""
    with st.form("one_text", border=False):
        text = st.text_area(
            "Text", key="one_text_area", height=120, placeholder="Write or paste a text", persist_state="session"
        )
        asked = st.form_submit_button("Classify", type="primary", icon=":material/auto_awesome:")
    if asked and text.strip():
        with errors_shown(), st.spinner("Classifying…", show_time=True):
            answer = helper().call("predict", {"model": model.key, "items": [text]})
            show_prediction(answer["predictions"][0], answer["notes"])
    elif asked:
        st.info("Write a text first.", icon=":material/edit:")


def show_prediction(prediction: dict[str, Any], notes: list[str]) -> None:
    """The label, how sure, and the alternatives."""
    if prediction["label"] is None:
        st.warning(plain(prediction["reason"]), icon=":material/warning:")
        return
    with st.container(key="prediction"):
        st.metric("Label", plain(prediction["label"]), width="content")
        st.caption(f"{points(prediction['confidence'])} sure")
    for remark in (prediction["reason"], *notes):
        if remark:
            st.caption(plain(remark))
    show_chart(charts.probabilities_chart(prediction["probabilities"]), key="probabilities")


def download_table(path: Path, model: str, key: str) -> None:
    """The button that takes a table of a model's predictions along."""
    st.download_button(
        "Download the table",
        data=path.read_bytes,
        file_name=f"predictions-{model}-{path.stem[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )


def predict_file(model: Chosen) -> None:
    """A table in, the same table with predictions out."""
    upload = take_upload(
        "A CSV file with a text in every row",
        "table",
        ["csv", "tsv", "txt", "gz"],
        "All its columns come back, with the predictions.",
    )
    if upload is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(upload['name'])}** · {upload['bytes'] / 1e6:.1f} MB")
        st.button("Take another file", icon=":material/close:", on_click=_put_away)
    choices = _choices(model, upload)
    if choices and st.button("Classify all rows", type="primary", icon=":material/auto_awesome:"):
        _put_away_result()
        with errors_shown():
            _run(model, upload, choices)
    done = st.session_state.get("table_result")
    if done and done["model"] == model.card.id:
        _show_table(TableReport.model_validate(done["report"]), Path(done["path"]), done["model"])


def _choices(model: Chosen, upload: Upload) -> TableChoices | None:
    """How the file is read and which column holds the texts; None after the reason was shown."""
    found = read_upload(upload)
    if found is None:
        return None
    look, options = found
    columns, learnt = list(look.report.columns), model.card.dataset.text_column
    likely = learnt if learnt in columns else look.guess.text
    text = st.selectbox("Text", columns, index=columns.index(likely), key=f"text_{upload['path']}_{model.key}")
    return TableChoices(text=text, csv=options, file_name=upload["name"])


def _run(model: Chosen, upload: Upload, choices: TableChoices) -> None:
    """Have the helper classify the file; the stop button ends it."""
    target = workspace().uploads / f"{uuid4().hex}.csv"
    asked = choices.model_dump(mode="json")
    params = {"model": model.key, "source": upload["path"], "target": str(target), "choices": asked}
    with working("Reading and classifying…", stop="stop_table") as say:
        report = helper().call("predict_table", params, say)
    st.session_state["table_result"] = {"report": report, "path": str(target), "model": model.card.id}
    st.rerun()


def _show_table(report: TableReport, path: Path, model: str) -> None:
    """What came of the file: counts, charts, rows, download."""
    if not path.exists():
        st.info("This result was cleared away. Classify the file again.", icon=":material/refresh:")
        return
    facts = [
        f"{report.predicted:,} of {report.rows:,} rows classified",
        f"text in “{plain(report.text_column)}”",
    ]
    if report.not_predicted:
        facts.append(f"{counted(report.not_predicted, 'row')} without a text, see the column reason")
    if report.skipped:
        facts.append(f"{counted(report.skipped, 'malformed row')} left out")
    st.caption(" · ".join(facts))
    download_table(path, model, "download_table")
    show_chart(charts.class_shares_chart(report.summary.by_class), key="shares")
    _by_column(report)
    import pandas as pd

    st.dataframe(
        pd.read_csv(path, nrows=_PREVIEW_ROWS, dtype=str, keep_default_na=False),
        hide_index=True,
        height=320,
        alt="The first rows with predictions",
    )


def _by_column(report: TableReport) -> None:
    """Shares by any column, and over time where a column holds dates."""
    summary = report.summary
    columns = [*summary.over_time, *(column for column in summary.by_column if column not in summary.over_time)]
    if not columns:
        return
    column = st.selectbox("Shares by", columns, key="by_column", help="Any column with few distinct values, or with dates.")
    if column in summary.over_time:
        show_chart(charts.share_over_time_chart(summary.frame(column), column), key="share_time")
    else:
        show_chart(charts.share_by_column_chart(summary.frame(column), column), key="share_column")


def _put_away() -> None:
    """Forget file and result."""
    forget_upload("table")
    _put_away_result()


def _put_away_result() -> None:
    """Remove the last result and its file."""
    if done := st.session_state.pop("table_result", None):
        Path(done["path"]).unlink(missing_ok=True)
