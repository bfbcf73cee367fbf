"""The classic baseline: what needs no deep learning."""

from collections.abc import Sequence
from typing import Protocol

from tlcore.encoders.base import FeatureSource
from tlcore.records import Item, Modality, Picture
from tlcore.training.heads import HeadProblem, LinearHead, Matrix, class_weights, fit_best_head, softmax
from tlcore.training.hooks import Part
from tlcore.training.memory import memory_advice
from tlcore.training.strategies.base import FitContext, FitReport, Labelled, Probabilities, State, Strategy, check_labels
from tlcore.training.strategies.classic_pictures import PictureView
from tlcore.training.strategies.classic_texts import TextView

_SEEN = 0.1
"""Share of the work that lies behind when the items have been looked at."""


class View(Protocol):
    """Items of one modality → features, and what was noted of the budget's items for that."""

    phase: str
    """What looking at the items is called."""
    strengths: tuple[float, ...]
    """To choose from."""
    few_items: float
    """Strength when there are too few items to choose it."""

    def learn(self, items: Sequence[Item], hook: Part) -> Matrix:
        """Note what is needed of the budget's items; gives their features `(n, d)` float32."""

    def features(self, items: Sequence[Item]) -> Matrix:
        """Features `(n, d)` float32 of any items."""

    def state(self) -> State:
        """What was noted."""

    def load_state(self, state: State) -> None:
        """Become the view that gave `state`."""


VIEWS: dict[Modality, type[View]] = {"text": TextView, "image": PictureView}


class Classic(Strategy):
    """Counts of words, or small pixels; then softmax regression, regularised as the budget's items advise."""

    head: LinearHead
    view: View

    def fit(self, data: Labelled, context: FitContext) -> FitReport:
        """See `Strategy.fit`."""
        check_labels(data.labels)
        with memory_advice("Try fewer labels."):
            self.view = VIEWS["image" if isinstance(data.items[0], Picture) else "text"]()
            context.hook.on_phase(self.view.phase, 0.0)
            features = self.view.learn(data.items, Part(context.hook, 0.0, _SEEN))
            context.hook.on_phase("Fitting the head", _SEEN)
            weights = class_weights(data.labels, self.n_classes, self.settings.class_weights)
            problem = HeadProblem(features, data.labels, weights, self.seed)
            tell = Part(context.hook, _SEEN, 1.0).on_step
            best = fit_best_head(problem, self.view.strengths, self.view.few_items, tell)
        self.head = best.head
        return FitReport(len(data.labels), chosen={"strength": best.strength}, temperature=best.temperature)

    def predict_proba(self, items: Sequence[Item], features: FeatureSource | None = None) -> Probabilities:
        """See `Strategy.predict_proba`."""
        return softmax(self.head.logits(self.view.features(items)))

    def state(self) -> State:
        """The head, and what the view noted."""
        seen = self.view.state()
        return State({"weight": self.head.weight, "bias": self.head.bias, **seen.arrays}, seen.facts)

    def load_state(self, state: State) -> None:
        """See `Strategy.load_state`."""
        self.head = LinearHead(state.arrays["weight"], state.arrays["bias"])
        self.view = VIEWS["image" if "pixels" in state.facts else "text"]()
        self.view.load_state(state)
