"""An experiment's work: encode once, then fit, test and keep run after run. A run that fails does not stop the next."""

import gc
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlcore import runtime
from tlcore.encoders.base import OnProgress
from tlcore.encoders.catalogue import load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.errors import Stopped, TransferLabError
from tlcore.evaluation.metrics import score
from tlcore.evaluation.outcomes import Outcome
from tlcore.experiments.acquaintance import familiar_to, written_in
from tlcore.experiments.artifacts import BUNDLE, Predictions
from tlcore.experiments.checkpoints import FolderCheckpoints
from tlcore.experiments.control import Control, now
from tlcore.experiments.estimate import part_costs
from tlcore.experiments.progress import Board, RunProgress
from tlcore.experiments.recorder import EpochRecorder, PlannedRun, Recorder, json_tag
from tlcore.experiments.results import Answer, gather, judge
from tlcore.experiments.spec import NO_ENCODER
from tlcore.experiments.store import RunStore
from tlcore.models.bundle import save_bundle
from tlcore.models.card import DatasetReference, ModelCard
from tlcore.records import NOUNS, RunStatus, Scores
from tlcore.training.catalogue import strategy_card, strategy_class
from tlcore.training.hooks import Hooks
from tlcore.training.memory import memory_advice
from tlcore.training.strategies.base import FitContext, FitReport, Labelled, Probabilities, Strategy

_GATHER_PAUSES = 20
"""Gathering evidence takes at most one part in so many of an experiment's time."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A run whose model is ready and scored, before it is kept."""

    strategy: Strategy
    report: FitReport
    probabilities: Probabilities
    scores: Scores
    seconds: float


