"""Fitted on small budgets, how often does the foreseen interval hold the score at a large one? 400 simulated experiments a row.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_extrapolation

Three power laws, and one curve that is none (it starts with a plateau). `expected` counts the true expected score, `seen` the
mean score of runs that were then made on the same test items. Prints JSON; docs/verdict.md holds the table.
"""

from itertools import product

import numpy as np

from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law, show
from tlcore.evaluation.growth import foresee
from tlcore.evaluation.outcomes import group_outcomes

EXPERIMENTS = 400
SMALL, LARGE = (25, 50, 100, 200, 400), (800, 1600)
LADDER = (*SMALL, *LARGE)
CURVES = {
    "slow": power_law(LADDER, 0.95, 1.0, 0.25),
    "usual": power_law(LADDER, 0.93, 1.6, 0.45),
    "fast": power_law(LADDER, 0.88, 4.0, 0.8),
    "plateau": [float(0.5 + 0.4 / (1 + (120 / budget) ** 1.5)) for budget in LADDER],
}


def row(curve: str, seeds: int, items: int, luck: float, experiments: int = EXPERIMENTS) -> dict[str, object]:
    """Coverage at twice and four times the largest budget of one setting, among experiments that are not refused."""
    simulation = Simulation(seeds, items, luck=luck, draw_seed=seeds * items + len(curve))
    truth, expected, seen, widths, refused = CURVES[curve], [], [], [], 0
    for _ in range(experiments):
        tables = simulation.curves({"full_fine_tuning": truth})["full_fine_tuning"]
        outcomes = outcomes_of({"full_fine_tuning": tables[: len(SMALL)]}, SMALL)
        growth = foresee(group_outcomes(outcomes), "accuracy", "Full fine-tuning")
        refused += not growth.points
        points = [point for point in growth.points if point.budget in LARGE]
        if points:
            expected.append([one.low <= truth[len(SMALL) + place] <= one.high for place, one in enumerate(points)])
            seen.append([one.low <= tables[len(SMALL) + place].mean() <= one.high for place, one in enumerate(points)])
            widths.append([one.high - one.low for one in points])
    if not seen:
        return {"curve": curve, "seeds": seeds, "items": items, "luck": luck, "refused": 1.0}
    found = {"expected": np.mean(expected, axis=0), "seen": np.mean(seen, axis=0), "width": np.median(widths, axis=0)}
    of_large = {
        f"{name}_{large}": round(float(value), 4)
        for name, values in found.items()
        for value, large in zip(values, LARGE, strict=True)
    }
    return {"curve": curve, "seeds": seeds, "items": items, "luck": luck, "refused": refused / experiments, **of_large}


def main() -> None:
    """Every setting, one row each."""
    settings = product(CURVES, ((3, 300), (5, 1000)), (0.01, 0.02))
    show("verdict_extrapolation", [row(curve, *size, luck) for curve, size, luck in settings])


if __name__ == "__main__":
    main()
