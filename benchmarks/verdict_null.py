"""How often strategies that are truly the same are called different: 2,000 simulated experiments a row, 400 of several ways.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_null

`helps_or_hurts` counts the verdict's kind, `alarms` experiments with any alarm of negative transfer, of the classic baseline or
of a class. Ways: how many strategies of transfer there are, of which the best speaks. Prints JSON; docs/verdict.md holds the
table.
"""

from itertools import product

from benchmarks.verdict_simulation import STRATEGIES, Simulation, outcomes_of, show
from tlcore.evaluation.alarms import Watch, find_alarms
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.verdict import give_verdict
from tlcore.records import VerdictKind

EXPERIMENTS = {1: 2_000, 3: 400}
"""By the number of ways: with one, the rate lies near the promised 5 %, and 400 could not tell."""
BUDGETS = (100, 400)
WAYS = ("feature_extraction", "partial_fine_tuning", "full_fine_tuning")


def row(seeds: int, items: int, luck: float, ways: int, experiments: int) -> dict[str, object]:
    """Share of experiments that claim a difference where there is none."""
    simulation = Simulation(seeds, items, luck=luck, draw_seed=1000 * seeds + items + ways)
    wrong = alarmed = 0
    for _ in range(experiments):
        tables = simulation.curves(dict.fromkeys(("classic", "scratch", *WAYS[:ways]), (0.75, 0.8)))
        outcomes = outcomes_of(tables, BUDGETS)
        wrong += give_verdict(outcomes, STRATEGIES).kind in (VerdictKind.HELPS, VerdictKind.HURTS)
        alarmed += bool(find_alarms(group_outcomes(outcomes), Watch(STRATEGIES), ("bad", "good")))
    return {
        "seeds": seeds, "items": items, "luck": luck, "ways": ways,
        "helps_or_hurts": wrong / experiments, "alarms": alarmed / experiments,
    }  # fmt: skip


def main() -> None:
    """Every setting, one row each."""
    settings = product(((1, 500), (3, 100), (3, 300), (3, 1000), (5, 300), (5, 1000)), (0.0, 0.01, 0.02), (1, 3))
    show("verdict_null", [row(*size, luck, ways, EXPERIMENTS[ways]) for size, luck, ways in settings])


if __name__ == "__main__":
    main()
