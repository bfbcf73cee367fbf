"""How long the race will take on this machine, said before it starts."""

import json

import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import duration, errors_shown
from tlcore.experiments.estimate import Estimate
from tlcore.experiments.spec import ExperimentSpec


def show_forecast(spec: ExperimentSpec) -> bool:
    """Say how many runs there will be and how long they take; False when the choices do not fit, which is then said."""
    with errors_shown():
        forecast = _forecast(spec.model_dump_json())
        runs = f"{len(forecast.runs)} runs" if len(forecast.runs) > 1 else "One run"
        st.markdown(f"**{runs}, about {duration(forecast.seconds)} on this machine.** They go on when you close this page.")
        return True
    return False


@st.cache_data(
    max_entries=100, show_spinner="Working out how long that takes; the first time this machine is measured…", show_time=True
)
def _forecast(spec: str) -> Estimate:
    """The helper's estimate of a spec."""
    return Estimate.model_validate(helper().call("forecast", {"spec": json.loads(spec)}))
