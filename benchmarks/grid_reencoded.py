"""The same 100 frozen runs against encoding anew for every run, which is what a script that trains one model does.

    python -m benchmarks.grid_reencoded

Both sides do all the runs: nothing is multiplied. A round takes a quarter of an hour, so one round is the default.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.frozen_grid import DATA, Grid, fit_and_judge, grid, ours
from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from benchmarks.peers import SentenceEncoder
from benchmarks.text_sets import files_of


def reencoded(tuned: bool, runs: Grid) -> Contender:
    """Every run encodes its own labels and the test."""
    encoder = SentenceEncoder(tuned)
    test = runs.data.test

    def run(rows: np.ndarray) -> float:
        part = runs.data.train.rows(rows)
        return fit_and_judge((encoder.encode(part.texts), part.labels), (encoder.encode(test.texts), test.labels), tuned)

    def turn(number: int) -> Turn:
        spent, right = timed(lambda: [run(rows) for rows in runs.draws])
        return Turn(spent, float(np.mean(right)))

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
    pairs=1,
    notes=("All 100 runs were done by both sides; fewer rounds than elsewhere, because one takes a quarter of an hour.",),
)

if __name__ == "__main__":
    main(TARGET)
