"""How long an experiment takes on this machine: a short calibration, then arithmetic on the sizes at hand.

An item's load is its tokens, or one for a picture at the working resolution. A unit of load passed forward, and a step and a
unit of training, have a price on a machine; the rest follows from how many of them there will be. Estimating imports no torch.
Calibrating does, so pages leave it to the helper.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

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
KEEP_SECONDS = 0.1
"""Scoring and storing a run."""
STOPS_AFTER = 0.5
"""Share of the epochs allowed that early stopping typically uses."""
CLASSIC_SECONDS = 1.2e-5
"""Counting a character's words and pieces, and the head on them, for each class."""
CLASSIC_PICTURE_SECONDS = 4e-3
"""Reading a picture small, and its part of the head."""
HEAD_SECONDS = 2e-9
"""A head on features: for each item, number of an item, and class."""
_FILE = "calibration.json"
_LOOKED_AT = 500


class Pace(Record):
    """What training costs, in seconds."""

    step: float
    """Whatever its batch: mostly the optimizer's work on every weight."""
    unit: float
    """A unit of load, forward and backward."""
    ready: float
    """What a run needs before its first epoch."""


class Calibration(Record):
    """What an encoder costs on a machine at one working resolution, in seconds."""

    encode: float
    """A unit of load passed forward."""
    full: Pace
    partial: Pace
    """With as many top blocks as the strategy trains by default."""


_MEASURED = TypeAdapter(dict[str, Calibration])


class Estimate(Record):
    """How long an experiment will take when nothing else runs, in seconds."""

    seconds: float
    """In all."""
    encoding: float
    """Encoding every item once, from cold."""
    runs: tuple[float, ...]
    """Each run, in the order of the plan."""


REFERENCE = Calibration(
    encode=5e-5,
    full=Pace(step=0.05, unit=2.5e-4, ready=0.5),
    partial=Pace(step=0.02, unit=8e-5, ready=0.5),
)
"""Texts on two cores with native bf16: weighs the parts of an experiment that was not estimated by its proportions alone."""
PICTURES = Calibration(
    encode=4e-3,
    full=Pace(step=0.05, unit=1e-2, ready=1.0),
    partial=Pace(step=0.02, unit=2e-3, ready=1.0),
)
"""The same for pictures at 128 pixels."""


def estimate(workspace: Workspace, spec: ExperimentSpec) -> Estimate | None:
    """How long a spec will take here; None before `calibrate` was called for each of its encoders.

    Raises a UserError with one sentence for what cannot be run.
    """
    prepared = prepare(workspace, spec)
    encoders = {plan.encoder for plan in prepared.plans} - {NO_ENCODER}
    if any(calibration(workspace, encoder, spec.image_size) is None for encoder in encoders):
        return None
    encoding, *runs = part_costs(workspace, prepared, prepared.plans, spec.image_size)
    return Estimate(seconds=START_SECONDS + encoding + sum(runs), encoding=encoding, runs=tuple(runs))


def part_costs(
    workspace: Workspace, prepared: Prepared, plans: Sequence[RunPlan], image_size: int | None = None
) -> list[float]:
    """Seconds for encoding, then for each of `plans`; where nothing was calibrated only their proportions mean anything."""
    sizes = {name: _Sizes(workspace, prepared, name, image_size) for name in dict.fromkeys(plan.encoder for plan in plans)}
    encoding = sum(len(rows) * sizes[name].item() for name, rows in prepared.encoded(plans).items())
    return [encoding, *(KEEP_SECONDS + sizes[plan.encoder].fit(plan) + sizes[plan.encoder].test(plan) for plan in plans)]


def calibration(workspace: Workspace, encoder: str, image_size: int | None = None) -> Calibration | None:
    """What was measured here for an encoder; None if nothing was, or with other settings."""
    return _measured(workspace).get(_circumstances(workspace, encoder, image_size))


def keep_calibration(workspace: Workspace, encoder: str, found: Calibration, image_size: int | None = None) -> None:
    """Store what was measured."""
    kept = _MEASURED.dump_json({**_measured(workspace), _circumstances(workspace, encoder, image_size): found}, indent=1)
    write_bytes(workspace.root / _FILE, kept)


