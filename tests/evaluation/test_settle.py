import re

import pytest

from tlcore.evaluation.comparison import compare
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.settle import what_would_settle


@pytest.fixture
def pair(simulation, make_outcomes):
    def draw(seeds, items, luck, *accuracies):
        low, high = simulation(seeds, items, luck=luck, seed=2).draw(*accuracies)
        second, first = (group_outcomes(make_outcomes(name, table))[0] for name, table in (("scratch", low), ("other", high)))
        return compare(first, second, "accuracy")

    return draw


def needed(found, what):
    """The number in the sentence, which must be the one in the record."""
    said = re.search(rf"about ([\d,]+) {what}", found.sentence)
    number = int(said.group(1).replace(",", "")) if said else None
    assert number == (found.items if what == "test items" else found.seeds)
    return number


def test_with_one_seed_the_cure_is_seeds(pair):
    assert "Run 3 seeds" in what_would_settle([pair(1, 100, 0.0, 0.7, 0.75)], 0.01).sentence


def test_at_the_number_named_the_interval_is_narrow_enough(pair):
    open_pair = pair(3, 400, 0.0, 0.8, 0.81)
    items = needed(what_would_settle([open_pair], 0.01), "test items")
    size = abs(open_pair.difference)
    assert open_pair.spread.half_width(0.025, items=items) < size < open_pair.spread.half_width(0.025, items=items * 0.8)


def test_having_picked_the_best_costs_more_items(pair):
    open_pair, worse = pair(3, 400, 0.0, 0.8, 0.81), pair(3, 400, 0.0, 0.8, 0.7)
    rivals = ([open_pair], [open_pair, worse, worse, worse])
    alone, picked = (needed(what_would_settle(one, 0.001), "test items") for one in rivals)
    assert picked > alone


def test_within_the_band_the_aim_is_to_show_that_it_does_not_matter(pair):
    close = pair(3, 400, 0.0, 0.7, 0.7)
    items = needed(what_would_settle([close], 1.6 * abs(close.difference)), "test items")
    assert close.spread.half_width(0.025, items=items) < 0.6 * abs(close.difference)


def test_some_questions_stay_open(pair):
    close = pair(3, 50, 0.02, 0.7, 0.7)
    assert "no number of seeds or test items" in what_would_settle([close], abs(close.difference) + 1e-6).sentence


def test_large_numbers_are_rounded(pair):
    items = needed(what_would_settle([pair(3, 400, 0.0, 0.8, 0.805)], 0.001), "test items")
    assert items > 1000 and items % 100 == 0
