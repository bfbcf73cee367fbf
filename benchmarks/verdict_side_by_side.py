"""How often two experiments that are truly the same are called different: 400 simulated comparisons a row.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_side_by_side

Both experiments run the same strategies at the same budgets, with networks of their own that are equally good: same expected
accuracy, other tastes, other luck, the same test items. Where the two lucks differ, training from scratch is moved by more
than the others are. `any` counts comparisons in which any strategy at any budget is called better on either side, `summary`
those whose summary says so. Prints JSON; docs/verdict.md holds the table.
"""

from collections.abc import Sequence
from itertools import product

from benchmarks.verdict_simulation import Simulation, outcomes_of, show
from tlcore.evaluation.outcomes import Group, Outcome, group_outcomes
from tlcore.evaluation.side_by_side import paired_differences, pick_headline

COMPARISONS = 400
BUDGETS = (100, 400)
TRUTH = (0.75, 0.8)
WAYS = ("classic", "scratch", "feature_extraction", "partial_fine_tuning", "full_fine_tuning")
DECIDED = {"first_better", "second_better"}


def two_experiments(calm: Simulation, lucky: Simulation, ways: Sequence[str]) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Both sides' groups on the same items; from scratch alone is drawn from `lucky`."""
    sides: list[list[Outcome]] = [[], []]
    for way in ways:
        simulation = lucky if way == "scratch" else calm
        tables = simulation.curves({"first": TRUTH, "second": TRUTH})
        for side, table in zip(sides, tables.values(), strict=True):
            side += outcomes_of({way: table}, BUDGETS)
    return group_outcomes(sides[0]), group_outcomes(sides[1])


def row(sizes: tuple[int, int], luck: tuple[float, float], ways: int, comparisons: int = COMPARISONS) -> dict[str, object]:
    """Share of comparisons that claim a difference where there is none.

    Args:
        sizes: seeds and test items.
        luck: standard deviation over seeds of every strategy, and of training from scratch.
        ways: how many strategies both ran.
        comparisons: how many are simulated.
    """
    seeds, items = sizes
    calm, lucky = (
        Simulation(seeds, items, luck=one, draw_seed=1000 * seeds + items + ways + 7 * place) for place, one in enumerate(luck)
    )
    anywhere = summary = 0
    for _ in range(comparisons):
        pairs = paired_differences(*two_experiments(calm, lucky, WAYS[:ways]), band=0.01)
        headline = pick_headline(pairs)
        anywhere += any(pair.kind in DECIDED for pair in pairs)
        summary += headline is not None and pairs[headline].kind in DECIDED
    return {
        "seeds": seeds, "items": items, "luck": luck[0], "luck_of_scratch": luck[1], "pairs": ways * len(BUDGETS),
        "any": anywhere / comparisons, "summary": summary / comparisons,
    }  # fmt: skip


def main() -> None:
    """Every setting, one row each."""
    lucks = ((0.0, 0.0), (0.01, 0.01), (0.02, 0.02), (0.0, 0.03))
    settings = product(((1, 500), (2, 300), (3, 100), (3, 300), (3, 1000), (5, 300)), lucks, (1, 5))
    show("verdict_side_by_side", [row(*one) for one in settings if one[2] > 1 or one[1][0] == one[1][1]])


if __name__ == "__main__":
    main()
