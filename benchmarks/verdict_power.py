"""How often a true difference is found: the share of 400 simulated experiments whose verdict is "helps".

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_power

Scratch is right in 75 % of cases, one way of transfer in so many points more; the practical band is ±1 point. Prints JSON;
docs/verdict.md holds the table.
"""

from itertools import product

from benchmarks.verdict_simulation import STRATEGIES, Simulation, outcomes_of, show
from tlcore.evaluation.verdict import give_verdict
from tlcore.records import VerdictKind

EXPERIMENTS = 400
POINTS = (0.02, 0.05, 0.10, 0.15)


def power(seeds: int, items: int, luck: float, points: float, experiments: int = EXPERIMENTS) -> float:
    """Share of experiments that see it."""
    simulation, seen = Simulation(seeds, items, luck=luck, draw_seed=seeds + items), 0
    for _ in range(experiments):
        tables = simulation.curves({"scratch": [0.75], "full_fine_tuning": [0.75 + points]})
        seen += give_verdict(outcomes_of(tables, [200]), STRATEGIES).kind is VerdictKind.HELPS
    return seen / experiments


def main() -> None:
    """One row for each number of seeds and items; one column for each difference."""
    settings = product((3, 5, 10), (100, 300, 1000), (0.01, 0.02))
    show("verdict_power", [
        {"seeds": seeds, "items": items, "luck": luck,
         **{f"{100 * points:g} points": power(seeds, items, luck, points) for points in POINTS}}
        for seeds, items, luck in settings
    ])  # fmt: skip


if __name__ == "__main__":
    main()
