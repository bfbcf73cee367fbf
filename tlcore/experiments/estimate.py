"""How long an experiment takes on this machine: a short calibration, then arithmetic on the sizes at hand.

A token passed forward, and a step and a token of training, have a price on a machine; the rest follows from how many of them
there will be. Estimating imports no torch. Calibrating does, so pages leave it to the helper.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import TypeAdapter, ValidationError

from tlcore.encoders.catalogue import encoder_card, token_counter
from tlcore.evaluation.outcomes import IntArray
from tlcore.experiments.plan import Prepared, RunPlan, prepare
from tlcore.experiments.spec import NO_ENCODER, ExperimentSpec
from tlcore.files import write_bytes
from tlcore.records import EncoderCard, Record
from tlcore.settings import Workspace
from tlcore.training.catalogue import strategy_card

START_SECONDS = 6.0
"""A worker's imports and the loading of its encoder."""
KEEP_SECONDS = 1.0
"""Scoring and storing a run."""
STOPS_AFTER = 0.5
"""Share of the epochs allowed that early stopping typically uses."""
CLASSIC_SECONDS = 1.2e-5
"""Counting a character's words and pieces, and the head on them, for each class."""
HEAD_SECONDS = 2e-9
"""A head on features: for each item, number of an item, and class."""
_FILE = "calibration.json"
_LOOKED_AT = 500


class Pace(Record):
    """What training costs, in seconds."""

    step: float
    """Whatever its batch: mostly the optimizer's work on every weight."""
    token: float
    """Forward and backward."""
    ready: float
    """What a run needs before its first epoch."""


class Calibration(Record):
    """What an encoder costs on a machine, in seconds."""

    encode: float
    """A token passed forward."""
    full: Pace
    partial: Pace
    """With as many top blocks as the strategy trains by default."""


_MEASURED = TypeAdapter(dict[str, Calibration])


class Estimate(Record):
    """How long an experiment will take when nothing else runs, in seconds."""

    seconds: float
    """In all."""
    encoding: float
    """Encoding every text once, from cold."""
    runs: tuple[float, ...]
    """Each run, in the order of the plan."""


REFERENCE = Calibration(
    encode=5e-5,
    full=Pace(step=0.05, token=2.5e-4, ready=0.5),
    partial=Pace(step=0.02, token=8e-5, ready=0.5),
)
"""Two cores with native bf16; only its proportions are used, to weigh the parts of an experiment that was not estimated."""


def estimate(workspace: Workspace, spec: ExperimentSpec) -> Estimate | None:
    """How long a spec will take here; None before `calibrate` was called for each of its encoders.

    Raises a UserError with one sentence for what cannot be run.
    """
    prepared = prepare(workspace, spec)
    encoders = {plan.encoder for plan in prepared.plans} - {NO_ENCODER}
    if any(calibration(workspace, encoder) is None for encoder in encoders):
        return None
    encoding, *runs = part_costs(workspace, prepared, prepared.plans)
    return Estimate(seconds=START_SECONDS + encoding + sum(runs), encoding=encoding, runs=tuple(runs))


def part_costs(workspace: Workspace, prepared: Prepared, plans: Sequence[RunPlan]) -> list[float]:
    """Seconds for encoding, then for each of `plans`; where nothing was calibrated only their proportions mean anything."""
    sizes = {name: _Sizes(workspace, prepared, name) for name in dict.fromkeys(plan.encoder for plan in plans)}
    encoding = sum(
        sizes[name].encoding(max(plan.budget for plan in plans if plan.encoder == name)) for name in sizes if name != NO_ENCODER
    )
    return [encoding, *(KEEP_SECONDS + sizes[plan.encoder].fit(plan) + sizes[plan.encoder].test(plan) for plan in plans)]


def calibration(workspace: Workspace, encoder: str) -> Calibration | None:
    """What was measured here for an encoder; None if nothing was, or with other settings."""
    return _measured(workspace).get(_circumstances(workspace, encoder))


