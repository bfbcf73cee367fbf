"""What the classic baseline sees of texts: counts of words and of pieces of words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tlcore.records import Item
from tlcore.training.hooks import Part
from tlcore.training.strategies.base import State

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

_KINDS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"\w+|[^\w\s]"},  # single signs too, so that "!" and an emoji are seen
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}
_MOST_FEATURES = 20_000
"""Of each of the two kinds."""


class TextView:
    """TF-IDF over words (1-2) and characters (2-5)."""

    phase = "Counting words"
    strengths: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0)
    few_items = 30.0

    def learn(self, items: Sequence[Item], hook: Part) -> "csr_matrix":
        """Choose the terms to count; gives the items' features."""
        self._counters = [_counter(kind, max_features=_MOST_FEATURES).fit(_texts(items)) for kind in _KINDS.values()]
        return self.features(items)

    def features(self, items: Sequence[Item]) -> "csr_matrix":
        """TF-IDF of both kinds side by side, `(n, d)` float32."""
        from scipy.sparse import hstack

        return hstack([counter.transform(_texts(items)) for counter in self._counters], format="csr")

    def state(self) -> State:
        """The terms of each kind with their inverse document frequencies, both in column order."""
        counters = dict(zip(_KINDS, self._counters, strict=True))
        frequencies = {f"idf_{kind}": counter.idf_ for kind, counter in counters.items()}
        return State(frequencies, {kind: counter.get_feature_names_out().tolist() for kind, counter in counters.items()})

    def load_state(self, state: State) -> None:
        """Become the view that gave `state`."""
        self._counters = [_counter(options, vocabulary=state.facts[kind]) for kind, options in _KINDS.items()]
        for kind, counter in zip(_KINDS, self._counters, strict=True):
            counter.idf_ = state.arrays[f"idf_{kind}"]


def _texts(items: Sequence[Item]) -> Sequence[str]:
    """The items, which are texts."""
    return cast("Sequence[str]", items)


def _counter(options: dict[str, Any], **more: Any) -> "TfidfVectorizer":
    """One kind of counts; a term that occurs ten times does not weigh ten times as much."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options, **more)
