"""What the strategies that train a network share: from labelled items to a network that predicts."""

from collections.abc import Sequence
from dataclasses import replace

from tlcore import runtime
from tlcore.data.splits import hold_out
from tlcore.encoders.base import FeatureSource, FloatArray, Inputs, Weights
from tlcore.evaluation.temperature import fit_temperature
from tlcore.records import Item
from tlcore.training.batches import Chosen
from tlcore.training.checkpoint import Keeper, Standing
from tlcore.training.classifier import (
    Classifier,
    autocast,
    load_weights,
    predict_features,
    predict_logits,
    round_weights,
    weights_to_store,
)
from tlcore.training.heads import HeadProblem, class_weights, fit_on_features, softmax
from tlcore.training.hooks import Hook, Part
from tlcore.training.loop import Examples, Job, Loop
from tlcore.training.memory import memory_advice
from tlcore.training.strategies.base import (
    FitContext,
    FitReport,
    Labelled,
    Probabilities,
    State,
    Strategy,
    check_labels,
    frozen_features,
)
from tlcore.training.vocabulary import only_used_rows

_READY = 0.1
"""Share of a run's work that lies before the first epoch."""
_READ = 0.3
"""Share of that which lies before the frozen part, if any, runs over the items."""
_HEAD_PENALTY = 0.4
"""Regularisation of the head that training starts from, against the mean loss."""


class NetworkStrategy(Strategy):
    """Builds a network, gives it a head to start from, trains it, predicts. A subclass says what is different."""

    weights: Weights = "pretrained"
    """What the network starts from."""
    network: Classifier

    @property
    def arithmetic(self) -> str:
        """See `Strategy.arithmetic`: networks train and predict in the machine's own."""
        return runtime.precision().name

    def first_block(self) -> int | None:
        """The lowest block that learns; None where everything does."""
        return None

    def start(self, items: Sequence[Item], fit: Examples, context: FitContext) -> float:
        """Bring the network to where training begins, and give the seconds that encoding took elsewhere.

        Here: with a head fitted on frozen features, so that no random head spoils them on the way (LP-FT, Kumar et al. 2022).
        """
        context.hook.on_phase("Preparing the head", 0.0)
        features, seconds = self._features(items, fit.inputs, context)
        weights = class_weights(fit.labels, self.n_classes, self.settings.class_weights)
        problem = HeadProblem(features, fit.labels, weights, self.seed)
        strength = 1 / (_HEAD_PENALTY * len(fit))
        self.network.start_from(fit_on_features(problem, (), strength, lambda _: context.hook.on_step(0.0)).head)
        return seconds

    def fit(self, data: Labelled, context: FitContext) -> FitReport:
        """See `Strategy.fit`. The validation labels that early stopping needs come out of the budget."""
        check_labels(data.labels)
        halved = max(self.settings.batch_size // 2, 1)
        with memory_advice(f"Try a batch size of {halved}, or {self._less}."), runtime.seeded(self.seed):
            self.network = self._build()
            share = self.settings.validation_share if self.settings.early_stopping else 0.0
            fit, validation = hold_out(data.labels, share, self.seed)
            inputs = self._inputs(data.items, context.hook)
            parts = [Examples(Chosen(inputs, rows), data.labels[rows]) for rows in (fit, validation)]
            ready = replace(context, hook=Part(context.hook, _READY, _READY))
            seconds = self.start([data.items[row] for row in fit], parts[0], ready)
            standing, temperature = self._train(inputs, parts, context)
        return FitReport(len(fit), len(validation), seconds, {"epochs": standing.best_epoch or standing.epoch}, temperature)

    def predict_proba(self, items: Sequence[Item], features: FeatureSource | None = None) -> Probabilities:
        """See `Strategy.predict_proba`."""
        return softmax(predict_logits(self.network, self.encoder.prepare(items, self.settings.max_length)))

    def state(self) -> State:
        """What was learned, as float16; what stayed frozen comes from the encoder."""
        return State(weights_to_store(self.network), {})

    def load_state(self, state: State) -> None:
        """See `Strategy.load_state`."""
        self.network = self._build()
        load_weights(self.network, state.arrays)

    @property
    def _less(self) -> str:
        """What takes less memory, besides a smaller batch."""
        return "a lower working resolution" if self.encoder.card.modality == "image" else "shorter texts"

    def _build(self) -> Classifier:
        """An untrained network."""
        backbone = self.encoder.network(self.weights, self.seed)
        network = Classifier(backbone, self.n_classes, self.settings.dropout, self.first_block())
        if self.weights == "random":
            network.learn_statistics()
        return network.to(runtime.device())

    def _inputs(self, items: Sequence[Item], hook: Hook) -> Inputs:
        """Items ready for the network, the frozen part of it run once."""
        hook.on_phase("Preparing the items", 0.0)
        inputs = self.encoder.prepare(items, self.settings.max_length, Part(hook, 0.0, _READY * _READ).on_items)
        if not self.network.start:
            return inputs
        with autocast():
            return self.network.backbone.below(inputs, self.network.start, Part(hook, _READY * _READ, _READY).on_items)

    def _features(self, items: Sequence[Item], inputs: Inputs, context: FitContext) -> tuple[FloatArray, float]:
        """Frozen features `(n, d)` of items, whose inputs are given, and the seconds that encoding them cost elsewhere.

        Where only the top learns, the frozen part has run over the inputs already: only the rest is computed, and nothing
        elsewhere.
        """
        if self.network.start is not None:
            return predict_features(self.network, inputs, Part(context.hook, 0.0, 0.0).on_items), 0.0
        return frozen_features(self.encoder, items, context)

    def _train(self, inputs: Inputs, parts: Sequence[Examples], context: FitContext) -> tuple[Standing, float | None]:
        """The epoch loop over the first part of the inputs; the second, unless it is empty, says when to stop.

        It also says, afterwards, by what temperature the finished network is too sure of itself.
        """
        fit, validation = parts
        job = Job(fit, validation if len(validation) else None, self.settings, self.seed)
        keeper = Keeper(context.checkpoints, context.checkpoint_seconds, str(job))
        context.hook.on_phase("Training", _READY)
        with only_used_rows(self.network.backbone, inputs):
            standing = Loop(self.network, job, Part(context.hook, _READY, 1.0), keeper).run()
        round_weights(self.network)
        return standing, fit_temperature(predict_logits(self.network, validation.inputs), validation.labels)
