"""Forms made from the engine's own settings, so that a new setting shows up by itself, with its range and explanation."""

from typing import Any, Literal, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from pages.parts.words import keyed
from tlcore.records import Modality
from tlcore.training.catalogue import StrategyCard
from tlcore.training.settings import TrainingSettings

_COLUMNS = 4
_UNSAID = "as the preset says"
"""Stands in an empty input of a setting that may be left open."""


def strategy_settings(card: StrategyCard, modality: Modality, shown: bool) -> TrainingSettings:
    """What the widgets for a strategy's settings say, its defaults at first; not shown, they keep what they said last."""
    values: dict[str, Any] = {}
    cells = st.grid(_COLUMNS) if shown else None
    defaults = card.defaults_for(modality)
    for name in card.fields_for(modality):
        default, key = getattr(defaults, name), keyed(f"setting_{card.id}_{name}", modality)
        if cells is None:
            values[name] = st.session_state.get(key, default)
            continue
        with cells.cell():
            values[name] = _widget(name, TrainingSettings.model_fields[name], default, key)
    return defaults.model_copy(update=values)


def _widget(name: str, field: FieldInfo, default: Any, key: str) -> Any:
    """One input for one field, by its type."""
    label = name.replace("_", " ").capitalize()
    about = (field.description or "").capitalize() + "."
    same: dict[str, Any] = {"help": about, "key": key, "persist_state": "session"}
    if get_origin(field.annotation) is Literal:
        options = list(get_args(field.annotation))
        return st.selectbox(label, options, index=options.index(default), **same)
    if field.annotation is bool:
        return st.toggle(label, value=default, **same)
    low, high = _range(field)
    if field.annotation is int:
        return st.number_input(label, int(low), int(high), default, step=1, **same)
    if default is None:
        return st.number_input(label, float(low), float(high), None, placeholder=_UNSAID, **same)
    return st.number_input(label, float(low), float(high), float(default), step=_step(default), format="%g", **same)


def _range(field: FieldInfo) -> tuple[float, float]:
    """The smallest and largest value a number field takes; open ends are moved in by a hair."""
    low, high = 0.0, 10_000.0
    for bound in field.metadata:
        if isinstance(bound, annotated_types.Ge):
            low = bound.ge  # type: ignore[assignment]
        elif isinstance(bound, annotated_types.Gt):
            low = bound.gt + 1e-7  # type: ignore[operator]
        elif isinstance(bound, annotated_types.Le):
            high = bound.le  # type: ignore[assignment]
        elif isinstance(bound, annotated_types.Lt):
            high = bound.lt - 1e-7  # type: ignore[operator]
    return low, high


def _step(default: float) -> float:
    """A step that moves a number visibly: a fifth of its leading digit's place."""
    return 10.0 ** (len(f"{default:.0e}".split("e")[0]) - 1) * 0.05 if default >= 0.05 else max(default / 5, 1e-6)
