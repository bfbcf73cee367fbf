"""How often two experiments that are truly the same are called different: 400 simulated comparisons a row.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_side_by_side

Both experiments run the same strategies at the same budgets, with networks of their own that are equally good: same expected
accuracy, other tastes, other luck, the same test items. `any` counts comparisons in which any strategy at any budget is called
better on either side, `summary` those whose summary says so. Prints JSON; docs/verdict.md holds the table.
"""

from itertools import product

from benchmarks.verdict_simulation import Simulation, outcomes_of, show
from tlcore.evaluation.outcomes import Group, group_outcomes
from tlcore.evaluation.side_by_side import paired_differences, pick_headline

COMPARISONS = 400
BUDGETS = (100, 400)
TRUTH = (0.75, 0.8)
WAYS = ("classic", "scratch", "feature_extraction", "partial_fine_tuning", "full_fine_tuning")
DECIDED = {"first_better", "second_better"}


def two_experiments(simulation: Simulation, ways: int) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Both sides' groups on the same items."""
    tables = simulation.curves({f"{side}{way}": TRUTH for side in "12" for way in WAYS[:ways]})
    of = {side: {way: tables[f"{side}{way}"] for way in WAYS[:ways]} for side in "12"}
    return group_outcomes(outcomes_of(of["1"], BUDGETS)), group_outcomes(outcomes_of(of["2"], BUDGETS))


def row(seeds: int, items: int, luck: float, ways: int, comparisons: int = COMPARISONS) -> dict[str, object]:
    """Share of comparisons that claim a difference where there is none."""
    simulation = Simulation(seeds, items, luck=luck, draw_seed=1000 * seeds + items + ways)
    anywhere = summary = 0
    for _ in range(comparisons):
        pairs = paired_differences(*two_experiments(simulation, ways), band=0.01)
        headline = pick_headline(pairs)
        anywhere += any(pair.kind in DECIDED for pair in pairs)
        summary += headline is not None and pairs[headline].kind in DECIDED
    return {
        "seeds": seeds, "items": items, "luck": luck, "pairs": ways * len(BUDGETS),
        "any": anywhere / comparisons, "summary": summary / comparisons,
    }  # fmt: skip


def main() -> None:
    """Every setting, one row each."""
    settings = product(((1, 500), (2, 300), (3, 100), (3, 300), (3, 1000), (5, 300)), (0.0, 0.01, 0.02), (1, 5))
    show("verdict_side_by_side", [row(*size, luck, ways) for size, luck, ways in settings])


if __name__ == "__main__":
    main()
