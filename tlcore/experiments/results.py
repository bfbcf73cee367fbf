"""What an experiment found: written by its worker after every run, read by every face."""

from collections.abc import Sequence

from tlcore.errors import StorageError
from tlcore.evaluation.alarm_records import Familiarity
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence
from tlcore.evaluation.outcomes import Outcome
from tlcore.evaluation.records import Evidence
from tlcore.evaluation.summary import summarise
from tlcore.evaluation.verdict import give_verdict
from tlcore.experiments import artifacts
from tlcore.experiments.control import Submission
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.store import RunStore
from tlcore.records import Record, RunRecord, RunStatus, StrategySummary, Verdict
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES


class Answer(Record):
    """What the worker keeps as results.json: verdict, summary and the finished runs with their full scores."""

    experiment: str
    name: str
    dataset: str
    dataset_name: str
    classes: tuple[str, ...]
    split: str
    """How the locked test came about, in one sentence."""
    n_train: int
    """Size of the training part."""
    n_test: int
    verdict: Verdict | None = None
    """None before the first run has finished."""
    summary: tuple[StrategySummary, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    evidence: Evidence | None = None
    """What stands behind the verdict; None in answers from before it was gathered."""
    familiar: tuple[Familiarity, ...] = ()
    """How near the training items are to what each encoder learned from."""


class ExperimentResults(Record):
    """What an experiment found so far, and where it stands."""

    experiment: str
    name: str
    dataset: str
    dataset_name: str
    status: RunStatus
    reason: str = ""
    created_at: str
    ended_at: str | None = None
    classes: tuple[str, ...] = ()
    """In the order of all confusion matrices and probabilities; empty before its worker began."""
    split: str = ""
    """How the locked test came about, in one sentence."""
    n_train: int | None = None
    n_test: int | None = None
    verdict: Verdict | None = None
    summary: tuple[StrategySummary, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    """All of them, in their order; finished ones with full scores."""
    evidence: Evidence | None = None
    """What stands behind the verdict so far."""
    notes: tuple[str, ...] = ()
    """What could not be read, one plain sentence each."""


def results(workspace: Workspace, experiment: str) -> ExperimentResults:
    """What an experiment found so far; a damaged results file is named in `notes`, and the runs' history still comes.

    Raises NotFoundError.
    """
    store = RunStore(workspace)
    record = store.experiment(experiment)
    runs = store.runs(experiment)
    found, notes = _answer(store, record)
    if found is not None:
        full = {run.id: run.scores for run in found.runs}
        runs = [run.model_copy(update={"scores": full.get(run.id)}) for run in runs]
    return ExperimentResults(
        experiment=experiment,
        **record.model_dump(include={"name", "dataset", "dataset_name", "status", "reason", "created_at", "ended_at"}),
        **(found.model_dump(include={"classes", "split", "n_train", "n_test"}) if found else {}),
        verdict=found.verdict if found else None,
        summary=found.summary if found else (),
        evidence=found.evidence if found else None,
        runs=tuple(runs),
        notes=notes,
    )


def judge(answer: Answer, outcomes: Sequence[Outcome], submission: Submission) -> Answer:
    """The answer as of these finished runs; its evidence stays what it was, see `gather`."""
    return answer.model_copy(
        update={
            "verdict": give_verdict(outcomes, STRATEGIES, submission.spec.band),
            "summary": summarise(outcomes),
            "runs": tuple(outcome.run for outcome in outcomes),
        }
    )


def gather(answer: Answer, outcomes: Sequence[Outcome], submission: Submission) -> Answer:
    """The answer with the evidence of these finished runs: a second or so for hundreds of them."""
    watch = Watch(STRATEGIES, band=submission.spec.band, n_train=answer.n_train, familiar=answer.familiar)
    return answer.model_copy(update={"evidence": find_evidence(outcomes, watch, answer.classes)})


def _answer(store: RunStore, record: ExperimentRecord) -> tuple[Answer | None, tuple[str, ...]]:
    """The worker's answer; None, with the reason, when there is none that can be read."""
    if record.parent is None or record.verdict is None:
        return None, ()
    try:
        return artifacts.read_sealed(store.artifact(record.parent, artifacts.RESULTS, renewed=True), Answer, record.parent), ()
    except StorageError as error:
        return None, (str(error),)
