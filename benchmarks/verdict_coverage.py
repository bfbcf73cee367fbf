"""How often 95 % intervals of a paired difference hold the truth: 400 simulated experiments a row, or as many as are asked for.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_coverage [EXPERIMENTS]

Prints JSON; docs/verdict.md holds the table. A share counted in 400 is itself uncertain by ±2.1 points, in 2,000 by ±1.0.
"""

import sys
from itertools import product

from benchmarks.verdict_simulation import Simulation, show
from tlcore.evaluation.intervals import difference_interval, find_difference_spread

EXPERIMENTS = 400
DIFFERENCES = ((0.80, 0.80), (0.85, 0.80), (0.90, 0.70))


def coverage(seeds: int, items: int, luck: float, truth: tuple[float, float], experiments: int = EXPERIMENTS) -> float:
    """Share of experiments whose interval holds the known difference."""
    simulation, hits = (
        Simulation(seeds, items, luck=luck, draw_seed=round(1e4 * (seeds + items / 7 + luck + truth[0] + 3 * truth[1]))),
        0,
    )
    for _ in range(experiments):
        tables = simulation.curves({"first": truth[:1], "second": truth[1:]})
        differences = tables["first"][0].astype(float) - tables["second"][0]
        found = difference_interval(find_difference_spread(differences), float(differences.mean()))
        hits += found.low <= truth[0] - truth[1] <= found.high
    return hits / experiments


def main(experiments: int = EXPERIMENTS) -> None:
    """Every setting, one row each."""
    settings = product((2, 3, 5, 10), (100, 300, 1000), (0.0, 0.005, 0.01, 0.02, 0.03))
    show("verdict_coverage", [
        {"seeds": seeds, "items": items, "luck": luck,
         **{f"{100 * (truth[0] - truth[1]):.0f} points": coverage(seeds, items, luck, truth, experiments)
            for truth in DIFFERENCES}}
        for seeds, items, luck in settings
    ])  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
