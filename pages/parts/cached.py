"""What all sessions of the web process share: engine objects, none of which imports torch, and what was read once."""

import pandas as pd
import pyarrow as pa
import streamlit as st

from tlcore.data.store import DatasetStore
from tlcore.experiments import artifacts
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.helper import Helper
from tlcore.experiments.results import ExperimentResults, results
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace

# Arrow's own allocator keeps what it once had; the system's gives it back.
pa.set_memory_pool(pa.system_memory_pool())


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The workspace folder."""
    return Workspace()


@st.cache_resource(show_spinner=False)
def datasets() -> DatasetStore:
    """The stored datasets."""
    return DatasetStore(workspace())


@st.cache_resource(show_spinner=False)
def run_store() -> RunStore:
    """The stored experiments and runs."""
    return RunStore(workspace())


@st.cache_resource(show_spinner=False)
def helper() -> Helper:
    """The process that imports, calibrates and predicts, so that this one stays small and quick."""
    return Helper(workspace())


# The following hand out one object to everybody instead of a copy each, because copying a large one takes as long as reading
# it. Nobody changes them: records are frozen, and of tables only rows are taken.


@st.cache_resource(max_entries=2, show_spinner=False)
def dataset_items(dataset: str) -> pd.DataFrame:
    """The items of a dataset."""
    return datasets().items(dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def predictions_of(run: str) -> Predictions:
    """What a finished run says about the locked test."""
    return run_store().predictions(run)


def results_of(record: ExperimentRecord) -> ExperimentResults:
    """What an experiment found so far, read anew only when something was added to it.

    Raises NotFoundError.
    """
    store = run_store()
    if not store.uri.startswith("sqlite:"):
        return results(workspace(), record.id)  # an MLflow server does not tell what is new
    path = store.artifact_folder(record.parent) / artifacts.RESULTS if record.parent else None
    written = path.stat() if path and path.exists() else None
    stamp = (written.st_mtime_ns, written.st_size) if written else None
    runs = tuple((run.id, run.status, run.ended_at, len(run.curve)) for run in store.runs(record.id))
    return _results(record.id, repr((record, stamp, runs)))


@st.cache_resource(max_entries=2, show_spinner=False)
def _results(experiment: str, state: str) -> ExperimentResults:
    """`state` changes with whatever may have changed what was found."""
    return results(workspace(), experiment)
