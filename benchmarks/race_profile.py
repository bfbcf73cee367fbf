"""Where the default race spends its time: by strategy from Start to answer, by kind of arithmetic within a step, by threads.

    python -m benchmarks.race_profile

The race on the sample `reviews` goes through the queue, with one seed; the steps are those of full fine-tuning on the same
labels, for their kinds of arithmetic under torch's profiler, which slows them down.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.measure import RESULTS, keep, machine
from tlcore import runtime
from tlcore.data.importer import add_sample
from tlcore.encoders.catalogue import load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.errors import Stopped
from tlcore.experiments import queue
from tlcore.experiments.plan import prepare
from tlcore.experiments.results import results
from tlcore.experiments.spec import spec_for
from tlcore.records import RunRecord
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.hooks import Hook
from tlcore.training.strategies.base import FitContext, Labelled

_STEPS = 20
_POLL_SECONDS = 0.1
_KINDS = {
    "matrix products": ("addmm", "mkldnn", "linear", "mm"),
    "attention": ("bmm", "softmax"),
    "optimizer": ("adamw", "_foreach"),
    "activation, norms, dropout": ("gelu", "layer_norm", "dropout", "bernoulli", "addcmul", "mul", "add"),
    "moving and converting": ("copy", "index", "cat", "fill", "zero", "embedding", "clone", "scatter"),
}
"""Parts of the names of torch's operations; the first kind that fits counts."""


class _TrainingSteps(Hook):
    """Looks at the steps of training, not at those of other phases, and ends the run after the last it wants."""

    last: int

    def __init__(self) -> None:
        self._training, self._steps = False, 0

    def on_phase(self, name: str, share: float) -> None:
        """A phase begins."""
        self._training = name == "Training"

    def on_step(self, share: float) -> None:
        """A step is over."""
        if self._training:
            self._steps += 1
            self.trained(self._steps)
            if self._steps == self.last:
                raise Stopped("enough")

    def trained(self, steps: int) -> None:
        """That many steps have been trained."""


class _Profiled(_TrainingSteps):
    """Profiles the second twenty steps of forty: the first touch memory that later ones find ready."""

    last = 2 * _STEPS

    def __init__(self) -> None:
        super().__init__()
        self.profile = profile(activities=[ProfilerActivity.CPU])

    def trained(self, steps: int) -> None:
        """Begin, or end."""
        if steps == self.last - _STEPS:
            self.profile.start()
        if steps == self.last:
            self.profile.stop()


class _Timed(_TrainingSteps):
    """Notes when each of a hundred steps was over."""

    last = 5 * _STEPS

    def __init__(self) -> None:
        super().__init__()
        self.over: list[float] = []

    def trained(self, steps: int) -> None:
        """Note the time."""
        self.over.append(time.perf_counter())

    @property
    def pace(self) -> float:
        """Mean seconds of a step after the first twenty, validation between epochs included."""
        return (self.over[-1] - self.over[_STEPS - 1]) / (self.last - _STEPS)


def race(workspace: Workspace, dataset: Any) -> list[tuple[str, float]]:
    """Parts of the race with their seconds; what no run took is the worker's start, encoding and evidence."""
    spec = spec_for(dataset, seeds=1)
    started = time.perf_counter()
    experiment = queue.submit(workspace, spec)
    while queue.state(workspace, experiment) in ("queued", "running"):
        time.sleep(_POLL_SECONDS)
    whole = time.perf_counter() - started
    runs = results(workspace, experiment).runs
    parts = [(STRATEGIES[run.strategy].name, _seconds(run)) for run in runs]
    return [*parts, ("start, encoding, evidence", whole - sum(seconds for _, seconds in parts)), ("the whole race", whole)]


def _seconds(run: RunRecord) -> float:
    """From the run's beginning to its record: fit, test and keeping."""
    return (datetime.fromisoformat(str(run.ended_at)) - datetime.fromisoformat(str(run.started_at))).total_seconds()


def paces(workspace: Workspace, dataset: Any) -> dict[int, float]:
    """Mean seconds of a step, by the number of threads: on one, and on all."""
    found = {}
    for threads in sorted({1, runtime.configure_threads()}):
        torch.set_num_threads(threads)
        hook = _Timed()
        _train(workspace, dataset, hook)
        found[threads] = hook.pace
    return found


def steps(workspace: Workspace, dataset: Any) -> list[tuple[str, float]]:
    """Shares of the time of a training step, 0-1, by kind of operation."""
    hook = _Profiled()
    _train(workspace, dataset, hook)
    spent: dict[str, float] = defaultdict(float)
    for event in hook.profile.key_averages():
        spent[_kind(event.key)] += event.self_cpu_time_total
    return sorted(((kind, time / sum(spent.values())) for kind, time in spent.items()), key=lambda part: -part[1])


def _train(workspace: Workspace, dataset: Any, hook: Hook) -> None:
    """Full fine-tuning on all labels until the hook ends it."""
    prepared = prepare(workspace, spec_for(dataset, seeds=1))
    plan = next(plan for plan in prepared.plans if plan.strategy == "full_fine_tuning")
    rows = prepared.drawn(plan)
    encoder = load_encoder(plan.encoder, workspace)
    model = strategy_class(plan.strategy)(len(prepared.classes), encoder, plan.settings, plan.seed)
    with suppress(Stopped):
        model.fit(Labelled(prepared.items(rows), prepared.labels[rows]), FitContext(FeatureStore(workspace), hook))


def _kind(operation: str) -> str:
    """What kind of work an operation of torch is."""
    name = operation.lower()
    order: Sequence[str] = ("attention", "optimizer", "matrix products", "activation, norms, dropout", "moving and converting")
    return next((kind for kind in order if any(part in name for part in _KINDS[kind])), "the rest")


def main() -> None:
    """Measure, print and record."""
    runtime.configure_threads()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        dataset = add_sample(workspace, "reviews")
        by_strategy, by_kind, by_threads = race(workspace, dataset), steps(workspace, dataset), paces(workspace, dataset)
    for name, seconds in by_strategy:
        print(f"{seconds:8.1f} s  {name}")
    for name, share in by_kind:
        print(f"{share:8.0%}    {name}")
    for threads, seconds in by_threads.items():
        print(f"{1000 * seconds:8.0f} ms a step on {threads} thread{'s' * (threads > 1)}")
    found = {
        "race_seconds": dict(by_strategy),
        "step_shares": dict(by_kind),
        "step_seconds": by_threads,
        "machine": machine(),
    }
    keep(RESULTS, "race_profile", found)


if __name__ == "__main__":
    main()
