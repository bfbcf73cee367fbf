"""Experiments as their worker would leave them, written without training anything: however many runs and classes there are."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from datasets_toys import a_text, store_dataset

from tlcore.evaluation.metrics import score
from tlcore.evaluation.outcomes import Outcome
from tlcore.experiments import queue
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.control import CANCELLED, Control
from tlcore.experiments.plan import Prepared, RunPlan
from tlcore.experiments.processes import start_detached
from tlcore.experiments.recorder import EpochRecorder, PlannedRun, Recorder
from tlcore.experiments.results import Answer, gather, judge
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.records import Budget, EpochRecord, RunStatus
from tlcore.settings import Workspace

SKILL = {"classic": 0.62, "scratch": 0.5, "feature_extraction": 0.75, "partial_fine_tuning": 0.8, "full_fine_tuning": 0.9}
"""Share of right answers by strategy."""
Ending = Callable[[RunPlan], RunStatus]


def all_finish(plan: RunPlan) -> RunStatus:
    """No run goes wrong."""
    return RunStatus.FINISHED


@dataclass(frozen=True)
class Toy:
    """What an experiment is like."""

    strategies: tuple[str, ...] = ("classic", "scratch", "full_fine_tuning")
    budgets: tuple[Budget, ...] = ("all",)
    seeds: int = 2
    classes: int = 3
    each: int = 20
    """Items of a class."""
    test_share: float = 0.4
    ends: Ending = field(default=all_finish)
    """How each run ends; SCHEDULED or RUNNING: it has not yet."""
    name: str = "toys"
    closed: bool = True
    """False: its worker is still at it."""


@contextmanager
def sleeping_workers() -> Iterator[list[str]]:
    """Makes every worker a process that only sleeps, until the end; the experiments that got one, in order."""
    asleep: list[subprocess.Popen[bytes]] = []
    started: list[str] = []

    def start(workspace: Workspace, module: str, experiment: str, log: Path) -> int:
        if not module.endswith(".worker"):
            return start_detached(workspace, module, experiment, log)
        asleep.append(subprocess.Popen(["sleep", "600"]))
        started.append(experiment)
        return asleep[-1].pid

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "start_detached", start)
        yield started
    for process in asleep:
        process.kill()
        process.wait()


def leave(workspace: Workspace, toy: Toy) -> str:
    """Write an experiment down; returns its id. Needs `sleeping_workers`, so that no worker of ours is at it as well."""
    labels = [f"class {number % toy.classes:03}" for number in range(toy.classes * toy.each)]
    card = store_dataset(workspace, [a_text(number) for number in range(len(labels))], labels)
    spec = ExperimentSpec(
        name=toy.name,
        dataset=card.id,
        strategies=toy.strategies,
        budgets=toy.budgets,
        seeds=toy.seeds,
        test_share=toy.test_share,
    )
    control = Control(workspace, queue.submit(workspace, spec))
    submission = control.submission()
    recorder = Recorder(RunStore(workspace), submission)
    prepared, runs = recorder.open()
    answer = Answer(
        experiment=submission.id, name=spec.name, dataset=card.id, dataset_name=card.name, classes=prepared.classes,
        split=prepared.split.how, n_train=len(prepared.split.train), n_test=len(prepared.split.test),
    )  # fmt: skip
    outcomes = [outcome for run in runs if (outcome := _end(recorder, prepared, run, toy.ends(run.plan)))]
    if outcomes:
        answer = gather(judge(answer, outcomes, submission), outcomes, submission)
        recorder.answer(answer, answer.verdict.sentence if answer.verdict else "")
    if toy.closed:
        done = len(outcomes) == len(runs)
        status, reason = (RunStatus.FINISHED, "") if done else (RunStatus.KILLED, CANCELLED)
        recorder.close(status, reason)
        control.write_ending(status, reason)
    return submission.id


def _end(recorder: Recorder, prepared: Prepared, run: PlannedRun, status: RunStatus) -> Outcome | None:
    """One run, with its outcome when it finishes."""
    if status is not RunStatus.SCHEDULED:
        recorder.begin(run)
    if status is RunStatus.FAILED:
        recorder.end(run, status, "There was too little memory.")
    if status is not RunStatus.FINISHED:
        return None
    plan, test = run.plan, prepared.split.test
    if plan.strategy not in ("classic", "feature_extraction"):
        for epoch in (1, 2):
            EpochRecorder(recorder.store, run).on_epoch(EpochRecord(epoch=epoch, train_loss=1 / epoch, seconds=1.0))
    probabilities = _answers(prepared.labels[test], len(prepared.classes), plan)
    facts = {"train_seconds": 2.0, "encode_seconds": 0.5, "n_train": plan.budget, "n_validation": 0, "n_test": len(test)}
    predictions = Predictions(test, prepared.labels[test], probabilities, prepared.classes)
    scores = score(predictions.labels, probabilities, prepared.classes)
    recorder.finish(run, scores, predictions, facts, {"chosen": '{"epochs": 2}'})
    return Outcome(recorder.store.run(run.id), predictions.labels, probabilities)


def _answers(labels: np.ndarray, classes: int, plan: RunPlan) -> np.ndarray:
    """Probabilities that are right as often as the strategy's skill has it; a wrong answer is the next class."""
    rng = np.random.default_rng([plan.seed, plan.budget, *plan.strategy.encode()])
    wrong = rng.random(len(labels)) > SKILL[plan.strategy]
    chosen = np.where(wrong, (labels + 1) % classes, labels)
    if plan.budget <= classes:  # with one label each, the last class is never recognised
        chosen = np.where(chosen == classes - 1, 0, chosen)
    probabilities = np.full((len(labels), classes), 0.3 / classes)
    probabilities[np.arange(len(labels)), chosen] += 0.7
    return probabilities
