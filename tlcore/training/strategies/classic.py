"""The classic baseline: what needs no deep learning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.encoders.base import FeatureSource
from tlcore.training.heads import HeadProblem, LinearHead, class_weights, fit_best_head, softmax
from tlcore.training.hooks import Part
from tlcore.training.memory import memory_advice
from tlcore.training.strategies.base import FitContext, FitReport, Labelled, Probabilities, State, Strategy, check_labels

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
_FEW_ITEMS = 30.0
"""Strength when there are too few items to choose it."""
_KINDS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"\w+|[^\w\s]"},  # single signs too, so that "!" and an emoji are seen
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}
_MOST_FEATURES = 20_000
"""Of each of the two kinds."""


class Classic(Strategy):
    """TF-IDF over words (1-2) and characters (2-5), then softmax regression, regularised as the budget's items advise."""

    head: LinearHead

    def fit(self, data: Labelled, context: FitContext) -> FitReport:
        """See `Strategy.fit`."""
        check_labels(data.labels)
        with memory_advice("Try fewer labels."):
            context.hook.on_phase("Counting words", 0.0)
            self._views = [_view(kind, max_features=_MOST_FEATURES).fit(data.items) for kind in _KINDS.values()]
            context.hook.on_phase("Fitting the head", 0.1)
            weights = class_weights(data.labels, self.n_classes, self.settings.class_weights)
            problem = HeadProblem(self._features(data.items), data.labels, weights, self.seed)
            best = fit_best_head(problem, STRENGTHS, _FEW_ITEMS, Part(context.hook, 0.1, 1.0).on_step)
        self.head = best.head
        return FitReport(n_train=len(data.labels), chosen={"strength": best.strength})

    def predict_proba(self, items: Sequence[str], features: FeatureSource | None = None) -> Probabilities:
        """See `Strategy.predict_proba`."""
        return softmax(self.head.logits(self._features(items)))

    def state(self) -> State:
        """The head, and the terms of each kind with their inverse document frequencies, both in column order."""
        views = dict(zip(_KINDS, self._views, strict=True))
        frequencies = {f"idf_{kind}": view.idf_ for kind, view in views.items()}
        terms = {kind: view.get_feature_names_out().tolist() for kind, view in views.items()}
        return State({"weight": self.head.weight, "bias": self.head.bias, **frequencies}, terms)

    def load_state(self, state: State) -> None:
        """See `Strategy.load_state`."""
        self.head = LinearHead(state.arrays["weight"], state.arrays["bias"])
        self._views = [_view(options, vocabulary=state.facts[kind]) for kind, options in _KINDS.items()]
        for kind, view in zip(_KINDS, self._views, strict=True):
            view.idf_ = state.arrays[f"idf_{kind}"]

    def _features(self, items: Sequence[str]) -> "csr_matrix":
        """TF-IDF of both kinds side by side, `(n, d)` float32."""
        from scipy.sparse import hstack

        return hstack([view.transform(items) for view in self._views], format="csr")


def _view(options: dict[str, Any], **more: Any) -> "TfidfVectorizer":
    """One kind of counts; a term that occurs ten times does not weigh ten times as much."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options, **more)
