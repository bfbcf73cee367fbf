"""One experiment with its answers to the locked test, as far as they can still be read."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tlcore.data.splits import Split
from tlcore.data.store import DatasetStore
from tlcore.errors import NotFoundError, StorageError
from tlcore.evaluation.outcomes import IntArray, Outcome
from tlcore.experiments import artifacts
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.asked import asked
from tlcore.experiments.results import ExperimentResults, results
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.records import DatasetCard, Modality, RunRecord, RunStatus
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings

if TYPE_CHECKING:
    import pandas as pd

_READERS = 4


@dataclass(frozen=True)
class Gathered:
    """All that is left of an experiment; None where something can no longer be read."""

    found: ExperimentResults
    spec: ExperimentSpec | None = None
    settings: dict[str, TrainingSettings] = field(default_factory=dict)
    """Strategy -> the settings that its runs got."""
    dataset: DatasetCard | None = None
    table: "pd.DataFrame | None" = None
    """The dataset's items."""
    split: Split | None = None
    answers: tuple[tuple[RunRecord, Predictions], ...] = ()
    """Finished runs with what they say about the locked test, which is the same for all."""
    notes: tuple[str, ...] = ()
    """What is damaged, one plain sentence each."""

    @property
    def modality(self) -> Modality | None:
        """What its items are."""
        return self.spec.modality if self.spec else self.dataset.modality if self.dataset else None

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in class order; empty when nothing says."""
        if self.answers:
            return self.answers[0][1].classes
        return self.found.classes or (tuple(self.dataset.classes) if self.dataset else ())

    @property
    def items(self) -> IntArray:
        """`(n_test,)` positions of the test items in the dataset; needs an answer."""
        return self.answers[0][1].items

    @property
    def labels(self) -> list[str]:
        """`(n_test,)` what the test items are labelled; needs an answer."""
        predictions = self.answers[0][1]
        return [predictions.classes[label] for label in predictions.labels]

    def outcomes(self, classes: Sequence[str]) -> list[Outcome]:
        """The answers with their classes in another order. Raises ValueError when these are not its classes."""
        if tuple(classes) == self.classes:  # with many runs and classes a copy takes gigabytes
            return [Outcome(run, predictions.labels, predictions.probabilities) for run, predictions in self.answers]
        order = [self.classes.index(name) for name in classes]
        place = np.argsort(order)
        return [
            Outcome(run, place[predictions.labels], predictions.probabilities[:, order]) for run, predictions in self.answers
        ]


def gather_answers(workspace: Workspace, experiment: str) -> Gathered:
    """Read an experiment (an id). Raises NotFoundError when there is none, StorageError when the run store is damaged."""
    found = results(workspace, experiment)
    spec, settings = asked(workspace, experiment)
    answers, notes = _answers(RunStore(workspace), found)
    dataset = table = None
    with suppress(NotFoundError, StorageError):
        dataset = DatasetStore(workspace).card(found.dataset)
        table = DatasetStore(workspace).items(found.dataset)
    split = _split(RunStore(workspace), experiment)
    return Gathered(found, spec, settings, dataset, table, split, answers, (*found.notes, *notes))


def _answers(store: RunStore, found: ExperimentResults) -> tuple[tuple[tuple[RunRecord, Predictions], ...], tuple[str, ...]]:
    """Predictions of the finished runs, and what is said about those that are damaged."""
    seals = {row.id: row.tag("predictions_sha256") for row in store.recorded(found.experiment)}

    def read(run: RunRecord) -> tuple[RunRecord, Predictions] | str:
        try:
            path = store.artifact(run.id, artifacts.PREDICTIONS)
            return run, artifacts.read_predictions(path, seals.get(run.id), run.id)
        except StorageError as error:
            return f"{error} It is left out here."

    # Hashing and unpacking, which take most of the time, leave other threads their turn.
    with ThreadPoolExecutor(_READERS) as readers:
        read_ones = list(readers.map(read, [run for run in found.runs if run.status is RunStatus.FINISHED]))
    notes = tuple(one for one in read_ones if isinstance(one, str))
    return tuple(one for one in read_ones if not isinstance(one, str)), notes


def _split(store: RunStore, experiment: str) -> Split | None:
    """The stored split; None when there is none yet, or none that can be read."""
    parent = next((row for row in store.recorded(experiment) if row.parent is None), None)
    if parent is None:
        return None
    with suppress(StorageError):
        return artifacts.read_split(store.artifact(parent.id, artifacts.SPLIT), parent.tag("split_sha256"), parent.id)
    return None
