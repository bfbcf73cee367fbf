"""The same 100 frozen runs against encoding anew for every run, which is what a script that trains one model does.

    python -m benchmarks.grid_reencoded

Ours does all of them. The peer does those of two seeds, ten runs, and its time counts ten times: it does the same for every
seed, and all of it would take a quarter of an hour a round.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.frozen_grid import BUDGETS, DATA, SEEDS, Grid, fit_and_judge, grid, ours
from benchmarks.measure import Bench, Contender, Spent, Target, Turn, main, timed
from benchmarks.peers import SentenceEncoder
from benchmarks.text_sets import files_of

_DONE_SEEDS = 2


def reencoded(tuned: bool, runs: Grid) -> Contender:
    """Every run encodes its own labels and the test."""
    encoder = SentenceEncoder(tuned)
    test = runs.data.test
    times = SEEDS // _DONE_SEEDS

    def run(rows: np.ndarray) -> float:
        part = runs.data.train.rows(rows)
        return fit_and_judge((encoder.encode(part.texts), part.labels), (encoder.encode(test.texts), test.labels), tuned)

    def turn(number: int) -> Turn:
        spent, _ = timed(lambda: [run(rows) for rows in runs.draws[: _DONE_SEEDS * len(BUDGETS)]])
        everything = Spent(times * spent.seconds, times * (spent.processor_seconds or 0.0))
        return Turn(everything, facts={"seconds measured": spent.seconds})

    return turn


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours, and the peer twice."""
    runs = grid(bench)
    return {
        "tlcore": ours(bench, runs),
        "sentence-transformers for every run + LogisticRegressionCV, defaults": reencoded(False, runs),
        "sentence-transformers for every run + LogisticRegressionCV, tuned": reencoded(True, runs),
    }


TARGET = Target(
    name="grid_reencoded",
    title="the same 100 frozen runs, the peer encoding anew for each",
    contenders=contenders,
    needs=files_of(DATA),
    notes=(
        "Ours did all 100 runs; the peer did the ten of two seeds, and its time was taken ten times. Its models, so its "
        "accuracy, are those of `frozen_grid`.",
    ),
)

if __name__ == "__main__":
    main(TARGET)