def _measured(workspace: Workspace) -> dict[str, Calibration]:
    """All measurements; a damaged file counts as none, as measuring again is quick."""
    try:
        return _MEASURED.validate_json((workspace.root / _FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}


def _circumstances(workspace: Workspace, encoder: str, image_size: int | None) -> str:
    """What a measurement holds for: encoder, working resolution, machine, threads, precision."""
    settings = workspace.settings
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()}"
    seen = f"{encoder} at {image_size}" if image_size else encoder
    return f"{seen} | {machine} | {settings.threads} threads | {settings.precision}"


@dataclass(frozen=True)
class _Sizes:
    """A dataset as an encoder sees it, with the encoder's prices."""

    workspace: Workspace
    prepared: Prepared
    encoder: str
    image_size: int | None

    @property
    def pictures(self) -> bool:
        """True when the items are pictures."""
        return self.prepared.dataset.modality == "image"

    @cached_property
    def prices(self) -> Calibration:
        """Measured, or of the reference machine."""
        reference = PICTURES if self.pictures else REFERENCE
        return calibration(self.workspace, self.encoder, self.image_size) or reference

    @cached_property
    def card(self) -> EncoderCard:
        """What the encoder is."""
        return encoder_card(self.encoder, self.workspace)

    @cached_property
    def texts(self) -> list[str]:
        """Some of the training texts, evenly picked; none of pictures."""
        train = self.prepared.split.train
        chosen = np.unique(np.linspace(0, len(train) - 1, min(_LOOKED_AT, len(train)), dtype=int))
        return [item for item in self.prepared.items(train[chosen]) if isinstance(item, str)]

    @cached_property
    def counts(self) -> IntArray:
        """Tokens of each of those texts, before any is cut."""
        return _token_counts(self.encoder, self.workspace.root, tuple(self.texts))

    def load(self, limit: int | None = None) -> float:
        """Mean load of an item: a text's tokens, cut to `limit` and the encoder's own; 1 for a picture."""
        if self.pictures:
            return 1.0
        own = self.card.max_length or 512
        return float(np.minimum(self.counts, min(limit or own, own)).mean())

    def item(self, limit: int | None = None) -> float:
        """Passing an item forward, cut to `limit`."""
        return self.load(limit) * self.prices.encode

    def fit(self, plan: RunPlan) -> float:
        """Fitting one run, its items' features at hand."""
        card, classes = strategy_card(plan.strategy), len(self.prepared.classes)
        if not card.uses_encoder and self.pictures:
            return plan.budget * CLASSIC_PICTURE_SECONDS
        if not card.uses_encoder:
            return plan.budget * float(np.mean([len(text) for text in self.texts])) * classes * CLASSIC_SECONDS
        if not card.trains_network:
            return plan.budget * self.card.dim * classes * HEAD_SECONDS
        return self._train(plan)

    def test(self, plan: RunPlan) -> float:
        """Predicting the test items."""
        if not strategy_card(plan.strategy).trains_network:
            return 0.0
        return len(self.prepared.split.test) * self.item(plan.settings.max_length)

    def _train(self, plan: RunPlan) -> float:
        """The epochs of a run, and what comes before them."""
        settings, load, item = plan.settings, self.load(plan.settings.max_length), self.item(plan.settings.max_length)
        held = settings.validation_share * plan.budget if settings.early_stopping else 0.0
        items, epochs = plan.budget - held, settings.epochs * (STOPS_AFTER if settings.early_stopping else 1.0)
        pace, prefix = self._pace(plan)
        epoch = np.ceil(items / settings.batch_size) * pace.step + items * load * pace.unit + held * item
        return pace.ready + prefix * plan.budget * item + epochs * float(epoch)

    def _pace(self, plan: RunPlan) -> tuple[Pace, float]:
        """What a strategy's training costs, and the share of the encoder that runs once in front of it."""
        card = strategy_card(plan.strategy)
        if "top_blocks" not in card.fields:
            return self.prices.full, 0.0
        blocks, top = len(self.card.blocks), plan.settings.top_blocks
        scale = top / min(card.defaults.top_blocks, blocks)
        partial = self.prices.partial
        return partial.model_copy(update={"step": partial.step * scale, "unit": partial.unit * scale}), (blocks - top) / blocks


@lru_cache(maxsize=8)
def _token_counts(encoder: str, home: Path, texts: tuple[str, ...]) -> IntArray:
    """Tokens of each text, counted once while a person goes from choice to choice."""
    return token_counter(encoder, Workspace(home))(texts)
