"""A workspace as full as the app promises to stay quick with: 500 classes, experiments of 200 runs, 100,000 rows.

Nothing is trained: runs are written down through the recorder with answers drawn at random, right as often as a strategy's
skill has it.
"""

from dataclasses import dataclass
from uuid import uuid4

import numpy as np
import pandas as pd

from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.encoders.catalogue import DEFAULT_ENCODER
from tlcore.evaluation.metrics import score
from tlcore.evaluation.outcomes import FloatArray, IntArray, Outcome
from tlcore.experiments.artifacts import BUNDLE, Predictions
from tlcore.experiments.control import Control, Submission, now
from tlcore.experiments.estimate import REFERENCE, keep_calibration
from tlcore.experiments.plan import Prepared, RunPlan, prepare
from tlcore.experiments.recorder import EpochRecorder, PlannedRun, Recorder
from tlcore.experiments.results import Answer, gather, judge
from tlcore.experiments.spec import ExperimentSpec, spec_for
from tlcore.experiments.store import RunStore
from tlcore.models.bundle import save_bundle
from tlcore.models.card import DatasetReference, ModelCard
from tlcore.records import DatasetCard, DatasetSource, EpochRecord, RunStatus
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_card
from tlcore.training.strategies.base import State

_SKILL = dict(zip(STRATEGIES, (0.55, 0.4, 0.7, 0.75, 0.8), strict=False))
"""Share of right answers with all labels, by strategy."""
_WORDS = np.array([f"{start}{end}" for start in "bcdfghklmnprst" for end in ("arn", "elt", "ive", "ond", "ust", "ymbol")])
_EPOCHS = 6


@dataclass(frozen=True)
class Size:
    """How full."""

    classes: int = 500
    rows: int = 100_000
    """Of the large dataset."""
    each: int = 10
    """Items of a class in the dataset that was raced on."""
    seeds: int = 10
    budgets: tuple[int | str, ...] = (500, 1_000, 2_000, "all")


@dataclass(frozen=True)
class Full:
    """What there is to look at."""

    large: str
    """Id of the large dataset."""
    experiments: tuple[str, str]
    model: str
    """A finished run's id."""


def fill(workspace: Workspace, size: Size) -> Full:
    """Make it: a large dataset, a smaller one, and two experiments on that."""
    keep_calibration(workspace, DEFAULT_ENCODER, REFERENCE)
    large = _dataset(workspace, size.rows, size.classes, "large")
    raced = _dataset(workspace, size.each * size.classes, size.classes, "raced on")
    experiments = tuple(_experiment(workspace, raced, size, name) for name in ("first", "second"))
    model = RunStore(workspace).runs(experiments[0])[0].id
    return Full(large.id, (experiments[0], experiments[1]), model)


def _dataset(workspace: Workspace, rows: int, classes: int, name: str) -> DatasetCard:
    """Texts of a dozen made-up words with a number, so that no two are alike."""
    rng = np.random.default_rng(rows)
    texts = [f"{' '.join(words)} {number}" for number, words in enumerate(rng.choice(_WORDS, (rows, 12)).tolist())]
    labels = [f"class {number % classes:03}" for number in range(rows)]
    source = DatasetSource(file_name=f"{name}.csv", sha256="0" * 64, rows_read=rows, text_column="text", label_column="label")
    draft = DatasetDraft(name=name, task="classification", source=source)
    return DatasetStore(workspace).add(pd.DataFrame({"text": texts, "label": labels}), draft)


def _experiment(workspace: Workspace, card: DatasetCard, size: Size, name: str) -> str:
    """A finished experiment; returns its id."""
    spec = spec_for(card, name=name, budgets=size.budgets, seeds=size.seeds)
    control, prepared = Control(workspace, uuid4().hex[:12]), prepare(workspace, spec)
    control.write_submission(submission_of(control, spec, prepared))
    recorder = Recorder(RunStore(workspace), control.submission())
    prepared, runs = recorder.open()
    outcomes = [_outcome(recorder, prepared, run) for run in runs]
    answer = Answer(
        experiment=control.id,
        name=name,
        dataset=card.id,
        dataset_name=card.name,
        classes=prepared.classes,
        split=prepared.split.how,
        n_train=len(prepared.split.train),
        n_test=len(prepared.split.test),
    )
    answer = gather(judge(answer, outcomes, recorder.submission), outcomes, recorder.submission)
    recorder.answer(answer, answer.verdict.sentence if answer.verdict else "")
    recorder.close(RunStatus.FINISHED, "")
    control.write_ending(RunStatus.FINISHED)
    return control.id


def submission_of(control: Control, spec: ExperimentSpec, prepared: Prepared) -> Submission:
    """As `queue.submit` writes it, which would start a worker."""
    return Submission(
        id=control.id,
        spec=spec,
        dataset_name=prepared.dataset.name,
        plans=prepared.plans,
        n_test=len(prepared.split.test),
        submitted_at=now(),
        queued_at=now(),
    )


def _outcome(recorder: Recorder, prepared: Prepared, run: PlannedRun) -> Outcome:
    """Record one run as finished."""
    plan, test, store = run.plan, prepared.split.test, recorder.store
    recorder.begin(run)
    if strategy_card(plan.strategy).trains_network:
        for epoch in range(1, _EPOCHS + 1):
            EpochRecorder(store, run).on_epoch(EpochRecord(epoch=epoch, train_loss=6 / epoch, seconds=1.0))
    labels = prepared.labels[test]
    probabilities = _probabilities(labels, len(prepared.classes), plan)
    scores = score(labels, probabilities, prepared.classes)
    facts = {"train_seconds": 2.0, "encode_seconds": 0.5, "n_train": plan.budget, "n_validation": 0, "n_test": len(test)}
    _save_model(store, prepared, run)
    recorder.finish(run, scores, Predictions(test, labels, probabilities, prepared.classes), facts, {"chosen": "{}"})
    return Outcome(store.run(run.id), labels, probabilities)


def _save_model(store: RunStore, prepared: Prepared, run: PlannedRun) -> None:
    """A head of noise."""
    plan, classes = run.plan, prepared.classes
    card = ModelCard(
        id=run.id,
        name=f"{prepared.dataset.name} – {plan.strategy}",
        strategy=plan.strategy,
        classes=classes,
        modality="text",
        task=prepared.dataset.task,
        dataset=DatasetReference.of(prepared.dataset),
        settings=plan.settings,
        budget=plan.budget,
        seed=plan.seed,
        n_train=plan.budget,
        n_test=len(prepared.split.test),
        created_at=now(),
    )
    arrays = {"weight": np.zeros((len(classes), 8), np.float32), "bias": np.zeros(len(classes), np.float32)}
    save_bundle(store.artifact_folder(run.id) / BUNDLE, card, State(arrays, {}))


def _probabilities(labels: IntArray, classes: int, plan: RunPlan) -> FloatArray:
    """`(n, k)`, sure of one class each; wrong answers go to classes near the true one, as confusions do."""
    rng = np.random.default_rng([plan.seed, plan.budget, *plan.strategy.encode()])
    skill = _SKILL[plan.strategy] * (1 - 0.5 * np.exp(-plan.budget / 1_000))
    wrong = rng.random(len(labels)) > skill
    said = np.where(wrong, (labels + rng.integers(1, 6, len(labels))) % classes, labels)
    logits = rng.normal(size=(len(labels), classes)).astype(np.float32).astype(np.float64)
    logits[np.arange(len(labels)), said] = 8
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True)
