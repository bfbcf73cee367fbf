"""A small dataset in the workspace, and experiments on it that take moments."""

import shutil
from pathlib import Path

import pytest
from experiment_toys import make_spec, store_texts, submit_quietly

from tlcore.experiments.control import Control
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import DatasetCard
from tlcore.settings import Workspace


@pytest.fixture(autouse=True)
def few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread a process: the tests' networks are too small to share out, and the machine is."""
    monkeypatch.setenv("TLCORE_THREADS", "1")
    monkeypatch.setenv("TLCORE_PRECISION", "fp32")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def mlflow_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run store without runs; making one takes MLflow over a second."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def dataset(tiny_workspace: Workspace, mlflow_schema: Path, toy_texts) -> DatasetCard:
    """Sixty texts of three topics, stored, in a workspace with an empty run store."""
    shutil.copy(mlflow_schema, tiny_workspace.root / "mlflow.db")
    return store_texts(tiny_workspace, toy_texts.texts, toy_texts.names)


@pytest.fixture
def spec(dataset: DatasetCard) -> ExperimentSpec:
    """Two quick strategies, two seeds."""
    return make_spec(dataset)


@pytest.fixture
def control(tiny_workspace: Workspace, spec: ExperimentSpec) -> Control:
    """An experiment that was submitted, but has no process."""
    return submit_quietly(tiny_workspace, spec)
