"""Where transfer loses: the alarms with what may be behind them, and a button that fills in what to try next."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.cached import workspace
from pages.parts.messages import errors_shown, plain
from pages.parts.state import remember
from pages.parts.words import keyed
from tlcore.evaluation.alarm_records import Alarm, NextStep
from tlcore.experiments.control import Control
from tlcore.experiments.results import ExperimentResults
from tlcore.experiments.spec import ExperimentSpec
from tlcore.training.catalogue import STRATEGIES

_MOST = 3
"""Alarms that stand open; the others fold away."""


def show_alarms(found: ExperimentResults, alarms: Sequence[Alarm]) -> None:
    """Each alarm with its causes and buttons, the first ones open."""
    for place, alarm in enumerate(alarms[:_MOST]):
        _show(found, alarm, place)
    if len(alarms) > _MOST:
        with st.expander(f"{len(alarms) - _MOST} more places where transfer loses", icon=":material/warning:"):
            for alarm in alarms[_MOST:]:
                st.markdown(f"- {plain(alarm.sentence)}")


def _show(found: ExperimentResults, alarm: Alarm, place: int) -> None:
    """One alarm; the same step is offered once."""
    with st.container(border=True, key=f"alarm_{place}"):
        st.markdown(f":material/warning: **{plain(alarm.sentence)}**")
        for cause in alarm.causes:
            st.markdown(f"- {plain(cause.sentence)}")
        steps = {step.label: step for step in (alarm.next_step, *(cause.next_step for cause in alarm.causes))}
        with st.container(horizontal=True):
            for number, step in enumerate(steps.values()):
                if st.button(plain(step.label), icon=":material/science:", key=f"step_{place}_{number}"):
                    _take(found, step)


def _take(found: ExperimentResults, step: NextStep) -> None:
    """Open the Experiment page with this experiment's choices and the step's changes filled in."""
    with errors_shown():
        spec = Control(workspace(), found.experiment).submission().spec
        remember("dataset", spec.dataset)
        for key, value in form_state(changed(spec, step.changes)).items():
            st.session_state[key] = value
        st.switch_page("pages/experiment.py", query_params={"dataset": spec.dataset})


def changed(spec: ExperimentSpec, changes: dict[str, Any]) -> ExperimentSpec:
    """The spec with a step's changes; of settings only those named."""
    settings = dict(spec.settings)
    for strategy, fields in changes.get("settings", {}).items():
        settings[strategy] = spec.settings_of(strategy).model_copy(update=fields)
    others = {name: value for name, value in changes.items() if name != "settings"}
    return ExperimentSpec.model_validate({**spec.model_dump(), **others, "settings": settings})


def form_state(spec: ExperimentSpec) -> dict[str, Any]:
    """What the form's widgets must say to make this spec."""
    state: dict[str, Any] = {
        "level": "Every setting",
        f"race_name_{spec.dataset}": spec.name,
        "race_strategies": list(spec.strategies),
        keyed("race_encoders", spec.modality): list(spec.encoders),
        f"race_budgets_{spec.dataset}": [str(budget) for budget in spec.budgets],
        "race_seeds": spec.seeds,
        "race_test": min(max(round(100 * spec.test_share), 5), 50),
        "race_band": min(round(100 * spec.band, 6), 20.0),
        "race_split": min(spec.split_seed, 10_000),
    }
    if spec.image_size:
        state["race_image_size"] = spec.image_size
    for strategy in spec.strategies:
        settings = spec.settings_of(strategy)
        for field in STRATEGIES[strategy].fields_for(spec.modality):
            state[keyed(f"setting_{strategy}_{field}", spec.modality)] = getattr(settings, field)
    return state
