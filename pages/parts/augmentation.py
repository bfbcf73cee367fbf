"""What augmentation makes of the user's own pictures, seen before anything is trained."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import errors_shown, plain
from pages.parts.pictures import Shot, show_picture
from tlcore.experiments.spec import ExperimentSpec
from tlcore.training.settings import TrainingSettings

_VIEWS = 8
_NARROWEST = 90
_KNOBS = ("augmentation", "flip", "crop", "rotation", "scale", "colour", "erasing")


def preview(spec: ExperimentSpec, strategy: str, settings: TrainingSettings) -> None:
    """Views of one picture of the dataset as these settings vary it; none when they vary nothing."""
    if settings.augmentation == "none":
        return
    seeds = f"preview_seed_{strategy}"
    with st.container(horizontal=True, vertical_alignment="center"):
        words = st.empty()
        if st.button("Another picture", icon=":material/casino:", key=f"another_{strategy}"):
            st.session_state[seeds] = st.session_state.get(seeds, 0) + 1
    with errors_shown():
        shown = _views(spec, strategy, settings, st.session_state.get(seeds, 0))
        words.caption(f"What the network would see of “{plain(shown['of'])}”, each time it comes to it:")
        cells = st.grid(_VIEWS, min_column_width=_NARROWEST, gap="xsmall", key=f"views_{strategy}")
        for number, path in enumerate(shown["paths"], 1):
            with cells.cell():
                show_picture(Shot(Path(path), f"View {number}"))


def _views(spec: ExperimentSpec, strategy: str, settings: TrainingSettings, seed: int) -> dict[str, Any]:
    """The helper's views, asked for once for each choice; the files of the choice before are removed."""
    state = f"preview_{strategy}"
    knobs = tuple(getattr(settings, name) for name in _KNOBS)
    key = (spec.dataset, spec.image_size, knobs, seed)
    kept = st.session_state.get(state)
    if kept and kept["key"] == key and all(Path(path).exists() for path in kept["paths"]):
        return kept
    params = {
        "dataset": spec.dataset,
        "settings": settings.model_dump(mode="json"),
        "image_size": spec.image_size,
        "count": _VIEWS,
        "seed": seed,
    }
    with st.spinner("Varying one of your pictures…", show_time=True):
        found = helper().call("augment_preview", params)
    for path in kept["paths"] if kept else ():
        Path(path).unlink(missing_ok=True)
    st.session_state[state] = {**found, "key": key}
    return st.session_state[state]