def keep_calibration(workspace: Workspace, encoder: str, found: Calibration) -> None:
    """Store what was measured."""
    kept = _MEASURED.dump_json({**_measured(workspace), _circumstances(workspace, encoder): found}, indent=1)
    write_bytes(workspace.root / _FILE, kept)


def _measured(workspace: Workspace) -> dict[str, Calibration]:
    """All measurements; a damaged file counts as none, as measuring again is quick."""
    try:
        return _MEASURED.validate_json((workspace.root / _FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}


def _circumstances(workspace: Workspace, encoder: str) -> str:
    """What a measurement holds for: encoder, machine, threads, precision."""
    settings = workspace.settings
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()}"
    return f"{encoder} | {machine} | {settings.threads} threads | {settings.precision}"


@dataclass(frozen=True)
class _Sizes:
    """A dataset as an encoder sees it, with the encoder's prices."""

    workspace: Workspace
    prepared: Prepared
    encoder: str

    @cached_property
    def prices(self) -> Calibration:
        """Measured, or of the reference machine."""
        return calibration(self.workspace, self.encoder) or REFERENCE

    @cached_property
    def card(self) -> EncoderCard:
        """What the encoder is."""
        return encoder_card(self.encoder, self.workspace)

    @cached_property
    def texts(self) -> list[str]:
        """Some of the training texts, evenly picked."""
        train = self.prepared.split.train
        chosen = np.unique(np.linspace(0, len(train) - 1, min(_LOOKED_AT, len(train)), dtype=int))
        return self.prepared.column.iloc[train[chosen]].tolist()

    @cached_property
    def counts(self) -> IntArray:
        """Tokens of each of those texts, before any is cut."""
        return token_counter(self.encoder, self.workspace)(self.texts)

    def tokens(self, limit: int | None = None) -> float:
        """Mean tokens of a text, cut to `limit` and the encoder's own."""
        own = self.card.max_length or 512
        return float(np.minimum(self.counts, min(limit or own, own)).mean())

    def encoding(self, budget: int) -> float:
        """Encoding the budget's items and the test's."""
        return (budget + len(self.prepared.split.test)) * self.tokens() * self.prices.encode

    def fit(self, plan: RunPlan) -> float:
        """Fitting one run, its items' features at hand."""
        card, classes = strategy_card(plan.strategy), len(self.prepared.classes)
        if not card.uses_encoder:
            return plan.budget * float(np.mean([len(text) for text in self.texts])) * classes * CLASSIC_SECONDS
        if not card.trains_network:
            return plan.budget * self.card.dim * classes * HEAD_SECONDS
        return self._train(plan)

    def test(self, plan: RunPlan) -> float:
        """Predicting the test items."""
        if not strategy_card(plan.strategy).trains_network:
            return 0.0
        return len(self.prepared.split.test) * self.tokens(plan.settings.max_length) * self.prices.encode

    def _train(self, plan: RunPlan) -> float:
        """The epochs of a run, and what comes before them."""
        settings, tokens = plan.settings, self.tokens(plan.settings.max_length)
        held = settings.validation_share * plan.budget if settings.early_stopping else 0.0
        items, epochs = plan.budget - held, settings.epochs * (STOPS_AFTER if settings.early_stopping else 1.0)
        pace, prefix = self._pace(plan)
        epoch = (
            np.ceil(items / settings.batch_size) * pace.step + items * tokens * pace.token + held * tokens * self.prices.encode
        )
        return pace.ready + prefix * plan.budget * tokens * self.prices.encode + epochs * float(epoch)

    def _pace(self, plan: RunPlan) -> tuple[Pace, float]:
        """What a strategy's training costs, and the share of the encoder that runs once in front of it."""
        card = strategy_card(plan.strategy)
        if "top_blocks" not in card.fields:
            return self.prices.full, 0.0
        blocks, top = len(self.card.blocks), plan.settings.top_blocks
        scale = top / min(card.defaults.top_blocks, blocks)
        partial = self.prices.partial
        return partial.model_copy(update={"step": partial.step * scale, "token": partial.token * scale}), (
            blocks - top
        ) / blocks
