"""Sentences for people: errors, findings, empty states. Text from users is always escaped."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import dedent
from uuid import uuid4

import streamlit as st

from tlcore.errors import TransferLabError
from tlcore.records import RunStatus

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^&@=/])")
_MELTING = re.compile(r"(?<=\bhttp)(?=s?:)|(?<=\bwww)(?=\.)|(?<=\w)(?=@\w)|(?<=[<>=~-])(?=[<>=~-])", re.IGNORECASE)
"""Where the browser would make a link or an arrow in spite of escapes."""
_JOINER = "\N{WORD JOINER}"
"""Shows nothing, and keeps what is left and right of it apart."""
_BRIEF = 2.0
"""Seconds of work before anything is said about how long the rest will take."""
_log = logging.getLogger("transferlab")

STATES: dict[str, tuple[str, str, str]] = {
    "queued": ("Waiting", "gray", ":material/schedule:"),
    "running": ("Running", "blue", ":material/play_circle:"),
    "finished": ("Finished", "green", ":material/check_circle:"),
    "failed": ("Failed", "red", ":material/error:"),
    "cancelled": ("Cancelled", "orange", ":material/cancel:"),
    "interrupted": ("Interrupted", "orange", ":material/power_off:"),
}
"""State → word, colour, icon: the same everywhere."""


def plain(text: object) -> str:
    """User text that Markdown shows letter by letter: no image, link, directive or HTML can come of it."""
    return _MARKDOWN.sub(r"\\\1", _MELTING.sub(_JOINER, " ".join(str(text).split())))


def state_of(status: RunStatus, reason: str) -> str:
    """The key of STATES for a run."""
    if status is RunStatus.KILLED:
        return reason if reason == "interrupted" else "cancelled"
    return {RunStatus.SCHEDULED: "queued", RunStatus.RUNNING: "running", RunStatus.FINISHED: "finished"}.get(status, "failed")


def badge(state: str) -> None:
    """A coloured word for a state."""
    word, colour, icon = STATES[state]
    st.badge(word, icon=icon, color=colour)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show what goes wrong inside as one sentence. Faults nobody foresaw get a number that finds their trace in the log."""
    try:
        yield
    except TransferLabError as error:
        sentence, _, drawing = str(error).partition("\n")
        st.error(plain(sentence), icon=":material/error:")
        if drawing.strip():  # e.g. how the folders of a zip should look
            st.code(dedent(drawing).strip("\n"), language=None)
    except Exception as error:
        if type(error).__module__.startswith("streamlit"):
            raise
        number = uuid4().hex[:8]
        _log.exception("fault %s", number)
        st.error(
            f"Something went wrong that should not have. Your work is safe. Try again; should it recur, report fault {number}.",
            icon=":material/bug_report:",
        )


def empty_state(icon: str, sentence: str, page: str, action: str) -> None:
    """What to do next where there is nothing to show yet."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(f"### :gray[:material/{icon}:]", text_alignment="center")
        st.markdown(sentence, text_alignment="center")
        st.page_link(page, label=action, icon=":material/arrow_forward:", width="content")
        st.space("small")


@contextmanager
def working(text: str, stop: str | None = None) -> Iterator[Callable[[int, int], None]]:
    """Show progress, with a stop button that has the key `stop`, while a block lasts; yields what takes (done, in all)."""
    place, began = st.empty(), time.monotonic()
    with place.container():
        bar = st.progress(0.0, text=text)
        if stop:
            st.button("Stop", icon=":material/stop:", key=stop)

    def say(done: int, total: int) -> None:
        share, spent = done / max(total, 1), time.monotonic() - began
        left = f" about {duration(spent / share - spent)} left" if 0 < share < 1 and spent > _BRIEF else ""
        bar.progress(min(share, 1.0), text=f"{text}{left}")

    try:
        yield say
    finally:
        place.empty()


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 row`, `1,200 rows`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size_words(count: int) -> str:
    """Bytes as people say them: `812 bytes`, `43.1 kB`, `2.5 MB`."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB" if count >= 1e3 else counted(count, "byte")


def points(fraction: float | None) -> str:
    """A share as percent: `0.874` → `87.4 %`; unknown → `–`."""
    return "–" if fraction is None else f"{100 * fraction:.1f} %"


def duration(seconds: float | None) -> str:
    """Seconds as people say them: `0.4 s`, `38 s`, `4 min 10 s`, `2 h 5 min`; unknown → `–`."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
