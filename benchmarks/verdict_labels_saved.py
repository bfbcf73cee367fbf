"""How often the interval of "labels saved" holds a known factor: 400 simulated experiments a row.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_labels_saved

Both strategies follow one power law; transfer makes `factor` labels out of each. Prints JSON; docs/verdict.md holds the table.
"""

from itertools import product

import numpy as np

from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law, show
from tlcore.evaluation.labels_saved import labels_saved
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.records import LabelsSaved

EXPERIMENTS = 400
LADDERS = ((50, 100, 200, 400, 800, 1600), (50, 150, 450, 1350))
LAW = (0.93, 1.6, 0.38)
"""Ceiling, drop and rate: 57 % at 50 labels, 83 % at 1,600."""


def holds(found: LabelsSaved, factor: float) -> bool:
    """True when the interval, open ends included, has the factor in it."""
    return (found.low or 0.0) <= factor <= (found.high or np.inf)


def experiment(simulation: Simulation, ladder: tuple[int, ...], at: int, factor: float) -> LabelsSaved:
    """Simulate both curves and read off the factor at `at` labels."""
    truth = {"scratch": power_law(ladder, *LAW), "full_fine_tuning": power_law([at], *LAW, factor=factor)}
    tables = simulation.curves(truth)
    groups = group_outcomes(outcomes_of({"scratch": tables["scratch"]}, ladder))
    (strategy,) = group_outcomes(outcomes_of({"full_fine_tuning": tables["full_fine_tuning"]}, [at]))
    return labels_saved(strategy, groups, "accuracy", ("Full fine-tuning", "From scratch"))


def row(seeds: int, items: int, luck: float, ladder: tuple[int, ...], case: tuple[int, float]) -> dict[str, object]:
    """Coverage, and the typical ends, of one setting."""
    simulation = Simulation(seeds, items, luck=luck, draw_seed=seeds * items + case[0])
    found = [experiment(simulation, ladder, *case) for _ in range(EXPERIMENTS)]
    closed = [one for one in found if one.low is not None and one.high is not None]
    return {
        "seeds": seeds, "items": items, "luck": luck, "budgets": len(ladder), "labels": case[0], "factor": case[1],
        "covered": np.mean([holds(one, case[1]) for one in found]),
        "both_ends": len(closed) / len(found),
        "typical": [round(float(np.median(ends)), 2) for ends in zip(*((one.low, one.high) for one in closed), strict=True)],
    }  # fmt: skip


def main() -> None:
    """Every setting, one row each; a factor of 40 is never reached, so the true answer lies beyond the largest budget."""
    settings = product(((3, 200), (3, 1000), (5, 300), (5, 1000)), (0.01, 0.02), LADDERS, ((100, 4.0), (50, 8.0), (50, 40.0)))
    show("verdict_labels_saved", [row(*size, luck, ladder, case) for size, luck, ladder, case in settings])


if __name__ == "__main__":
    main()
