"""From an uploaded CSV to a dataset: what was found in it, every guess open to change, then one button."""

import pandas as pd
import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import errors_shown, plain, working
from pages.parts.reading import read_upload
from pages.parts.upload import Upload, forget_upload, take_upload
from tlcore.data.csv.load import CsvOptions
from tlcore.data.importer import ImportChoices
from tlcore.data.items import SENTIMENTS
from tlcore.data.look import FileLook
from tlcore.data.sentiment import suggest_mapping
from tlcore.files import stem
from tlcore.records import Task

_NONE = "– none –"


def import_form(upload: Upload) -> str | None:
    """Show the file and the choices; the new dataset's id once it is stored."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(upload['name'])}** · {upload['bytes'] / 1e6:.2f} MB")
        st.button("Take another file", icon=":material/close:", on_click=_put_away)
    found = read_upload(upload)
    if found is None:
        return None
    look, options = found
    choices = _columns(upload, look, options)
    test = take_upload(
        "Your own test set, if you have one (a CSV with the same columns)",
        "test",
        ["csv", "tsv", "txt", "gz"],
        "It becomes the locked test set.",
    )
    if test:
        st.markdown(f"Test set: **{plain(test['name'])}**")
        choices = choices.model_copy(update={"split": None})
    if not st.button("Add dataset", type="primary", icon=":material/add:", key="add_dataset"):
        return None
    return _store(upload, choices, test)


def _put_away() -> None:
    """Forget the files."""
    forget_upload("data")
    forget_upload("test")


def _columns(upload: Upload, look: FileLook, options: CsvOptions) -> ImportChoices:
    """Which column plays which part, with the reason of each guess."""
    guess, columns, key = look.guess, list(look.report.columns), upload["path"]
    left, right = st.columns(2)
    with left:
        text = st.selectbox("Text", columns, index=columns.index(guess.text), key=f"text_{key}")
        st.caption(plain(guess.text_reason) if text == guess.text else "Your choice.")
    with right:
        label = st.selectbox(
            "Label",
            columns,
            index=columns.index(guess.label) if guess.label else None,
            placeholder="Choose",
            key=f"label_{key}",
        )
        st.caption(plain(guess.label_reason) if label == guess.label else "Your choice.")
    optional = [_NONE, *columns]
    split = left.selectbox(
        "Column that says train or test", optional, index=optional.index(guess.split or _NONE), key=f"split_{key}"
    )
    group = right.selectbox(
        "Column whose values must stay together",
        optional,
        index=optional.index(guess.group or _NONE),
        key=f"group_{key}",
        help="For instance the author: no author's texts will be in both train and test.",
    )
    task, mapping = _task(look, label, guess.task, key)
    name = st.text_input("Name of the dataset", stem(upload["name"]), key=f"name_{key}")
    return ImportChoices(
        name=name or None,
        text=text,
        label=label,
        task=task,
        label_mapping=mapping,
        split=None if split == _NONE else split,
        group=None if group == _NONE else group,
        csv=options,
    )


def _task(look: FileLook, label: str | None, guess: Task, key: str) -> tuple[Task | None, dict[str, str] | None]:
    """Sentiment with its mapping, or classification with labels as they are."""
    values = look.values.get(label or "", {})
    suggested = suggest_mapping([value for value in values if value]) if values else None
    task = st.segmented_control(
        "Task",
        ["sentiment", "classification"],
        default=guess if label == look.guess.label else ("sentiment" if suggested else "classification"),
        format_func=str.capitalize,
        required=True,
        help="Sentiment maps labels to negative, neutral and positive. Classification takes them as they are.",
        key=f"task_{key}_{label}",
    )
    if task != "sentiment" or not values:
        return task, None
    rows = [
        {"label": value, "rows": count, "means": (suggested or {}).get(value, "")} for value, count in values.items() if value
    ]
    edited = st.data_editor(
        pd.DataFrame(rows),
        hide_index=True,
        disabled=("label", "rows"),
        column_config={
            "means": st.column_config.SelectboxColumn("means", options=[*SENTIMENTS, ""], help="Empty leaves its rows out.")
        },
        key=f"mapping_{key}_{label}",
    )
    return task, {row["label"]: row["means"] or "" for row in edited.to_dict("records")}


def _store(upload: Upload, choices: ImportChoices, test: Upload | None) -> str | None:
    """Have the helper import the file; the new dataset's id."""
    with errors_shown(), working("Reading, checking, storing…", stop="stop_import") as say:
        params = {
            "path": upload["path"],
            "choices": choices.model_dump(mode="json"),
            "test": test["path"] if test else None,
            "file_name": upload["name"],
        }
        return str(helper().call("import_csv", params, say)["id"])
    return None
