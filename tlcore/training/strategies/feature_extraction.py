"""Feature extraction: a head on frozen features."""

from collections.abc import Sequence

from tlcore.encoders.base import DirectFeatures, FeatureSource
from tlcore.records import Item, Modality
from tlcore.training.heads import HeadProblem, LinearHead, class_weights, fit_on_features, softmax
from tlcore.training.hooks import Part
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

STRENGTHS: dict[Modality, tuple[float, ...]] = {
    "text": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    "image": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}
"""To choose from. Image features are more and vary more alike, so that weaker trust in each can be best."""
_FEW_ITEMS = 0.1
"""Strength when there are too few items to choose it: measured best at 1-8 a class."""


class FeatureExtraction(Strategy):
    """The encoder stays as it is; softmax regression learns on its features, regularised as the budget's items advise."""

    head: LinearHead

    def fit(self, data: Labelled, context: FitContext) -> FitReport:
        """See `Strategy.fit`."""
        check_labels(data.labels)
        with memory_advice("Try fewer labels."):
            context.hook.on_phase("Encoding", 0.0)
            features, seconds = frozen_features(self.encoder, data.items, context)
            context.hook.on_phase("Fitting the head", 0.1)
            weights = class_weights(data.labels, self.n_classes, self.settings.class_weights)
            strengths = STRENGTHS[self.encoder.card.modality]
            problem = HeadProblem(features, data.labels, weights, self.seed)
            best = fit_on_features(problem, strengths, _FEW_ITEMS, Part(context.hook, 0.1, 1.0).on_step)
        self.head = best.head
        return FitReport(len(data.labels), 0, seconds, {"strength": best.strength}, best.temperature)

    def predict_proba(self, items: Sequence[Item], features: FeatureSource | None = None) -> Probabilities:
        """See `Strategy.predict_proba`."""
        source = features or DirectFeatures()
        return softmax(self.head.logits(source.features(self.encoder, items)))

    def state(self) -> State:
        """The head."""
        return State({"weight": self.head.weight, "bias": self.head.bias}, {})

    def load_state(self, state: State) -> None:
        """See `Strategy.load_state`."""
        self.head = LinearHead(state.arrays["weight"], state.arrays["bias"])
