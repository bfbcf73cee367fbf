"""Predicting pictures: dropped, in a zip, or from the camera, through the helper process."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st

from pages.parts.cached import helper, workspace
from pages.parts.charts import show_chart
from pages.parts.messages import counted, errors_shown, plain, points, working
from pages.parts.models import Chosen
from pages.parts.picture_import import sent
from pages.parts.pictures import Shot, gallery, show_picture
from pages.parts.predictions import download_table, show_prediction
from pages.parts.upload import PICTURES, Upload, copies, forget_upload, show_uploads, take_uploads
from tlcore import charts

_DROPPED, _TAKEN = "picture_result", "camera_result"
"""Where a session keeps its last results."""


def predict_pictures(model: Chosen) -> None:
    """Pictures or a zip in, their labels out."""
    uploads = take_uploads("Pictures, or a zip of pictures", "pictures", ("zip", *PICTURES), "Any number, dropped together.")
    if not uploads:
        return
    show_uploads(uploads, "Take other pictures", _put_away)
    if st.button("Classify", type="primary", icon=":material/auto_awesome:", key="classify_pictures"):
        with errors_shown():
            _classify(model, uploads, _DROPPED, "stop_pictures")
    if found := _found(model, _DROPPED):
        for note in found["notes"]:
            st.caption(plain(note))
        if found["report"]["pictures"] == 1:
            _one(found["pictures"][0])
        else:
            _several(found, Path(st.session_state[_DROPPED]["path"]), model.card.id)


def predict_camera(model: Chosen) -> None:
    """A picture from the camera in, its label out; nothing is sent before the visitor takes one."""
    left, right = st.columns([2, 3])
    photo = left.camera_input("Take a picture", key="camera")
    if photo is None:
        _forget(_TAKEN)
        return
    asked = (photo.file_id, model.key)
    if st.session_state.get("camera_asked") != asked:
        uploads = copies([photo])
        try:
            with right, errors_shown():
                _classify(model, uploads, _TAKEN, "stop_camera")
                st.session_state["camera_asked"] = asked
        finally:
            Path(uploads[0]["path"]).unlink(missing_ok=True)
    if found := _found(model, _TAKEN):
        with right:
            show_prediction(found["pictures"][0]["prediction"], found["notes"])


def _classify(model: Chosen, uploads: Sequence[Upload], state: str, stop: str) -> None:
    """Have the helper classify files; the stop button ends it."""
    _forget(state)
    target = workspace().uploads / f"{uuid4().hex}.csv"
    with working("Reading and classifying…", stop=stop) as say:
        params = {**sent(uploads), "model": model.key, "target": str(target)}
        found = helper().call("predict_pictures", params, say)
    st.session_state[state] = {"found": found, "path": str(target), "model": model.card.id}


def _found(model: Chosen, state: str) -> dict[str, Any] | None:
    """The last result, if there is one and it is this model's."""
    kept = st.session_state.get(state)
    return kept["found"] if kept and kept["model"] == model.card.id else None


def _one(picture: Mapping[str, Any]) -> None:
    """The picture beside its classes."""
    left, right = st.columns([1, 2])
    with left:
        show_picture(_shot(picture))
        st.caption(plain(picture["name"]))
    with right:
        show_prediction(picture["prediction"], [])


def _several(found: Mapping[str, Any], path: Path, model: str) -> None:
    """Counts, shares, download and the pictures."""
    report, pictures = found["report"], found["pictures"]
    facts = [f"{report['predicted']:,} of {counted(report['pictures'], 'picture')} classified"]
    if report["not_predicted"]:
        facts.append(f"{report['not_predicted']:,} could not be read, see the column reason")
    st.caption(" · ".join(facts))
    if not path.exists():
        st.info("This result was cleared away. Classify the pictures again.", icon=":material/refresh:")
        return
    with st.container(horizontal=True):
        download_table(path, model, "download_pictures")
        _refused([picture for picture in pictures if picture["prediction"]["label"] is None])
    show_chart(charts.class_shares_chart(report["by_class"], "picture"), key="picture_shares")
    _gallery([picture for picture in pictures if picture["prediction"]["label"] is not None], report)


def _refused(pictures: Sequence[Mapping[str, Any]]) -> None:
    """The files that are no pictures, by name."""
    if pictures:
        with st.popover("Which could not be read", icon=":material/broken_image:", key="refused_pictures"):
            st.text("\n".join(f"{picture['name']}: {picture['prediction']['reason']}" for picture in pictures))


def _gallery(pictures: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> None:
    """The classified pictures, the least sure last."""
    labels = [label for label, count in report["by_class"].items() if count]
    wanted = st.multiselect("Show only", labels, placeholder="all labels", key="picture_labels") if len(labels) > 1 else []
    shown = [picture for picture in pictures if not wanted or picture["prediction"]["label"] in wanted]
    shown.sort(key=lambda picture: -picture["prediction"]["confidence"])
    if len(pictures) < report["predicted"]:
        st.caption(f"The first {len(pictures):,} are shown here; the table has them all.")
    gallery(len(shown), lambda start, end: [_shot(picture) for picture in shown[start:end]], "predicted")


def _shot(picture: Mapping[str, Any]) -> Shot:
    """A picture with its prediction."""
    told, path = picture["prediction"], picture["path"]
    caption = "" if told["label"] is None else f"{told['label']} · {points(told['confidence'])}"
    ranked = sorted(told["probabilities"].items(), key=lambda item: -item[1])[:5]
    facts = {label: points(share) for label, share in ranked} | ({"Mind": told["reason"]} if told["reason"] else {})
    return Shot(Path(path) if path else None, picture["name"], caption, facts)


def _put_away() -> None:
    """Forget files and result."""
    forget_upload("pictures")
    _forget(_DROPPED)


def _forget(state: str) -> None:
    """Remove a result with its files."""
    if kept := st.session_state.pop(state, None):
        Path(kept["path"]).unlink(missing_ok=True)
        for folder in {Path(picture["path"]).parent for picture in kept["found"]["pictures"] if picture["path"]}:
            if folder.parent == workspace().uploads:
                shutil.rmtree(folder, ignore_errors=True)
