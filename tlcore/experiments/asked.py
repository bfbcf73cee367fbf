"""What was asked for, however much of an experiment is left."""

from contextlib import suppress

from tlcore.errors import NotFoundError, StorageError
from tlcore.experiments import artifacts
from tlcore.experiments.control import Control
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings


def asked(workspace: Workspace, experiment: str) -> tuple[ExperimentSpec | None, dict[str, TrainingSettings]]:
    """The spec and each strategy's settings: from its folder, else from what its worker kept beside the runs.

    Returns:
        None, and no settings, when neither can be read; no settings where only the spec was kept.
    """
    with suppress(NotFoundError, StorageError):
        submission = Control(workspace, experiment).submission()
        return submission.spec, {plan.strategy: plan.settings for plan in submission.plans}
    with suppress(NotFoundError, StorageError):
        store = RunStore(workspace)
        parent = store.experiment(experiment).parent
        if parent:
            return artifacts.read_sealed(store.artifact(parent, artifacts.SPEC), ExperimentSpec, parent), {}
    return None, {}
