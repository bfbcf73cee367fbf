"""Real learning curves: fitted on the small budgets, does the foreseen interval hold the score at the large ones?

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_real_curves TRAIN.csv TEST.csv [TRAIN.csv TEST.csv ...]

Files have the columns text and label. The learner is words with logistic regression, because it is quick; three seeds, nested
budgets, ever longer ladders fitted and the next two budgets foreseen. Prints JSON; docs/verdict.md holds the table.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from benchmarks.verdict_simulation import show
from tlcore.data.splits import budget_order, label_indices
from tlcore.evaluation.growth import foresee
from tlcore.evaluation.outcomes import Group, Outcome
from tlcore.records import RunRecord, RunStatus

SEEDS, SMALLEST, LEAST = 3, 100, 4


def curve(train: Path, test: Path) -> list[Group]:
    """Runs at every doubling of the smallest budget that the training file allows."""
    frames = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in (train, test)]
    classes = tuple(sorted(frames[0]["label"].unique()))
    labels, truth = (label_indices(frame["label"], classes) for frame in frames)
    words = TfidfVectorizer(sublinear_tf=True).fit(frames[0]["text"])
    inputs, asked = (words.transform(frame["text"]) for frame in frames)
    budget, groups = max(SMALLEST, 2 * len(classes)), []
    while budget <= len(labels):
        drawn = [budget_order(labels, seed)[:budget] for seed in range(SEEDS)]
        fits = [LogisticRegression(C=10, max_iter=300).fit(inputs[rows], labels[rows]) for rows in drawn]
        runs = [
            Outcome(
                RunRecord(
                    id=f"{budget}-{seed}", experiment="x", strategy="words", encoder="none", budget=budget, seed=seed,
                    status=RunStatus.FINISHED,
                ),
                truth,
                fit.predict_proba(asked),
            )
            for seed, fit in enumerate(fits)
        ]  # fmt: skip
        groups.append(Group("words", "none", budget, tuple(runs)))
        budget *= 2
    return groups


def rows_of(train: Path, test: Path) -> list[dict[str, object]]:
    """One row for each ladder fitted and each of the next two budgets."""
    groups, rows = curve(train, test), []
    scores = [np.mean([(run.predicted == run.labels).mean() for run in group.outcomes]) for group in groups]
    for fitted in range(LEAST, len(groups)):
        growth = foresee(groups[:fitted], "accuracy", "Words")
        for place in range(fitted, min(fitted + 2, len(groups))):
            seen = round(float(scores[place]), 4)
            row = {"file": train.stem, "fitted": [group.budget for group in groups[:fitted]], "at": groups[place].budget}
            point = next((one for one in growth.points if one.budget == groups[place].budget), None)
            if point is None:
                rows.append({**row, "refused": growth.refused})
                continue
            ends = {"foreseen": round(point.score, 4), "low": round(point.low, 4), "high": round(point.high, 4)}
            rows.append({**row, **ends, "seen": seen, "covered": point.low <= seen <= point.high})
    return rows


def main(paths: list[str]) -> None:
    """Every pair of files."""
    files = list(map(Path, paths))
    show("verdict_real_curves", [row for pair in zip(files[::2], files[1::2], strict=True) for row in rows_of(*pair)])


if __name__ == "__main__":
    main(sys.argv[1:])
