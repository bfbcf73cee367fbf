"""100 frozen runs (5 budgets x 20 seeds) on emotion, encoding included: ours against encoding once and LogisticRegressionCV.

    python -m benchmarks.frozen_grid

Both choose the strength of regularisation for every run by cross-validation inside its budget; both test every run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegressionCV

from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from benchmarks.peers import SentenceEncoder
from benchmarks.text_sets import TextSet, files_of, text_set
from tlcore.data.splits import budget_order
from tlcore.encoders.base import FloatArray, IntArray
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import FitContext
from tlcore.training.strategies.feature_extraction import FeatureExtraction

DATA = "tweeteval_emotion"
BUDGETS = (50, 100, 200, 400, 800)
SEEDS = 20


@dataclass(frozen=True)
class Grid:
    """The runs."""

    data: TextSet
    draws: tuple[IntArray, ...]
    """Rows of the training part that each run may use."""

    @property
    def drawn(self) -> IntArray:
        """Rows that any run uses."""
        return np.unique(np.concatenate(self.draws))


def grid(bench: Bench) -> Grid:
    """All runs; the budgets of a seed are nested, as in an experiment."""
    found = text_set(bench.data, DATA, 200 if bench.small else None)
    orders = [budget_order(found.train.labels, seed) for seed in range(2 if bench.small else SEEDS)]
    return Grid(found, tuple(order[:budget] for order in orders for budget in BUDGETS))


def ours(bench: Bench, runs: Grid) -> Contender:
    """The strategy run after run from one feature store, which holds nothing when a turn begins: what an experiment does."""
    encoder = load_encoder(DEFAULT_ENCODER, bench.fresh())
    encoder.encode(runs.data.test.texts[:100])
    train, test = runs.data.train, runs.data.test

    def work() -> float:
        store, right = FeatureStore(bench.fresh()), []
        store.features(encoder, [*train.rows(runs.drawn).texts, *test.texts])
        for seed, rows in enumerate(runs.draws):
            model = FeatureExtraction(len(runs.data.classes), encoder, TrainingSettings(), seed)
            model.fit(train.rows(rows).labelled, FitContext(features=store))
            right.append((model.predict_proba(test.texts, store).argmax(axis=1) == test.labels).mean())
        return float(np.mean(right))

    return lambda number: _turn(work)


def once(tuned: bool, runs: Grid) -> Contender:
    """The same runs with sentence-transformers, once over all texts that any run uses, and scikit-learn."""
    encoder = SentenceEncoder(tuned)
    train, test = runs.data.train, runs.data.test

    def work() -> float:
        features = np.zeros((len(train.texts), 384), dtype=np.float32)
        features[runs.drawn] = encoder.encode(train.rows(runs.drawn).texts)
        judged = encoder.encode(test.texts), test.labels
        return float(np.mean([fit_and_judge((features[rows], train.labels[rows]), judged, tuned) for rows in runs.draws]))

    return lambda number: _turn(work)


def fit_and_judge(train: tuple[FloatArray, IntArray], test: tuple[FloatArray, IntArray], tuned: bool) -> float:
    """Accuracy of LogisticRegressionCV: ten strengths and five folds as it comes, six likely strengths when tuned."""
    strengths = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0] if tuned else 10
    model = LogisticRegressionCV(Cs=strengths, cv=5, max_iter=1000, l1_ratios=(0.0,), **_NEW_WAYS).fit(*train)
    return float((model.predict(test[0]) == test[1]).mean())


def _turn(work: Callable[[], float]) -> Turn:
    spent, accuracy = timed(work)
    return Turn(spent, accuracy)


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours, and the peer twice."""
    runs = grid(bench)
    return {
        "tlcore": ours(bench, runs),
        "sentence-transformers once + LogisticRegressionCV, defaults": once(False, runs),
        "sentence-transformers once + LogisticRegressionCV, tuned": once(True, runs),
    }


_NEW_WAYS = {"scoring": "accuracy", "use_legacy_attributes": False}
"""What the version in use asks to be said; its results are those of the defaults."""

TARGET = Target(
    name="frozen_grid",
    title="100 frozen runs (5 budgets, 20 seeds) on emotion, encoding included",
    contenders=contenders,
    needs=files_of(DATA),
    notes=("Accuracy is the mean over all runs.",),
)

if __name__ == "__main__":
    main(TARGET)
