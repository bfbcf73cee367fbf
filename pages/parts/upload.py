"""Files on their way in: from the browser to files in the workspace, without keeping a copy in the server's memory."""

import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.cached import workspace
from pages.parts.messages import counted, plain, size_words
from tlcore.files import atomic_path

PICTURES = ("png", "jpg", "jpeg", "webp", "gif", "bmp")
"""Endings of pictures that an uploader takes; what a file is, the engine finds out from its content."""
TABLES = ("csv", "tsv", "txt", "gz")
_DAY = 24 * 3600


class Upload(TypedDict):
    """A file that has arrived."""

    path: str
    name: str
    """As the user's machine called it; never used as a path."""
    bytes: int


def take_upload(label: str, key: str, kinds: Sequence[str], help_text: str) -> Upload | None:
    """An uploader until a file has come, then that file. It survives page switches until `forget_upload`."""
    taken = _take(label, key, kinds, help_text, several=False)
    return taken[0] if taken else None


def take_uploads(label: str, key: str, kinds: Sequence[str], help_text: str) -> list[Upload]:
    """The same for any number of files dropped together; none while there are none."""
    return _take(label, key, kinds, help_text, several=True)


def copies(uploaded: Sequence[UploadedFile]) -> list[Upload]:
    """Files copied into the workspace under names of our own; old leftovers are swept on the way."""
    folder = workspace().uploads
    folder.mkdir(exist_ok=True)
    _sweep(folder)
    return [_keep(one, folder) for one in uploaded]


def forget_upload(key: str) -> None:
    """Remove uploaded files and show the uploader again."""
    taken: list[Upload] = st.session_state.pop(f"upload_{key}", [])
    for upload in taken:
        Path(upload["path"]).unlink(missing_ok=True)


def show_uploads(uploads: Sequence[Upload], label: str, put_away: Callable[[], None]) -> None:
    """What was uploaded, beside a button that puts it away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        what = uploads[0]["name"] if len(uploads) == 1 else counted(len(uploads), "file")
        st.markdown(f"**{plain(what)}** · {size_words(sum(upload['bytes'] for upload in uploads))}")
        st.button(label, icon=":material/close:", on_click=put_away)


def _take(label: str, key: str, kinds: Sequence[str], help_text: str, several: bool) -> list[Upload]:
    """The uploader, or what came through it."""
    state = f"upload_{key}"
    if state in st.session_state:
        return st.session_state[state]
    generation = st.session_state.setdefault(f"{state}_generation", 0)
    widget = f"{state}_{generation}"
    uploaded = st.file_uploader(label, type=kinds, accept_multiple_files=several, key=widget, help=help_text)
    if not uploaded:
        return []
    uploaded = uploaded if isinstance(uploaded, list) else [uploaded]
    st.session_state[state] = copies(uploaded)
    for one in uploaded:
        _free_memory(one)
    del st.session_state[widget]
    st.session_state[f"{state}_generation"] = generation + 1
    return st.rerun()


def _sweep(folder: Path) -> None:
    """Remove what was left over a day ago."""
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _DAY:
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)


def _keep(uploaded: UploadedFile, folder: Path) -> Upload:
    """Copy the bytes into a folder under a name of our own."""
    target = folder / f"{uuid4().hex}{_ending(uploaded.name)}"
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        shutil.copyfileobj(uploaded, stream, 1 << 20)
    return Upload(path=str(target), name=uploaded.name, bytes=uploaded.size)


def _ending(name: str) -> str:
    """One of a few endings: of the user's name nothing else becomes part of a path."""
    ending = name.lower().rpartition(".")[2]
    return f".{ending}" if ending in ("zip", *PICTURES) else ".csv"


def _free_memory(uploaded: UploadedFile) -> None:
    """Drop the server's copy. The call is not public, so its absence must do no harm."""
    context = get_script_run_ctx()
    with contextlib.suppress(AttributeError, KeyError):
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, uploaded.file_id)
    uploaded.close()
