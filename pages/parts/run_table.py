"""Runs as a table: the last piece of evidence, under every number."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from tlcore.charts.style import strategy_name
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord, RunStatus

PERCENT = st.column_config.NumberColumn(format="%.1f %%")
_COLUMNS = {
    "accuracy": PERCENT,
    "macro F1": PERCENT,
    "seconds": st.column_config.NumberColumn(format="%.1f", help="Training and encoding from cold; waiting not counted."),
    "learns from": st.column_config.NumberColumn(help="Labels that it was fitted on."),
    "tuned on": st.column_config.NumberColumn(help="Labels kept aside to choose the epoch and the like."),
}


def show_runs(runs: Sequence[RunRecord], key: str, more: Sequence[str] = ()) -> None:
    """One row a run; `more` names columns beside those that every such table has, as in `_row`."""
    encoders = {run.encoder for run in runs} - {"none"}
    order = ["strategy", *(["encoder"] if len(encoders) > 1 else []), "labels", "seed", "accuracy", "seconds", *more, "run"]
    st.dataframe(
        pd.DataFrame([_row(run) for run in runs]),
        hide_index=True,
        column_order=order,
        column_config=_COLUMNS,
        placeholder="–",
        key=key,
        alt=f"The {len(runs)} runs behind it",
    )


def _row(run: RunRecord) -> dict[str, object]:
    return {
        "strategy": strategy_name(run.strategy),
        "encoder": run.encoder,
        "labels": run.budget,
        "seed": run.seed,
        "accuracy": percent(run.accuracy),
        "macro F1": percent(run.macro_f1),
        "seconds": seconds_of(run),
        "training, s": run.train_seconds,
        "encoding, s": run.encode_seconds,
        "learns from": run.n_train,
        "tuned on": run.n_validation,
        "run": run.id,
    }


def runs_of(found: ExperimentResults, side: tuple[str, str, int]) -> list[RunRecord]:
    """The finished runs of a strategy, encoder and budget, one a seed in rising order: of two, the one that ended last."""
    finished = [run for run in found.runs if run.status is RunStatus.FINISHED]
    mine = [run for run in finished if (run.strategy, run.encoder, run.budget) == side]
    of_seed = {run.seed: run for run in sorted(mine, key=lambda run: (run.ended_at or "", run.id))}
    return [of_seed[seed] for seed in sorted(of_seed)]


def percent(share: float | None) -> float | None:
    """A share as a number for tables that sort; unknown stays unknown."""
    return None if share is None else 100 * share


def seconds_of(run: RunRecord) -> float | None:
    """Training and encoding from cold; None when the run did not record either."""
    known = run.train_seconds is not None and run.encode_seconds is not None
    return (run.train_seconds or 0.0) + (run.encode_seconds or 0.0) if known else None
