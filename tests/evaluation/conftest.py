"""Simulated races: latent skill, seed luck, item difficulty and noise decide which answers are right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import pytest

from benchmarks.verdict_simulation import STRATEGIES, Facts
from tlcore.evaluation.metrics import score
from tlcore.evaluation.outcomes import Outcome
from tlcore.records import RunRecord, RunStatus


@dataclass
class Simulation:
    """Draws tables of right answers, `(seeds, items)`, whose expected share of right answers is known."""

    seeds: int
    items: int
    seed: int = 0
    luck: float = 0.0
    """Standard deviation of the accuracy over seeds, beyond what single items explain."""
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def draw(self, *accuracies: float) -> list[np.ndarray]:
        """One table for each strategy; all meet the same items."""
        difficulty = self.rng.normal(size=self.items)
        return [self._table(accuracy, difficulty) for accuracy in accuracies]

    def _table(self, accuracy: float, difficulty: np.ndarray) -> np.ndarray:
        normal, own, noise = NormalDist(), 0.5, 0.5
        spread = (1 + own**2 + noise**2) ** 0.5
        quantile = normal.inv_cdf(accuracy)
        luck = self.luck * spread / normal.pdf(quantile)
        skill = quantile * (spread**2 + luck**2) ** 0.5 + luck * self.rng.normal(size=(self.seeds, 1))
        taste = own * self.rng.normal(size=self.items)
        return skill + difficulty + taste + noise * self.rng.normal(size=(self.seeds, self.items)) > 0


def outcomes_of(
    strategy: str, right: np.ndarray, classes: tuple[str, ...] = ("bad", "good"), budget: int = 540, **changes: object
) -> list[Outcome]:
    """Finished runs, one a row of `right`; the true classes take turns and a wrong answer is the next class."""
    labels = np.arange(right.shape[1]) % len(classes)
    outcomes = []
    for seed, row in enumerate(right):
        predicted = np.where(row, labels, (labels + 1) % len(classes))
        probabilities = np.full((len(labels), len(classes)), 0.3 / len(classes))
        probabilities[np.arange(len(labels)), predicted] += 0.7
        run = {
            "id": f"{strategy}-{budget}-{seed}", "experiment": "x", "strategy": strategy, "budget": budget, "seed": seed,
            "encoder": "none" if strategy == "classic" else "minilm", "status": RunStatus.FINISHED, "train_seconds": 10.0,
            "encode_seconds": 0.0, **changes,
        }  # fmt: skip
        if "scores" not in run:
            run["scores"] = score(labels, probabilities, classes)
        outcomes.append(Outcome(RunRecord(**run), labels, probabilities))
    return outcomes


@pytest.fixture
def simulation() -> type[Simulation]:
    return Simulation


@pytest.fixture
def make_outcomes() -> Callable[..., list[Outcome]]:
    return outcomes_of


@pytest.fixture
def strategies() -> dict[str, Facts]:
    return STRATEGIES
