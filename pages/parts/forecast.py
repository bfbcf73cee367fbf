"""How long the race will take on this machine, said before it starts."""

import streamlit as st

from pages.parts.messages import duration, errors_shown
from tlcore.experiments.spec import ExperimentSpec


def show_forecast(spec: ExperimentSpec) -> bool:
    """Say how many runs there will be and how long they take; False when the choices do not fit, which is then said."""
    with errors_shown():
        forecast = _measured(spec)
        runs = len(forecast.runs)
        st.markdown(
            f"**{runs} runs, about {duration(forecast.seconds)} on this machine.** They go on when you close this page."
        )
        return True
    return False
