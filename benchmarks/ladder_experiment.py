"""The default experiment with several numbers of labels on the sample `reviews`: all strategies, from Start to answer.

    python -m benchmarks.ladder_experiment

Against the same runs, one after another, with scikit-learn, sentence-transformers and the Trainer: same split, same labels,
same batches, and as many epochs as ours trained. A run that stopped early stops there on every side: or the luck of one
validation loss would decide how much work a side does. Neither side has anything stored. One seed of the three, 20 runs, since
the others repeat its work; a round still takes twenty minutes, so one round is the default.
"""

import time
from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.frozen_grid import fit_and_judge
from benchmarks.measure import Bench, Contender, Spent, Target, Turn, main, timed
from benchmarks.peers import Finetuned, Recipe, SentenceEncoder
from benchmarks.text_sets import Part
from tlcore.data.importer import add_sample
from tlcore.experiments import queue
from tlcore.experiments.plan import Prepared, RunPlan, prepare
from tlcore.experiments.results import results
from tlcore.experiments.spec import ExperimentSpec, spec_for
from tlcore.records import DatasetCard
from tlcore.training.catalogue import STRATEGIES

BUDGETS = (50, 100, 200, "all")
"""What the page offers for a set of this size as "several numbers of labels"."""
_POLL_SECONDS = 0.2
Score = tuple[str, float]
"""Strategy and accuracy of a run."""
Epochs = dict[tuple[str, int], int]
"""Epochs that were trained, by strategy and budget."""


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours through the queue, and the peers twice."""
    home = bench.fresh()
    spec = _spec(add_sample(home, "reviews"), bench.small)
    prepared = prepare(home, spec)
    trained: Epochs = {}

    def ours(number: int) -> Turn:
        workspace = bench.fresh()
        add_sample(workspace, "reviews")
        started = time.perf_counter()
        experiment = queue.submit(workspace, spec)
        while queue.state(workspace, experiment) in ("queued", "running"):
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - started
        runs = results(workspace, experiment).runs
        trained.update({(run.strategy, run.budget): len(run.curve) for run in runs})
        return _turn(Spent(seconds), [(run.strategy, run.accuracy or 0.0) for run in runs])

    def peer(tuned: bool) -> Contender:
        return lambda number: _turn(*timed(lambda: Script(prepared, trained, tuned).run()))

    return {"tlcore": ours, "the same runs in a script, defaults": peer(False), "the same runs in a script, tuned": peer(True)}


class Script:
    """The same runs, one after another, as someone would write them with the usual libraries; texts are encoded once."""

    def __init__(self, prepared: Prepared, trained: Epochs, tuned: bool) -> None:
        self._prepared, self._trained, self._tuned = prepared, trained, tuned
        rows = np.arange(len(prepared.table))
        self._all = Part(list(prepared.items(rows)), prepared.labels)
        self._test = self._all.rows(prepared.split.test)

    def run(self) -> list[Score]:
        """All of them."""
        self._features = SentenceEncoder(self._tuned).encode(self._all.texts)
        return [(plan.strategy, self._accuracy(plan)) for plan in self._prepared.plans]

    def _accuracy(self, plan: RunPlan) -> float:
        rows, test = self._prepared.drawn(plan), self._prepared.split.test
        part = self._all.rows(rows)
        if plan.strategy == "feature_extraction":
            train, judged = (self._features[rows], part.labels), (self._features[test], self._test.labels)
            return fit_and_judge(train, judged, self._tuned)
        if plan.strategy == "classic":
            counter = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
            train = counter.fit_transform(part.texts), part.labels
            return fit_and_judge(train, (counter.transform(self._test.texts), self._test.labels), self._tuned)
        return Finetuned(part, self._recipe(plan)).accuracy(self._test)

    def _recipe(self, plan: RunPlan) -> Recipe:
        """As many epochs and as large batches as ours, and where ours stop early, an eye on as many held-out labels."""
        frozen = 6 - plan.settings.top_blocks if plan.strategy == "partial_fine_tuning" else 0
        return Recipe(
            classes=len(self._prepared.classes),
            epochs=plan.settings.epochs,
            seed=plan.seed,
            tuned=self._tuned,
            batch_size=plan.settings.batch_size,
            frozen_blocks=frozen,
            random=plan.strategy == "scratch",
            stop_after=self._trained[plan.strategy, plan.budget] if plan.settings.early_stopping else None,
        )


def _spec(card: DatasetCard, small: bool) -> ExperimentSpec:
    """The experiment; a quick try has one number of labels."""
    return spec_for(card, budgets=(50,) if small else BUDGETS, seeds=1)


def _turn(spent: Spent, scores: Sequence[Score]) -> Turn:
    """With the mean accuracy of each strategy beside the mean of all."""
    by_strategy = {
        f"% right, {STRATEGIES[name].name}": 100 * mean(score for strategy, score in scores if strategy == name)
        for name in dict(scores)
    }
    return Turn(spent, mean(score for _, score in scores), by_strategy)


TARGET = Target(
    name="ladder_experiment",
    title="the default experiment on the sample reviews at 50, 100, 200 and 540 labels: five strategies, one seed, 20 runs",
    contenders=contenders,
    pairs=1,
    allowed=1.0,
    notes=(
        "Ours goes through the queue and records every run, keeps its model, and gathers the evidence; the scripts only train "
        "and score. Accuracy is the mean over all runs.",
        "Where a run of ours stops early, that of a script stops after as many epochs.",
    ),
)

if __name__ == "__main__":
    main(TARGET)
