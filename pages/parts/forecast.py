"""How long the race will take on this machine, said before it starts."""

import streamlit as st

from pages.parts.cached import helper, workspace
from pages.parts.messages import duration, errors_shown
from tlcore.experiments.estimate import Estimate, estimate
from tlcore.experiments.spec import ExperimentSpec


def show_forecast(spec: ExperimentSpec) -> bool:
    """Say how many runs there will be and how long they take; False when the choices do not fit, which is then said."""
    with errors_shown():
        forecast = _forecast(spec)
        runs = f"{len(forecast.runs)} runs" if len(forecast.runs) > 1 else "One run"
        st.markdown(f"**{runs}, about {duration(forecast.seconds)} on this machine.** They go on when you close this page.")
        return True
    return False


def _forecast(spec: ExperimentSpec) -> Estimate:
    """The estimate; this machine is measured first where it has not been yet."""
    known = estimate(workspace(), spec)
    if known is not None:
        return known
    with st.spinner("Measuring how fast this machine is, once…", show_time=True):
        for encoder in spec.encoders:
            helper().call("calibrate", {"encoder": encoder})
    measured = estimate(workspace(), spec)
    assert measured is not None
    return measured
