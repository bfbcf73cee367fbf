"""From uploaded pictures to a dataset: what their names say, the labels open to change, then one button."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import counted, errors_shown, plain, working
from pages.parts.upload import Upload, forget_upload, show_uploads
from tlcore.data.pictures.records import PictureChoices, PictureLook
from tlcore.files import stem

_SHOWN_NAMES = 3
_MOST_ROWS = 8
"""Classes whose rows are seen without scrolling."""
_ROW = 35


def are_pictures(uploads: Sequence[Upload]) -> bool:
    """False for a single table, which is a dataset of texts."""
    return len(uploads) > 1 or not uploads[0]["path"].endswith(".csv")


def picture_form(uploads: Sequence[Upload]) -> str | None:
    """Show what was dropped and the choices; the new dataset's id once it is stored."""
    show_uploads(uploads, "Take other files", lambda: forget_upload("data"))
    look = _look(uploads)
    if look is None:
        return None
    _tell(look)
    choices = _choices(uploads, look)
    if not st.button("Add dataset", type="primary", icon=":material/add:", key="add_dataset"):
        return None
    return _store(uploads, choices)


def sent(uploads: Sequence[Upload]) -> dict[str, list[str]]:
    """Files as the helper is told of them: where they are, and what they were called."""
    return {"paths": [upload["path"] for upload in uploads], "names": [upload["name"] for upload in uploads]}


def _look(uploads: Sequence[Upload]) -> PictureLook | None:
    """What the files are, asked for once; None after the reason was shown."""
    key = tuple(upload["path"] for upload in uploads)
    if st.session_state.get("picture_look_key") != key:
        with errors_shown(), working("Looking at the names…") as say:
            found = helper().call("look_at_pictures", sent(uploads), say)
            st.session_state["picture_look"] = PictureLook.model_validate(found)
            st.session_state["picture_look_key"] = key
    return st.session_state["picture_look"] if st.session_state.get("picture_look_key") == key else None


def _tell(look: PictureLook) -> None:
    """What was found, in words."""
    st.markdown(plain(look.layout))
    labelled = len([label for label in look.classes if label])
    facts = [counted(look.pictures, "picture"), f"{labelled} class{'es' * (labelled != 1)}"]
    facts += [f"{count:,} for {plain(part)}" for part, count in look.parts.items()]
    if look.validation:
        facts.append(f"{look.validation:,} for validation, which join the train part")
    if unlabelled := look.classes.get(""):
        facts.append(f"{unlabelled:,} without a label")
    if look.junk:
        facts.append(f"{counted(look.junk, 'other file')} left aside")
    st.caption(" · ".join(facts))
    if look.names:
        st.caption(f"The first ones: {plain(', '.join(look.names[:_SHOWN_NAMES]))}")


def _choices(uploads: Sequence[Upload], look: PictureLook) -> PictureChoices:
    """Name, labels and split."""
    key = uploads[0]["path"]
    labels = _labels(look, key)
    proposed = stem(uploads[0]["name"].rsplit("/", 1)[-1]) if len(uploads) == 1 else "Pictures"
    name = st.text_input("Name of the dataset", proposed, key=f"name_{key}")
    use_split = bool(look.parts) and st.toggle(
        "Use the train and test parts that came with it",
        value=True,
        key=f"use_split_{key}",
        help="Off, all pictures are put together and a fifth is drawn as the locked test set.",
    )
    return PictureChoices(name=name or None, labels=labels, use_split=use_split or not look.parts)


def _labels(look: PictureLook, key: str) -> dict[str, str] | None:
    """What each class is to be called; None while nobody changed any."""
    rows = [{"label": label, "pictures": count, "use as": label} for label, count in look.classes.items() if label]
    if not rows:
        return None
    st.caption("Give two classes the same name to merge them; empty a name to leave its pictures out.")
    edited = st.data_editor(
        pd.DataFrame(rows),
        hide_index=True,
        disabled=("label", "pictures"),
        height=_ROW * (min(len(rows), _MOST_ROWS) + 1) + 3,
        column_config={"use as": st.column_config.TextColumn("use as", max_chars=200)},
        key=f"labels_{key}",
    )
    wanted = {row["label"]: (row["use as"] or "").strip() for row in edited.to_dict("records")}
    return wanted if any(label != use for label, use in wanted.items()) else None


def _store(uploads: Sequence[Upload], choices: PictureChoices) -> str | None:
    """Have the helper import the pictures; the new dataset's id."""
    with errors_shown(), working("Reading, checking, storing…", stop="stop_import") as say:
        params = {**sent(uploads), "choices": choices.model_dump(mode="json")}
        return str(helper().call("import_pictures", params, say)["id"])
    return None
