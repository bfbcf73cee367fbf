"""How often the interval of the best of three ways of transfer misses that way's own true difference: 1,500 experiments a row.

    OMP_NUM_THREADS=1 python -m benchmarks.verdict_best

`above` counts low ends above the truth (2.5 % at most is the promise), `below` high ends below it, `helps` low ends above zero
with more than a point between, `bonferroni` the same if the low end left out a third of 2.5 % whatever the others say. The
first accuracy is scratch's. Prints JSON; docs/verdict.md holds the table.
"""

from itertools import product

import numpy as np

from benchmarks.verdict_simulation import Simulation, show
from tlcore.evaluation.intervals import TAIL, best_interval, find_difference_spread

EXPERIMENTS = 1_500
TRUTHS = ((0.8, 0.8, 0.8, 0.8), (0.8, 0.7, 0.8, 0.8), (0.8, 0.75, 0.78, 0.8), (0.75, 0.8, 0.8, 0.8), (0.6, 0.85, 0.88, 0.9))


def row(seeds: int, items: int, luck: float, truth: tuple[float, ...], experiments: int = EXPERIMENTS) -> dict[str, object]:
    """Shares of experiments, for one setting."""
    simulation = Simulation(seeds, items, luck=luck, draw_seed=1000 * seeds + items)
    above = below = helps = alone = 0
    for _ in range(experiments):
        tables = simulation.curves({str(place): (accuracy,) for place, accuracy in enumerate(truth)})
        scratch, *ways = (tables[str(place)][0].astype(float) for place in range(len(truth)))
        order = np.argsort([-way.mean() for way in ways], kind="stable")
        spreads = [find_difference_spread(ways[place] - scratch) for place in order]
        found = best_interval(spreads, float((ways[order[0]] - scratch).mean()))
        own = truth[1 + order[0]] - truth[0]
        above, below = above + (found.low > own), below + (found.high < own)
        helps += found.low > 0 and found.estimate > 0.01
        alone += spreads[0].centre - spreads[0].half_width(TAIL / len(ways)) > 0 and found.estimate > 0.01
    return {
        "seeds": seeds, "items": items, "luck": luck, "truth": truth, "above": above / experiments,
        "below": below / experiments, "helps": helps / experiments, "bonferroni": alone / experiments,
    }  # fmt: skip


def main() -> None:
    """Every setting, one row each."""
    settings = product(((3, 135), (3, 1000), (5, 300)), (0.01, 0.03), TRUTHS)
    show("verdict_best", [row(*size, luck, truth) for size, luck, truth in settings])


if __name__ == "__main__":
    main()
