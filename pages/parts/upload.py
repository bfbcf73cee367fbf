"""A file on its way in: from the browser to a file in the workspace, without keeping a copy in the server's memory."""

import contextlib
import shutil
import time
from pathlib import Path
from typing import TypedDict
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.cached import workspace
from tlcore.files import atomic_path

_DAY = 24 * 3600


class Upload(TypedDict):
    """A file that has arrived."""

    path: str
    name: str
    """As the user's machine called it; never used as a path."""
    bytes: int


def take_upload(label: str, key: str, kinds: list[str], help_text: str) -> Upload | None:
    """An uploader until a file has come, then that file. It survives page switches until `forget_upload`."""
    state = f"upload_{key}"
    if state in st.session_state:
        return st.session_state[state]
    generation = st.session_state.setdefault(f"{state}_generation", 0)
    widget = f"{state}_{generation}"
    uploaded = st.file_uploader(label, type=kinds, key=widget, help=help_text)
    if uploaded is None:
        return None
    st.session_state[state] = _keep(uploaded)
    _free_memory(uploaded)
    del st.session_state[widget]
    st.session_state[f"{state}_generation"] = generation + 1
    return st.rerun()


def forget_upload(key: str) -> None:
    """Remove an uploaded file and show the uploader again."""
    upload: Upload | None = st.session_state.pop(f"upload_{key}", None)
    if upload:
        Path(upload["path"]).unlink(missing_ok=True)


def _keep(uploaded: UploadedFile) -> Upload:
    """Copy the bytes into the workspace under a name of our own; old leftovers are swept on the way."""
    folder = workspace().uploads
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _DAY:
            old.unlink(missing_ok=True)
    ending = ".zip" if uploaded.name.lower().endswith(".zip") else ".csv"
    target = folder / f"{uuid4().hex}{ending}"
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        shutil.copyfileobj(uploaded, stream, 1 << 20)
    return Upload(path=str(target), name=uploaded.name, bytes=uploaded.size)


def _free_memory(uploaded: UploadedFile) -> None:
    """Drop the server's copy. The call is not public, so its absence must do no harm."""
    context = get_script_run_ctx()
    with contextlib.suppress(AttributeError, KeyError):
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, uploaded.file_id)
    uploaded.close()
