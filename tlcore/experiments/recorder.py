"""What the worker writes down about its experiment, run by run, so that a second attempt finds it and doubles nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tlcore.experiments import artifacts
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.control import Submission
from tlcore.experiments.local_rows import Draft
from tlcore.experiments.plan import Prepared, RunPlan, prepare
from tlcore.experiments.rows import Row
from tlcore.experiments.spec import NO_ENCODER
from tlcore.experiments.store import RunStore
from tlcore.records import EpochRecord, Record, RunStatus, Scores
from tlcore.training.catalogue import strategy_card
from tlcore.training.hooks import Hook


@dataclass(frozen=True)
class PlannedRun:
    """A run of the experiment and what an earlier attempt left of it."""

    id: str
    plan: RunPlan
    finished: bool = False
    epochs: frozenset[int] = frozenset()
    """Epochs that are in the record already."""


class Recorder:
    """One experiment's record."""

    def __init__(self, store: RunStore, submission: Submission) -> None:
        self.store = store
        self.submission = submission
        self.parent = ""
        self._sentence: str | None = None

    def open(self) -> tuple[Prepared, list[PlannedRun]]:
        """Dataset, split and runs: those that an earlier attempt recorded, completed by what it did not get to."""
        rows = self.store.recorded(self.submission.id)
        parent = next((row for row in rows if row.parent is None), None)
        self.parent = parent.id if parent else self._create_parent()
        seal = parent.tag("split_sha256") if parent else None
        path = self.store.artifact_folder(self.parent) / artifacts.SPLIT
        split = artifacts.read_split(path, seal, self.parent) if seal else None
        prepared = prepare(self.store.workspace, self.submission.spec, split)
        sealed = {}
        if split is None:
            sealed = {"split_sha256": artifacts.write_split(path, prepared.split)}
            artifacts.write_sealed(path.with_name(artifacts.SPEC), self.submission.spec)
            for name in (artifacts.SPLIT, artifacts.SPEC):
                self.store.publish(self.parent, name)
        known = {int(row.tag("position") or 0): row for row in rows if row.parent}
        new = [plan for plan in self.submission.plans if plan.position not in known]
        created = self.store.create_all(self.parent, [self._draft(plan) for plan in new])
        ids = {plan.position: run for plan, run in zip(new, created, strict=True)}
        runs = [
            self._known(plan, known[plan.position]) if plan.position in known else PlannedRun(ids[plan.position], plan)
            for plan in self.submission.plans
        ]
        self.store.begin(self.parent, **sealed)
        return prepared, runs

    def begin(self, run: PlannedRun) -> None:
        """A run starts, or starts again."""
        self.store.begin(run.id)

    def finish(
        self, run: PlannedRun, scores: Scores, predictions: Predictions, facts: Mapping[str, float], said: Mapping[str, str]
    ) -> None:
        """A run has its scores and predictions, and its bundle is in place. Files first, then what refers to them."""
        folder = self.store.artifact_folder(run.id)
        seal = artifacts.write_predictions(folder / artifacts.PREDICTIONS, predictions)
        artifacts.write_sealed(folder / artifacts.SCORES, scores)
        for name in (artifacts.PREDICTIONS, artifacts.SCORES, artifacts.BUNDLE):
            self.store.publish(run.id, name)
        shown = scores.model_dump(include={"accuracy", "macro_f1", "balanced_accuracy", "log_loss"})
        self.store.finish(run.id, {**shown, **facts}, {**said, "predictions_sha256": seal})

    def end(self, run: PlannedRun, status: RunStatus, reason: str) -> None:
        """A run ends without a result."""
        self.store.end(run.id, status, reason)

    def answer(self, results: Record, sentence: str) -> None:
        """Renew the experiment's results."""
        artifacts.write_sealed(self.store.artifact_folder(self.parent) / artifacts.RESULTS, results)
        self.store.publish(self.parent, artifacts.RESULTS)
        if sentence != self._sentence:
            self.store.conclude(self.parent, sentence)
            self._sentence = sentence

    def close(self, status: RunStatus, reason: str) -> None:
        """The experiment ends; what it did not get to is closed with it."""
        if not self.parent:
            return
        rows = self.store.recorded(self.submission.id)
        for row in rows:
            if row.parent and row.status in (RunStatus.SCHEDULED, RunStatus.RUNNING):
                self.store.end(row.id, RunStatus.KILLED, reason)
        self.store.end(self.parent, status, reason)

    def _create_parent(self) -> str:
        """The MLflow run that stands for the experiment."""
        spec = self.submission.spec
        chosen = {
            "dataset": spec.dataset,
            "encoders": ", ".join(spec.encoders),
            "strategies": ", ".join(spec.strategies),
            "budgets": ", ".join(map(str, spec.budgets)),
            "seeds": spec.seeds,
            "test_share": spec.test_share,
            "split_seed": spec.split_seed,
            "band": spec.band,
            "test_items": self.submission.n_test,
        }
        if spec.image_size is not None:
            chosen["image_size"] = spec.image_size
        tags = {
            "experiment": self.submission.id,
            "dataset_name": self.submission.dataset_name,
            "submitted_at": self.submission.submitted_at,
        }
        return self.store.create(spec.name, chosen, tags)

    def _draft(self, plan: RunPlan) -> Draft:
        """What is recorded of a run before it starts."""
        spec = self.submission.spec
        settings = plan.settings.model_dump(include=set(strategy_card(plan.strategy).fields_for(spec.modality)))
        params = {"strategy": plan.strategy, "encoder": plan.encoder, "budget": plan.budget, "seed": plan.seed, **settings}
        return Draft(self._name(plan), params, {"experiment": self.submission.id, "position": str(plan.position)})

    def _known(self, plan: RunPlan, row: Row) -> PlannedRun:
        """A run that an earlier attempt recorded; SCHEDULED once more unless it is finished."""
        if row.status is not RunStatus.FINISHED:
            self.store.schedule(row.id)
        return PlannedRun(row.id, plan, row.status is RunStatus.FINISHED, frozenset(row.history.get("train_loss", {})))

    def _name(self, plan: RunPlan) -> str:
        """What MLflow's own pages call a run, e.g. "Full fine-tuning · 540 labels · seed 0"."""
        several = len(self.submission.spec.encoders) > 1 and plan.encoder != NO_ENCODER
        encoder = f" · {plan.encoder}" if several else ""
        return f"{strategy_card(plan.strategy).name}{encoder} · {plan.budget} labels · seed {plan.seed}"


class EpochRecorder(Hook):
    """Writes down each epoch once, however often it is trained."""

    def __init__(self, store: RunStore, run: PlannedRun) -> None:
        self._store = store
        self._run = run

    def on_epoch(self, record: EpochRecord) -> None:
        """Log the epoch's metrics; its number is their step."""
        if record.epoch not in self._run.epochs:
            known = record.model_dump(exclude={"epoch", "seconds"}, exclude_none=True)
            self._store.log(self._run.id, metrics={**known, "epoch_seconds": record.seconds}, step=record.epoch)


def json_tag(facts: Mapping[str, object]) -> str:
    """What is known by name of a run, such as what it settled on, as one tag."""
    return json.dumps(facts, default=str)
