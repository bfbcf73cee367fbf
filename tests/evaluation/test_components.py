import numpy as np
import pytest

from tlcore.evaluation.components import find_components
from tlcore.evaluation.intervals import find_difference_spread


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_a_weighted_sum_has_the_spread_of_the_summed_tables(seeds):
    rng = np.random.default_rng(seeds)
    tables = [(rng.random((seeds, 40)) < share).astype(float) for share in (0.5, 0.7, 0.9)]
    weights = np.array([0.4, 0.6, -1.0])
    summed = sum(weight * table for weight, table in zip(weights, tables, strict=True))
    expected, found = (
        find_difference_spread(summed), find_components(tables).spread(weights, float(summed.mean()))
    )  # fmt: skip
    assert (found.seed is None) == (expected.seed is None)
    for name in ("centre", "item", "rest", "items"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name))
    assert found.half_width(0.025) == pytest.approx(expected.half_width(0.025))


def test_one_item_has_no_spread():
    with pytest.raises(ValueError, match="two test items"):
        find_components([np.ones((2, 1))])
