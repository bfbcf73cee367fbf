"""Engine objects that all sessions of the web process share. None of them imports torch."""

import pyarrow as pa
import streamlit as st

from tlcore.data.store import DatasetStore
from tlcore.experiments.helper import Helper
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