class Race:
    """One experiment from its first run to its answer."""

    def __init__(self, control: Control, store: RunStore) -> None:
        self._control = control
        self._submission = control.submission()
        self._store = store
        self.recorder = Recorder(store, self._submission)
        self._features = FeatureStore(control.workspace)
        self._answer: Answer | None = None
        self._gather_at = 0.0
        self._gathered = 0

    def run(self) -> tuple[RunStatus, str]:
        """Do all that is not done yet; returns how the experiment ended. Raises Stopped when asked to stop."""
        self._prepared, runs = self.recorder.open()
        done, todo = [run for run in runs if run.finished], [run for run in runs if not run.finished]
        self._outcomes = [self._outcome(run) for run in done]
        self._load(done, todo)
        self._answer = judge(self._blank_answer(), self._outcomes, self._submission) if done else None
        try:
            self._encode(todo)
            failures = [reason for part, run in enumerate(todo) for reason in [self._attempt(run, part + 2)] if reason]
        finally:
            self._gather()  # also of what is finished when somebody stops it half-way
        if self._outcomes:
            return RunStatus.FINISHED, f"{len(failures)} of {len(runs)} runs failed" if failures else ""
        return RunStatus.FAILED, failures[0]

    def _load(self, done: Sequence[PlannedRun], todo: Sequence[PlannedRun]) -> None:
        """What is needed before the first item is looked at; the pace counts from then on."""
        encoding, *costs = part_costs(
            self._control.workspace,
            self._prepared,
            [run.plan for run in (*done, *todo)],
            self._submission.spec.image_size,
        )
        self._board = Board(self._control, [sum(costs[: len(done)]), encoding, *costs[len(done) :]])
        self._board.enter(1, "Loading")
        for encoder in {run.plan.encoder for run in todo}:
            self._encoder(encoder)
        self._board.start()

    def _attempt(self, run: PlannedRun, part: int) -> str:
        """One run, whatever comes of it; returns why it failed, or nothing."""
        name = self._name(run)
        self._board.enter(part, f"{name}: starting", run.id)
        if strategy_card(run.plan.strategy).trains_network:
            self._encoder(run.plan.encoder).load()
        self.recorder.begin(run)
        checkpoints = FolderCheckpoints(self._control.checkpoints / run.id)
        try:
            with runtime.seeded(run.plan.seed):
                accuracy = self._do(run, checkpoints)
            self._control.say(f"{name}: accuracy {accuracy:.1%} in {checkpoints.seconds:.0f} s.")
            reason = ""
        except Stopped:
            raise
        except TransferLabError as error:
            reason = str(error)
        except Exception as error:
            _log.exception("run %s failed", run.id)
            reason = f"It broke off for a reason nobody foresaw ({type(error).__name__}); the log has the details."
        checkpoints.remove()
        if reason:
            self.recorder.end(run, RunStatus.FAILED, reason)
            self._control.say(f"{name}: failed. {reason}")
            self._free_memory()
        return reason

    def _do(self, run: PlannedRun, checkpoints: FolderCheckpoints) -> float:
        """Fit, test and keep one run; returns its accuracy."""
        with memory_advice(f"Try a batch size of {max(run.plan.settings.batch_size // 2, 1)}."):
            fitted = self._fit(run, checkpoints)
            save_bundle(self._store.artifact_folder(run.id) / BUNDLE, self._card(run, fitted), fitted.strategy.state())
        self._keep(run, fitted)
        return fitted.scores.accuracy

    def _fit(self, run: PlannedRun, checkpoints: FolderCheckpoints) -> Fitted:
        """Train on the run's budget, then, for the first time, look at the test."""
        prepared, plan = self._prepared, run.plan
        card = strategy_card(plan.strategy)
        rows = prepared.drawn(plan)
        progress = RunProgress(self._board, self._name(run), plan.settings.epochs if card.trains_network else None)
        # Progress comes last, so that an epoch is in the record before anything can stop the run.
        hook = Hooks(EpochRecorder(self._store, run), progress)
        strategy = strategy_class(plan.strategy)(len(prepared.classes), self._encoder(plan.encoder), plan.settings, plan.seed)
        context = FitContext(self._features, hook, checkpoints)
        report = strategy.fit(Labelled(prepared.items(rows), prepared.labels[rows]), context)
        seconds = checkpoints.seconds
        progress.on_phase("Testing", 1.0)
        test = prepared.split.test
        probabilities = strategy.predict_proba(prepared.items(test), self._features)
        scores = score(prepared.labels[test], probabilities, prepared.classes)
        return Fitted(strategy, report, probabilities, scores, seconds)

    def _keep(self, run: PlannedRun, fitted: Fitted) -> None:
        """Record a run and renew the experiment's answer."""
        prepared, report = self._prepared, fitted.report
        test = prepared.split.test
        predictions = Predictions(test, prepared.labels[test], fitted.probabilities, prepared.classes)
        facts = {
            "train_seconds": fitted.seconds,
            "encode_seconds": report.encode_seconds,
            "n_train": report.n_train,
            "n_validation": report.n_validation,
            "n_test": len(test),
        }
        if report.temperature is not None:
            facts["temperature"] = report.temperature
        said = {"chosen": json_tag(report.chosen), "versions": json_tag(runtime.versions())}
        if fitted.strategy.arithmetic:
            said["precision"] = fitted.strategy.arithmetic
        self.recorder.finish(run, fitted.scores, predictions, facts, said)
        self._outcomes.append(self._outcome(run))
        self._answer = judge(self._answer or self._blank_answer(), self._outcomes, self._submission)
        if time.monotonic() < self._gather_at:
            self._publish(self._answer)
            return
        started = time.monotonic()
        self._gather()
        self._gather_at = time.monotonic() + _GATHER_PAUSES * (time.monotonic() - started)

    def _gather(self) -> None:
        """Renew the answer's evidence, where a run has finished since it was last gathered."""
        if self._answer and self._gathered < len(self._outcomes):
            self._gathered = len(self._outcomes)
            self._answer = gather(self._answer, self._outcomes, self._submission)
            self._publish(self._answer)

    def _publish(self, answer: Answer) -> None:
        """Let every face see the answer."""
        self.recorder.answer(answer, answer.verdict.sentence if answer.verdict else "")

    def _encode(self, todo: Sequence[PlannedRun]) -> None:
        """Features of every item that a coming run wants them of, once for all runs."""
        for name, rows in self._prepared.encoded([run.plan for run in todo]).items():
            items, many = self._prepared.items(rows), self._many
            encoder = self._encoder(name)
            stored = self._features.lookup(encoder, items)
            self._control.say(f"Encoding {len(items):,} {many} with {encoder.card.name}; {stored:,} were encoded before.")
            if stored < len(items):
                self._features.store(encoder, items, self._encoding(encoder.card.name, len(items)))

    def _encoding(self, name: str, items: int) -> OnProgress:
        """Shows how far the encoding is; items that occur twice are encoded once."""
        return lambda done, distinct: self._board.at(
            done / distinct, f"Encoding with {name}: {done:,} of {items:,} {self._many}"
        )

    @property
    def _many(self) -> str:
        """What the dataset's items are called."""
        return NOUNS[self._prepared.dataset.modality][1]

    def _encoder(self, encoder: str) -> Any:
        """An `Encoder`, loaded once a process; None for runs whose strategy asks for none."""
        if encoder == NO_ENCODER:
            return None
        return load_encoder(encoder, self._control.workspace, self._submission.spec.image_size)

    def _outcome(self, run: PlannedRun) -> Outcome:
        """A finished run, as evaluation wants it."""
        predictions = self._store.predictions(run.id)
        return Outcome(self._store.run(run.id), predictions.labels, predictions.probabilities)

    def _blank_answer(self) -> Answer:
        """What is known of the answer before any run."""
        prepared, spec = self._prepared, self._submission.spec
        named = sorted({plan.encoder for plan in self._submission.plans} - {NO_ENCODER})
        return Answer(
            experiment=self._submission.id,
            name=spec.name,
            dataset=spec.dataset,
            dataset_name=prepared.dataset.name,
            classes=prepared.classes,
            split=prepared.split.how,
            n_train=len(prepared.split.train),
            n_test=len(prepared.split.test),
            familiar=tuple(familiar_to(self._encoder(name), self._prepared) for name in named),
        )

    def _card(self, run: PlannedRun, fitted: Fitted) -> ModelCard:
        """What a run's model is."""
        plan, dataset = run.plan, self._prepared.dataset
        encoder = self._encoder(plan.encoder)
        return ModelCard(
            id=run.id,
            name=f"{dataset.name} – {strategy_card(plan.strategy).name}"[:200],
            strategy=plan.strategy,
            encoder=encoder.card if encoder else None,
            encoder_fingerprint=encoder.fingerprint if encoder else None,
            classes=self._prepared.classes,
            modality=dataset.modality,
            task=dataset.task,
            dataset=DatasetReference.of(dataset),
            settings=plan.settings,
            image_size=self._submission.spec.image_size,
            scores=fitted.scores,
            budget=plan.budget,
            seed=plan.seed,
            n_train=fitted.report.n_train,
            n_validation=fitted.report.n_validation,
            n_test=len(self._prepared.split.test),
            precision=fitted.strategy.arithmetic,
            writing=written_in(self._prepared),
            created_at=now(),
        )

    def _name(self, run: PlannedRun) -> str:
        """A run in words, e.g. "Full fine-tuning, 100 labels, seed 2 of 3"; only what differs between runs is said."""
        plans = self._submission.plans
        parts = [strategy_card(run.plan.strategy).name]
        if len({plan.encoder for plan in plans} - {NO_ENCODER}) > 1:
            parts.append(run.plan.encoder)
        if len({plan.budget for plan in plans}) > 1:
            parts.append(f"{run.plan.budget:,} labels")
        return ", ".join([*parts, f"seed {run.plan.seed + 1} of {self._submission.spec.seeds}"])

    def _free_memory(self) -> None:
        """Give back what a failed run held, before the next one starts."""
        gc.collect()
        if runtime.device().type == "cuda":
            import torch

            torch.cuda.empty_cache()
