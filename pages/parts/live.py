"""The panel that follows an experiment: it grows in place while a worker trains, and rests when the worker is done."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.parts.cached import run_store, workspace
from pages.parts.messages import badge, duration, errors_shown, plain, points, state_of
from tlcore.charts.style import strategy_colour
from tlcore.experiments import queue
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord, RunStatus
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES

ACTIVE = ("queued", "running")
POLL_SECONDS = 1.0
_COLOURS = {strategy.name: strategy_colour(strategy.id) for strategy in STRATEGIES.values() if strategy.trains_network}
"""Of what has a loss by epoch."""
_LOSS_CHART = {
    "mark": {"type": "line", "point": True},
    "encoding": {
        "x": {"field": "epoch", "type": "quantitative", "axis": {"tickMinStep": 1, "format": "d"}},
        "y": {"field": "loss", "type": "quantitative"},
        "color": {
            "field": "strategy",
            "type": "nominal",
            "title": None,
            "legend": {"orient": "top", "columns": 2},
            "scale": {"domain": list(_COLOURS), "range": list(_COLOURS.values())},
        },
    },
}


def show_experiment(experiment: str) -> None:
    """Everything about one experiment's runs, polled once a second while it is active."""

    def panel() -> None:
        with errors_shown():
            queue.sweep(workspace())
            state = queue.state(workspace(), experiment)
            runs = run_store().runs(experiment)
            _header(experiment, state, runs)
            _curves(runs)
            _table(runs)
            _log(experiment)
            if state not in ACTIVE and was_active:
                st.rerun()

    was_active = queue.state(workspace(), experiment) in ACTIVE
    st.fragment(panel, run_every=POLL_SECONDS if was_active else None)()


def follow(found: ExperimentResults) -> None:
    """On the Results page: say that more is to come, and draw anew when another run has finished."""
    if queue.state(workspace(), found.experiment) not in ACTIVE:
        return
    shown = _finished(found.runs)

    def watch() -> None:
        now = _finished(run_store().runs(found.experiment))
        active = queue.state(workspace(), found.experiment) in ACTIVE
        if now != shown or not active:
            st.rerun()
        st.info(
            f"Still running: {now} of {len(found.runs)} runs finished. The answer below grows with them.",
            icon=":material/hourglass_top:",
        )

    st.fragment(watch, run_every=2 * POLL_SECONDS)()


def _finished(runs: Sequence[RunRecord]) -> int:
    """How many runs are done."""
    return sum(run.status is RunStatus.FINISHED for run in runs)


def _header(experiment: str, state: str, runs: list[RunRecord]) -> None:
    """State, progress, time left and the buttons that fit."""
    finished = _finished(runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(state)
        st.markdown(f"{finished} of {len(runs)} runs finished")
        st.space("stretch")
        if state in ACTIVE:
            _act("Cancel", ":material/stop:", queue.cancel, experiment)
        elif finished < len(runs):
            _act("Resume unfinished runs", ":material/resume:", queue.resume, experiment)
        if finished:
            st.page_link(
                "pages/results.py",
                label="Results",
                icon=":material/insights:",
                query_params={"experiment": experiment},
                width="content",
            )
    progress = queue.progress(workspace(), experiment) if state in ACTIVE else None
    if progress:
        left = "estimating time left…" if progress.seconds_left is None else f"about {duration(progress.seconds_left)} left"
        st.progress(min(max(progress.done, 0.0), 1.0), text=f"{plain(progress.phase)} · {left}")


def _act(label: str, icon: str, action: Callable[[Workspace, str], None], experiment: str) -> None:
    """A button that does something with the experiment."""
    if st.button(label, icon=icon, key=f"{action.__name__}_{experiment}"):
        with errors_shown():
            action(workspace(), experiment)
            st.rerun()


def _curves(runs: list[RunRecord]) -> None:
    """Validation (else training) loss by epoch, one line a strategy: the newest run of each that has any.

    Drawn with Vega, which grows in place while Plotly would lose the reader's zoom; from a plain specification, because
    Altair would cost the web process 20 MB.
    """
    points = [
        {
            "epoch": epoch.epoch,
            "loss": epoch.train_loss if epoch.validation_loss is None else epoch.validation_loss,
            "strategy": STRATEGIES[run.strategy].name,
        }
        for run in {run.strategy: run for run in runs if run.curve}.values()
        for epoch in run.curve
    ]
    if points:
        st.markdown("**Loss by epoch** – lower is better; the newest run of each strategy")
        st.vega_lite_chart(
            pd.DataFrame(points), _LOSS_CHART, key="loss_chart", height=300, alt="Loss by epoch of each strategy"
        )


def _table(runs: list[RunRecord]) -> None:
    """One row a run."""
    rows = [
        {
            "state": state_of(run.status, run.reason),
            "strategy": STRATEGIES[run.strategy].name,
            "labels": run.budget,
            "seed": run.seed,
            "accuracy": points(run.accuracy),
            "macro F1": points(run.macro_f1),
            "training": duration(run.train_seconds),
            "why": run.reason,
        }
        for run in runs
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="runs_table", alt="Table of runs with state, scores and times")


def _log(experiment: str) -> None:
    """What the worker said, in plain words."""
    with st.expander("Log", icon=":material/article:"):
        st.code(queue.log(workspace(), experiment) or "Nothing yet.", language=None, height=240)
