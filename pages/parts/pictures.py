"""Pictures on a page: one, or a gallery with pages; shown from the files that the engine wrote anew, never decoded here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.parts.messages import plain

PER_PAGE = 24
_COLUMNS = 6
_NARROWEST = 130
_LONGEST_NAME = 24


@dataclass(frozen=True)
class Shot:
    """A picture with what there is to say about it. All texts are as they came, from wherever."""

    path: Path | None
    """The stored file; None when there is none, as for a picture that could not be read."""
    name: str
    caption: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


Shots = Callable[[int, int], Sequence[Shot]]
"""The pictures from one position up to another."""


def show_picture(shot: Shot) -> bool:
    """Draw a picture as wide as its place; False, with a sentence instead of it, when its file is gone or damaged."""
    if shot.path is not None and shot.path.is_file():
        try:
            # The bytes go out as they are, and the browser fits them in: asked for a smaller width or another format than
            # the file's (and "auto" is JPEG for all without transparency), Streamlit would decode them in this process.
            form: Literal["PNG", "JPEG"] = "PNG" if shot.path.suffix == ".png" else "JPEG"
            st.image(str(shot.path), width="stretch", output_format=form, alt=shot.name)
            return True
        except OSError:  # what Pillow says of bytes that are no picture
            pass
    st.caption(":material/broken_image: No picture to show")
    return False


def gallery(count: int, shots: Shots, key: str, per_page: int = PER_PAGE) -> int:
    """A page of `count` pictures with their captions, each opening large with its facts; returns how many of it are gone."""
    pages = max(-(-count // per_page), 1)
    place = st.container(key=f"gallery_{key}")
    # The key holds the number of pages, so that a filter that leaves fewer begins at the first again.
    page = st.pagination(pages, key=f"page_{key}_{pages}") if pages > 1 else 1
    with place:
        return still(shots((page - 1) * per_page, min(page * per_page, count)), key)


def still(shots: Sequence[Shot], key: str, opens: bool = True) -> int:
    """Pictures side by side; returns how many of them are gone. In a dialog they cannot open another."""
    cells = st.grid(_COLUMNS, min_column_width=_NARROWEST, gap="small")
    gone = 0
    for number, shot in enumerate(shots):
        with cells.cell(), st.container(gap=None):
            gone += not show_picture(shot)
            if shot.caption:
                st.caption(plain(shot.caption))
            name = plain(_short(shot.name))
            if not opens:
                st.caption(name)
            elif st.button(name, key=f"picture_{key}_{number}", type="tertiary", help="Full size and facts"):
                _full_size(shot)
    return gone


def missing(gone: int, folder: str) -> None:
    """One sentence about stored pictures that are not there."""
    if gone:
        st.error(
            f"{gone} of the pictures above can no longer be read. Delete {folder} and import its pictures again.",
            icon=":material/broken_image:",
        )


@st.dialog("Picture", width="medium")
def _full_size(shot: Shot) -> None:
    """A picture as large as it was kept, and its facts."""
    show_picture(shot)
    st.markdown(f"**{plain(shot.name)}**")
    if shot.caption:
        st.markdown(plain(shot.caption))
    if shot.facts:
        st.caption(" · ".join(f"{plain(name)}: {plain(value)}" for name, value in shot.facts.items()))


def _short(name: str) -> str:
    """The end of a name, which tells pictures of one folder apart."""
    last = name.rsplit("/", 1)[-1] or name
    return last if len(last) <= _LONGEST_NAME else f"{last[: _LONGEST_NAME // 2]}…{last[-_LONGEST_NAME // 2 + 1 :]}"
