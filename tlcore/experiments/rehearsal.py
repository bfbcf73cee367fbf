"""What a worker does while it waits: all that the first run of an experiment would be the first to do in its process.

Libraries read themselves in when they are first called, and dataset, encoder and stored features when they are first looked at;
that takes a second or two, which pass while a person still chooses. Nothing that is computed here is a result.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tlcore import runtime
from tlcore.encoders.base import DirectFeatures, Encoder, FloatArray, OnProgress
from tlcore.encoders.catalogue import load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.evaluation.metrics import score
from tlcore.experiments.acquaintance import familiar_to, written_in
from tlcore.experiments.artifacts import Predictions, write_predictions
from tlcore.experiments.estimate import part_costs
from tlcore.experiments.plan import Prepared, prepare
from tlcore.experiments.race import Race  # noqa: F401 - for what it imports
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.records import Item
from tlcore.settings import Workspace
from tlcore.training.catalogue import strategy_class
from tlcore.training.strategies.base import FitContext, Labelled

_ITEMS = 40
_CLASSES = ("one", "other")


class _Noise(DirectFeatures):
    """Features of nothing."""

    def features(self, encoder: Encoder, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Random ones `(n, d)`."""
        return np.random.default_rng(0).random((len(items), encoder.card.dim), dtype=np.float32)


def rehearse(workspace: Workspace, spec: ExperimentSpec) -> None:
    """Get ready for `spec`, or for one like it. Writes nothing to the workspace but an empty run store where there is none.

    Raises TransferLabError for what stands in the way; it then stands in the experiment's way too, and is said there.
    """
    runtime.configure_threads()
    RunStore(workspace).warm_up()
    prepared = prepare(workspace, spec)
    part_costs(workspace, prepared, prepared.plans, spec.image_size)
    written_in(prepared)
    for name in spec.encoders[:1]:  # each takes memory while nobody needs it
        encoder = load_encoder(name, workspace, spec.image_size)
        encoder.load()
        familiar_to(encoder, prepared)
        FeatureStore(workspace).lookup(encoder, prepared.items(prepared.split.test))
        _frozen_run(encoder, prepared)


def _frozen_run(encoder: Encoder, prepared: Prepared) -> None:
    """Fit, test and keep a frozen encoder's head on noise."""
    settings = prepared.plans[0].settings
    items, labels = [str(number) for number in range(_ITEMS)], np.arange(_ITEMS) % len(_CLASSES)
    with runtime.seeded(0), tempfile.TemporaryDirectory() as folder:
        strategy = strategy_class("feature_extraction")(len(_CLASSES), encoder, settings, 0)
        strategy.fit(Labelled(items, labels), FitContext(_Noise()))
        probabilities = strategy.predict_proba(items, _Noise())
        score(labels, probabilities, _CLASSES)
        write_predictions(Path(folder) / "noise.parquet", Predictions(np.arange(_ITEMS), labels, probabilities, _CLASSES))
