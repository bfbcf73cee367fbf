import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tlcore.evaluation.intervals import (
    best_interval,
    difference_interval,
    find_difference_spread,
    find_spread,
    score_interval,
)


def test_answers_all_alike_still_leave_doubt():
    same = difference_interval(find_difference_spread(np.zeros((3, 10))), 0.0)
    assert same.low < -0.01 and same.high > 0.01 and same.low == pytest.approx(-same.high)
    perfect = score_interval(np.ones((3, 10)))
    assert perfect.estimate == perfect.high == 1.0 and 0.6 < perfect.low < 0.9


def test_the_sources_of_chance_are_told_apart():
    rng = np.random.default_rng(5)
    seed, item, rest = 0.3, 0.5, 0.2
    table = rng.normal(0, seed, (200, 1)) + rng.normal(0, item, 400) + rng.normal(0, rest, (200, 400))
    spread = find_spread(table, ends=(-1, 1), imagined=0)
    assert [spread.seed, spread.item, spread.rest] == pytest.approx([seed**2, item**2, rest**2], rel=0.2)


def test_one_seed_says_nothing_about_seeds_and_gives_the_ordinary_interval():
    differences = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=(1, 2000))
    spread = find_difference_spread(differences)
    assert spread.seed is None
    assert spread.half_width(0.025) == pytest.approx(1.96 * differences.std() / 2000**0.5, rel=0.01)


def test_more_seeds_narrow_only_what_seeds_can():
    table = np.random.default_rng(2).normal(0, 0.4, 500) + np.zeros((3, 500))
    spread = find_difference_spread(table)
    assert spread.half_width(0.025, seeds=20) == pytest.approx(spread.half_width(0.025), rel=0.01)
    assert spread.half_width(0.025, items=2000) == pytest.approx(spread.half_width(0.025) / 2, rel=0.05)


def test_looking_at_several_lowers_the_low_end_alone():
    spread = find_difference_spread(np.random.default_rng(3).normal(0.1, 0.3, (3, 200)))
    alone, among = difference_interval(spread, 0.1), difference_interval(spread, 0.1, looked_at=3)
    assert among.low < alone.low and among.high == alone.high


def test_the_best_of_several_pays_the_less_the_more_the_others_agree():
    draw = np.random.default_rng(3)
    best, alike, far = (find_difference_spread(draw.normal(lead, 0.3, (3, 200))) for lead in (0.1, 0.1, -0.3))
    alone, all_agree, none_agrees = (best_interval(rest, 0.1) for rest in ([best], [best, best, best], [best, far, far]))
    one_agrees = best_interval([best, alike, far], 0.1)
    assert alone == difference_interval(best, 0.1) == all_agree
    assert none_agrees.low == difference_interval(best, 0.1, looked_at=3).low <= one_agrees.low <= alone.low
    assert none_agrees.low < alone.low and none_agrees.high == alone.high


def test_two_seeds_that_happen_to_agree_leave_chance_in_the_items():
    """Each seed is right on other items, so nothing is left of what items share, and the seeds' means are the same."""
    table = np.ones((2, 80))
    table[0, :9] = table[1, 9:18] = 0
    found = difference_interval(find_difference_spread(table), float(table.mean()))
    assert found.low < found.estimate < found.high and found.high - found.low > 0.05


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(2, 40)), elements=st.sampled_from([-1.0, 0.0, 1.0])))
def test_the_estimate_lies_in_its_interval_and_chance_is_never_nought(table):
    found = difference_interval(find_difference_spread(table), float(table.mean()))
    assert -1 <= found.low <= found.estimate <= found.high <= 1 and found.low < found.high


def test_ends_stay_on_the_scale():
    tiny = difference_interval(find_difference_spread(np.array([[1.0, 1.0], [1.0, 1.0]])), 1.0)
    assert -1 <= tiny.low < tiny.high == 1.0


def test_a_single_item_has_no_interval():
    assert score_interval(np.array([[1.0], [0.0]])) == (0.5, 0.0, 1.0)
    with pytest.raises(ValueError, match="two test items"):
        find_difference_spread(np.array([[1.0]]))
