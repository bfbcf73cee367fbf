"""What a report is made of, read from the workspace; what is gone or damaged is None or a note."""

import importlib.metadata
import os
import platform
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import tlcore
from tlcore.data.store import DatasetStore
from tlcore.errors import NotFoundError, StorageError
from tlcore.experiments.asked import asked
from tlcore.experiments.results import ExperimentResults, results
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import DatasetCard, Modality
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings

LIBRARIES = (
    "streamlit", "torch", "transformers", "tokenizers", "safetensors", "scikit-learn", "numpy", "pandas", "pyarrow",
    "mlflow",
)  # fmt: skip
"""Those that `python -m tlcore doctor` names."""


@dataclass(frozen=True)
class Environment:
    """Versions and machine as of the moment the report was written."""

    transfer_lab: str
    python: str
    platform: str
    processor: str
    threads: int | None
    libraries: dict[str, str]


@dataclass(frozen=True)
class ReportFacts:
    """All that a report says, before it is put into words."""

    found: ExperimentResults
    environment: Environment
    made_at: str
    """ISO 8601 in UTC."""
    spec: ExperimentSpec | None = None
    """None when it can no longer be read."""
    settings: dict[str, TrainingSettings] = field(default_factory=dict)
    """Strategy -> the settings that its runs got, where that was kept."""
    dataset: DatasetCard | None = None
    """None when it was deleted or is damaged."""

    @property
    def modality(self) -> Modality:
        """Texts unless something says otherwise."""
        if self.dataset is not None:
            return self.dataset.modality
        return self.spec.modality if self.spec is not None else "text"


def report_facts(workspace: Workspace, experiment: str) -> ReportFacts:
    """Read everything that a report on this experiment (an id) says. Imports neither torch nor MLflow.

    Raises NotFoundError when there is no such experiment, StorageError when the run store cannot be read.
    """
    found = results(workspace, experiment)
    spec, settings = asked(workspace, experiment)
    return ReportFacts(
        found=found,
        environment=environment(workspace),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        spec=spec,
        settings=settings,
        dataset=_dataset(workspace, found.dataset),
    )


def environment(workspace: Workspace) -> Environment:
    """Versions and machine, in moments: nothing is imported to ask it."""
    libraries = {}
    for library in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            libraries[library] = importlib.metadata.version(library)
    return Environment(
        transfer_lab=tlcore.__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        processor=platform.processor() or platform.machine(),
        threads=workspace.settings.threads or os.cpu_count(),
        libraries=libraries | {"SQLite": sqlite3.sqlite_version},
    )


def _dataset(workspace: Workspace, dataset: str) -> DatasetCard | None:
    with suppress(NotFoundError, StorageError):
        return DatasetStore(workspace).card(dataset)
    return None
