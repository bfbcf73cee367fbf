"""Experiments that take moments, for tests."""

from pathlib import Path

import pandas as pd

from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.experiments.control import Control, Submission, now
from tlcore.experiments.plan import prepare
from tlcore.experiments.spec import ExperimentSpec
from tlcore.files import write_text
from tlcore.records import DatasetCard, DatasetSource
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings

QUICK = TrainingSettings(epochs=3, batch_size=8, max_length=16, learning_rate=1e-3)


def make_spec(dataset: DatasetCard, **changes: object) -> ExperimentSpec:
    """The quick spec, with changes."""
    chosen = {
        "name": "toys",
        "dataset": dataset.id,
        "encoders": ("tiny",),
        "strategies": ("classic", "full_fine_tuning"),
        "seeds": 2,
        "settings": {name: QUICK for name in ("scratch", "partial_fine_tuning", "full_fine_tuning")},
    }
    return ExperimentSpec(**{**chosen, **changes})


def store_texts(workspace: Workspace, texts: list[str], labels: list[str], name: str = "toys") -> DatasetCard:
    """A dataset of these texts."""
    frame = pd.DataFrame({"text": texts, "label": labels})
    source = DatasetSource(file_name="toys.csv", sha256="0" * 64, rows_read=len(texts))
    return DatasetStore(workspace).add(frame, DatasetDraft(name=name, task="classification", source=source))


def submit_quietly(
    workspace: Workspace, spec: ExperimentSpec, experiment: str = "0123456789ab", queued_at: str = ""
) -> Control:
    """Put an experiment in line without starting a process."""
    prepared = prepare(workspace, spec)
    control = Control(workspace, experiment)
    write_text(
        control.folder / "spec.json",
        Submission(
            id=experiment,
            spec=spec,
            dataset_name=prepared.dataset.name,
            plans=prepared.plans,
            n_test=len(prepared.split.test),
            submitted_at=now(),
            queued_at=queued_at or now(),
        ).model_dump_json(),
    )
    return control


def files_under(folder: Path) -> set[str]:
    """Every file in a folder, by its path inside."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
