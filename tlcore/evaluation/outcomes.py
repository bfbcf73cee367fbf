"""What evaluation works on: finished runs with their predictions on the locked test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.records import Measure as Measure
from tlcore.records import RunRecord, RunStatus

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.floating[Any]]
Metric = Literal["accuracy", "macro_f1"]
"""What a verdict may judge by; `Measure` has all that runs are compared by."""


class StrategyFacts(Protocol):
    """The little that evaluation needs to know about a strategy; the catalogue's cards have it."""

    @property
    def name(self) -> str:
        """As users read it, e.g. "Full fine-tuning"."""

    @property
    def transfer(self) -> bool:
        """True when it starts from pre-trained weights."""


@dataclass(frozen=True)
class Outcome:
    """One run on the locked test."""

    run: RunRecord
    labels: IntArray
    """`(n_test,)` true classes as positions in class order."""
    probabilities: FloatArray
    """`(n_test, k)` in class order."""

    @property
    def predicted(self) -> IntArray:
        """`(n_test,)` most probable class of each item; of equal ones the first."""
        return self.probabilities.argmax(axis=1)


@dataclass(frozen=True)
class Group:
    """The finished runs of one strategy with one encoder at one budget, one a seed, in the order of their seeds."""

    strategy: str
    encoder: str
    budget: int
    outcomes: tuple[Outcome, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """In rising order."""
        return tuple(outcome.run.seed for outcome in self.outcomes)

    @property
    def labels(self) -> IntArray:
        """`(n_test,)`, the same for every run."""
        return self.outcomes[0].labels

    @property
    def classes(self) -> int:
        """How many classes there are, absent ones included."""
        return self.outcomes[0].probabilities.shape[1]

    @property
    def runs(self) -> tuple[str, ...]:
        """Ids of its runs."""
        return tuple(outcome.run.id for outcome in self.outcomes)

    def only(self, seeds: Iterable[int]) -> "Group":
        """The same group with fewer seeds."""
        kept = set(seeds)
        outcomes = tuple(outcome for outcome in self.outcomes if outcome.run.seed in kept)
        return Group(self.strategy, self.encoder, self.budget, outcomes)


def group_outcomes(outcomes: Sequence[Outcome]) -> tuple[Group, ...]:
    """Finished runs, grouped and sorted so that the order they came in cannot matter.

    Args:
        outcomes: of one experiment. Runs that did not finish are left out; of two runs with the same seed the one that
            ended last counts.

    Raises:
        ValueError: the runs were not scored on the same test items.
    """
    finished = [outcome for outcome in outcomes if outcome.run.status is RunStatus.FINISHED]
    if any(not np.array_equal(outcome.labels, finished[0].labels) for outcome in finished):
        raise ValueError("The runs were scored on different test items, so they cannot be compared.")
    groups: dict[tuple[str, str, int], dict[int, Outcome]] = {}
    for outcome in sorted(finished, key=lambda one: (one.run.ended_at or "", one.run.id)):
        run = outcome.run
        groups.setdefault((run.strategy, run.encoder, run.budget), {})[run.seed] = outcome
    return tuple(Group(*key, tuple(groups[key][seed] for seed in sorted(groups[key]))) for key in sorted(groups))
