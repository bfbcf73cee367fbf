"""Simulated experiments whose truth is known: what benchmarks/verdict_* count their hits against. numpy only.

A run answers an item rightly when skill + difficulty + taste + noise > 0: the item's difficulty is shared by all strategies,
its taste is one strategy's own at every budget, noise is drawn afresh for each run. Skill is set so that the expected accuracy
is exactly what was asked, and moves from seed to seed by `luck`, of which the share `kept` is common to all budgets of one
seed.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from tlcore.evaluation.outcomes import Outcome
from tlcore.records import RunRecord, RunStatus


@dataclass(frozen=True)
class Facts:
    """What evaluation must know about a strategy."""

    name: str
    transfer: bool


STRATEGIES: dict[str, Facts] = {
    "classic": Facts("Classic baseline", False),
    "scratch": Facts("From scratch", False),
    "feature_extraction": Facts("Frozen encoder", True),
    "partial_fine_tuning": Facts("Partial fine-tuning", True),
    "full_fine_tuning": Facts("Full fine-tuning", True),
}


@dataclass
class Simulation:
    """Draws tables of right answers, `(seeds, items)`, whose expected share of right answers is known."""

    seeds: int
    items: int
    luck: float = 0.01
    """Standard deviation of a run's accuracy over seeds, beyond what single items explain."""
    kept: float = 0.5
    """Share of the luck's variance that a seed keeps over its budgets."""
    draw_seed: int = 0
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.draw_seed)

    def curves(self, truth: Mapping[str, Sequence[float]]) -> dict[str, list[np.ndarray]]:
        """For each strategy one table a budget, given the expected accuracy at each; all meet the same items."""
        difficulty = self.rng.normal(size=self.items)
        return {name: self._tables(accuracies, difficulty) for name, accuracies in truth.items()}

    def _tables(self, accuracies: Sequence[float], difficulty: np.ndarray) -> list[np.ndarray]:
        taste = 0.5 * self.rng.normal(size=self.items)
        lasting = self.rng.normal(size=(self.seeds, 1))
        tables = []
        for accuracy in accuracies:
            fresh = self.rng.normal(size=(self.seeds, 1))
            fortune = np.sqrt(self.kept) * lasting + np.sqrt(1 - self.kept) * fresh
            noise = 0.5 * self.rng.normal(size=(self.seeds, self.items))
            tables.append(_skill(accuracy, self.luck, fortune) + difficulty + taste + noise > 0)
        return tables


def _skill(accuracy: float, luck: float, fortune: np.ndarray) -> np.ndarray:
    """Skill by seed at which the expected accuracy is `accuracy` and its standard deviation over seeds about `luck`."""
    normal, spread = NormalDist(), np.sqrt(1 + 0.5**2 + 0.5**2)
    quantile = normal.inv_cdf(accuracy)
    moved = luck * spread / normal.pdf(quantile)
    return quantile * np.sqrt(spread**2 + moved**2) + moved * fortune


def outcomes_of(tables: Mapping[str, Sequence[np.ndarray]], budgets: Sequence[int], seconds: float = 10.0) -> list[Outcome]:
    """Finished runs of a two-class problem with these right answers."""
    outcomes = []
    for strategy, of_budgets in tables.items():
        for budget, table in zip(budgets, of_budgets, strict=True):
            labels = np.arange(table.shape[1]) % 2
            for seed, row in enumerate(table):
                sure = np.where(row == (labels == 1), 0.85, 0.15)
                run = RunRecord(
                    id=f"{strategy}-{budget}-{seed}", experiment="x", strategy=strategy, budget=budget, seed=seed,
                    encoder="none" if strategy == "classic" else "minilm", status=RunStatus.FINISHED,
                    train_seconds=seconds, encode_seconds=0.0,
                )  # fmt: skip
                outcomes.append(Outcome(run, labels, np.stack([1 - sure, sure], axis=1)))
    return outcomes


def power_law(budgets: Sequence[int], ceiling: float, drop: float, rate: float, factor: float = 1.0) -> list[float]:
    """Expected accuracies `ceiling - drop * (factor * n)^-rate`: a strategy that makes `factor` labels out of each."""
    return [float(ceiling - drop * (factor * budget) ** -rate) for budget in budgets]


def show(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps({"benchmark": name, "rows": list(rows)}, indent=1) + "\n")
